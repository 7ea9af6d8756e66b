"""fastapi-pagination, which reads a page of a query by itself.

    return paginate(db, select(Note), params)       ->    return await apaginate(db, select(Note), params)
    return paginate(db.query(Note).filter(..))      ->    return await apaginate(db, select(Note).filter(..))

`apaginate` is there from 0.13.0 on; in 0.12 `paginate` gives something to await where the session is async:
https://uriyyo-fastapi-pagination.netlify.app/integrations/sqlalchemy/
"""

from __future__ import annotations

import ast
import re

from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Argument, Code, ImportNeed, ReplaceCall, slot
from ..connections.drivers import Declared
from ..draft import Draft
from ..words import SESSIONS

_PAGINATE = frozenset(f"fastapi_pagination.ext.{of}.paginate" for of in ("sqlalchemy", "sqlmodel"))
_PINNED = r"""(?mi)(?:^|["'\s,\[])fastapi[-_]pagination\b[^,;\n]*?(==|~=|\^|=)\W*0\."""
_OLD = re.compile(rf"{_PINNED}(\d|1[01])\b")
_BY_SESSION = re.compile(rf"{_PINNED}12\b")


def paginates(view: View, call: ast.Call) -> bool:
    return view.external(call.func) in _PAGINATE


def query_of_page(view: View, call: ast.Call) -> ast.expr | None:
    """The query whose objects the page holds as they are."""
    if not paginates(view, call) or any(keyword.arg == "transformer" for keyword in call.keywords):
        return None
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "query")]
    return next((each for each in given if view.instance(each) not in SESSIONS), None)


def are_pages_by_session(declared: Declared) -> bool:
    return bool(_BY_SESSION.search(declared.text))


def convert_pagination(views: Views, view: View, draft: Draft, declared: Declared) -> frozenset[ast.Call]:
    """Gives the calls that are handed a session; those that are handed a query are found with it."""
    if not views.mention("fastapi_pagination"):
        return frozenset()
    found = [call for call in view.file.of_kind(ast.Call) if paginates(view, call)]
    for call in found if _OLD.search(declared.text) else ():
        draft.obstacle(view, call, "paginate() has an async twin from fastapi-pagination 0.12 on")
    with_session = [call for call in found if call.args and view.instance(call.args[0]) in SESSIONS]
    for call in with_session:
        await_page(view, draft, call)
    return frozenset(with_session)


def await_page(view: View, draft: Draft, call: ast.Call, session: str = "") -> None:
    """`session` is put before the arguments where they lack one."""
    if not view.can_await(call):
        draft.obstacle(view, call, f"{view.in_a_line(call.func)}() runs where nothing can be awaited")
        return
    kept = tuple(Argument(index) for index in range(len(call.args) + len(call.keywords)))
    arguments = (Argument(code=Code(session)), *kept) if session else kept
    need = ImportNeed(view.external(call.func).rpartition(".")[0], "apaginate")
    callee = Code(view.source(call.func)) if draft.pages_by_session else Code(slot(0), (need,))
    draft.edit(view, ReplaceCall(span_of(call), callee, arguments, awaited=True))
    draft.awaited(view, call)
