"""Sessions, connections and transactions in use.

def read(db: Session, id: int):                  async def read(db: AsyncSession, id: int):
    item = db.get(Item, id)              ->          item = await db.get(Item, id)
    db.delete(item)                                  await db.delete(item)
    db.commit()                                      await db.commit()
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import groupby

from ...analysis.absent import is_unbound
from ...analysis.judge.turning.idle import Idle
from ...analysis.link.kinds import Ext, Inst, Member, Unknown
from ...analysis.link.libraries.rows import QUERY
from ...analysis.nodes import bound_plainly, target_of, walk
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import AsyncStatement, AwaitExpression, Code, ImportNeed, ReplaceExpression, SplitWith, slot
from ..draft import Draft
from ..listening import listens
from ..queries.peers import Peers
from ..queries.rewriting import Queries
from ..words import (
    AWAITED,
    BY_RUN_SYNC,
    ENGINE,
    ENTERED,
    FAMILY,
    INSPECT,
    KEPT,
    LISTENING,
    MAKER,
    SCOPED,
    SESSIONS,
)
from ..xunit import is_xunit
from .begun import is_entered_next, is_started
from .registries import ENDS, given_of
from .tables import convert_tables, makes_tables

OF_DIALECTS = frozenset({"dialect", "driver", "name", "url"})
"""What an async engine answers as the sync one below it does."""
_HEADER_END = re.compile(r"[\s,)]*:")
_SESSION = "sqlalchemy.orm.Session"
_OF_STATEMENTS = frozenset({"execute", "scalar", "scalars"})
_TELLING = frozenset({"query", "commit", "rollback", "add_all", "expunge", "refresh", "scalars"})
"""Methods that few things but sessions have."""
_WITHOUT_ARGUMENTS = frozenset({"commit", "rollback"})


def convert_sessions(view: View, draft: Draft, peers: Peers, idle: Idle) -> None:
    queries = peers.of(view.path)
    for call in view.file.of_kind(ast.Call):
        if not isinstance(call.func, ast.Attribute) or listens(view, call):
            continue
        member = view.member(call)
        if makes_tables(member):
            convert_tables(view, draft, call)
        elif member is not None and (member.owner in FAMILY or member.owner == QUERY):
            _convert(view, draft, queries, call, member)
        elif (
            call.func.attr in _TELLING
            and _is_unknown(view, call.func.value)
            and not _is_about_other_things(view, call)
            and not _has_cursors(view, call.func.value)
            and not is_unbound(view, call.func.value)
        ):
            text = f"{view.in_a_line(call.func)}: nobody knows whether it works on this database"
            if view.function(call) is not None and idle(view.owner(call)):
                draft.note(view, call, f"{text}; it stays as it is, and nothing here calls it")
            else:
                draft.obstacle(view, call, text, "annotate the value with its class")
    queries.convert()
    for node in view.file.of_kind(ast.With):
        if not listens(view, node):
            _with(view, draft, node)


def _is_about_other_things(view: View, call: ast.Call) -> bool:
    """`engine.query("what is ..")` of a search engine, `credentials.refresh(Request())`: a session is asked
    for classes and columns, and loads objects of the project again. `collection.query(texts=..)` and
    `repository.commit("message")`: no session takes that."""
    method = getattr(call.func, "attr", "")
    if method in _WITHOUT_ARGUMENTS:
        return bool(call.args or call.keywords)
    if not call.args and (method == "query" or not call.keywords):
        return True
    if method == "query":
        return view.instance(call.args[0]) == "builtins.str"
    kinds = view.kinds(call.args[0]) if method == "refresh" and call.args else frozenset()
    return bool(kinds) and all(isinstance(kind, (Inst, Member, Ext)) for kind in kinds)


def _has_cursors(view: View, owner: ast.expr) -> bool:
    """`connection.cursor()` beside `connection.commit()`, in one function, or of `self` in one class: a
    connection of a driver, for no session has them."""
    text, above = ast.unparse(owner), [*view.file.above(owner)]
    kind = (ast.FunctionDef, ast.AsyncFunctionDef) if isinstance(owner, ast.Name) else ast.ClassDef
    around = next((each for each in above if isinstance(each, kind)), None)
    return around is not None and any(
        isinstance(each, ast.Attribute) and each.attr == "cursor" and ast.unparse(each.value) == text
        for each in walk(around)
    )


def _is_unknown(view: View, node: ast.expr) -> bool:
    kinds = view.kinds(node)
    return not kinds or any(isinstance(kind, Unknown) for kind in kinds)


def _convert(view: View, draft: Draft, queries: Queries, call: ast.Call, member: Member) -> None:
    owner, method = member.owner, member.attr
    if owner == QUERY:
        queries.uses.append(call)
        return
    given = given_of(view, call) if owner == SCOPED else None
    if given is not None and ast.unparse(call.func) == f"{given.name.id}.{method}":
        if method in ENDS:
            return  # with the provider
        owner = _SESSION
    if owner == SCOPED and method == "remove":
        await_call(view, draft, call)
    elif owner == SCOPED:
        draft.obstacle(view, call, "a scoped_session gives every thread a session of its own")
    elif method == "query" and owner in SESSIONS:
        queries.roots.append(call)
    elif method in AWAITED.get(owner, ()):
        await_call(view, draft, call)
        if method in ("get", "get_one") and not call.args:
            draft.obstacle(
                view, call, f"{method}() that is told the class by keyword", "give it in its place"
            )
        if queries.old and method in _OF_STATEMENTS:
            _text(view, draft, call)
    elif method in ENTERED.get(owner, ()):
        if not isinstance(view.file.parents[call], ast.withitem):
            if is_entered_next(view, call, connects=owner == ENGINE):
                draft.handle(view, call)
            elif is_started(view, call) and owner != MAKER:
                await_call(view, draft, call)
            else:
                draft.obstacle(view, call, f"{method}() is used without `with`")
    elif owner in SESSIONS and method in BY_RUN_SYNC:
        _by_run_sync(view, draft, call, method)
    elif method == "get_bind" and _asks_which(view, call):
        pass  # AsyncSession.get_bind() gives the sync engine, as it did: neither use needs a connection
    elif method not in KEPT.get(owner, ()):
        draft.obstacle(view, call, f"{owner}.{method} has no async form that is known")


def gives_sync_engine(view: View, node: ast.expr) -> bool:
    """`db.get_bind()`, there or by name: of an async session it gives the sync engine as well."""
    if isinstance(node, ast.Name):
        return any(
            isinstance(target, ast.Name)
            and target.id == node.id
            and isinstance(value, ast.Call)
            and gives_sync_engine(view, value)
            for function in view.file.above(node)
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
            for each in walk(function)
            for target, value in bound_plainly(each)
        )
    member = view.member(node) if isinstance(node, ast.Call) else None
    return member is not None and member.owner in SESSIONS and member.attr == "get_bind"


def _asks_which(view: View, bind: ast.expr) -> bool:
    """`db.get_bind().dialect.name`, `event.listen(db.get_bind(), ..)` or `inspect(db.get_bind())`, there or
    through a name that is used for nothing else."""
    above = view.file.parents[bind]
    if isinstance(above, ast.Attribute):
        return above.attr in OF_DIALECTS
    if isinstance(above, ast.Call):
        return bind in above.args[:1] and view.external(above.func) in (*LISTENING, *INSPECT)
    function, target = view.function(bind), target_of(above)
    if target is None or function is None:
        return False
    name = ast.unparse(target)
    uses = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name and n is not target]
    return all(isinstance(use.ctx, ast.Load) and _asks_which(view, use) for use in uses)


def _text(view: View, draft: Draft, call: ast.Call) -> None:
    """`execute("SELECT 1")`: only the sync sessions of SQLAlchemy 1.4 take plain text."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.JoinedStr) and not (
        isinstance(first, ast.Constant) and isinstance(first.value, str)
    ):
        return
    if len(call.args) + len(call.keywords) > 1 or ":" in view.source(first):
        draft.obstacle(
            view, call, "SQL in a plain string, with parameters or colons in it", "wrap it in text()"
        )
    else:
        code = Code(f"{slot(0)}({view.source(first)})", (ImportNeed("sqlalchemy", "text"),))
        draft.edit(view, ReplaceExpression(span_of(first), code))


def await_call(view: View, draft: Draft, call: ast.Call) -> None:
    """`f(x)` -> `await f(x)`, where the frame can await."""
    if isinstance(view.file.parents[call], ast.Await):
        return
    if is_xunit(view, view.function(call)) and getattr(call.func, "attr", "") == "dispose":
        # what an engine has open belongs to no test: it is put away in a loop of its own
        draft.run_alone(view, call)
    elif may_await(view, draft, call):
        draft.edit(view, AwaitExpression(span_of(call)))
        draft.awaited(view, call)


def may_await(view: View, draft: Draft, node: ast.expr | ast.stmt) -> bool:
    function = view.function(node)
    if function is None:
        what = "at import" if view.owner(node).scope == 0 else "in a lambda or a class body"
        draft.obstacle(view, node, f"{view.in_a_line(node)} runs {what}, where nothing can be awaited")
        return False
    if not view.can_await(node):
        draft.obstacle(view, node, f"{view.in_a_line(node)} cannot be awaited where it stands")
        return False
    return True


def _by_run_sync(view: View, draft: Draft, call: ast.Call, method: str) -> None:
    if not may_await(view, draft, call):
        return
    given = [*call.args, *call.keywords]
    parts = [part for each in given for part in walk(each)]
    if any(isinstance(part, ast.Await) for part in parts):
        draft.obstacle(view, call, f"{method}() with an `await` among its arguments", "put it into a name")
        return
    assert isinstance(call.func, ast.Attribute)
    is_taken = any(isinstance(part, ast.Name) and part.id == "session" for part in parts)
    name = "sync_session" if is_taken else "session"
    made = f"lambda {name}: {name}.{method}({', '.join(map(view.source, given))})"
    text = f"await {view.source(call.func.value)}.run_sync({made})"
    draft.edit(view, ReplaceExpression(span_of(call), Code(text)))
    draft.awaited(view, call)


def _with(view: View, draft: Draft, node: ast.With) -> None:
    """`with Session(engine) as s`, `with SessionLocal() as s, s.begin()`, `with engine.begin() as c`."""
    ours = [item for item in node.items if _is_entered(view, item.context_expr)]
    if not ours:
        return
    if len(ours) < len(node.items):
        text = "one `with` enters a session and something that is not async"
        draft.obstacle(view, node, text, "make two statements of it")
        if view.function(node) is not None and not _has_comments(view, node):
            draft.mixed.append((view.path, SplitWith(span_of(node), _runs(node, ours))))
        return
    if may_await(view, draft, node):
        draft.edit(view, AsyncStatement(span_of(node)))
        for item in ours:
            draft.awaited(view, item.context_expr)


def _runs(node: ast.With, ours: Sequence[ast.withitem]) -> tuple[int, ...]:
    """Sessions in a row stay together, all else stands by itself."""
    runs = ((is_ours, len(list(items))) for is_ours, items in groupby(node.items, lambda item: item in ours))
    return tuple(size for is_ours, count in runs for size in ((count,) if is_ours else (1,) * count))


def _has_comments(view: View, node: ast.With) -> bool:
    """Among what it enters, on several lines."""
    last = node.items[-1].optional_vars or node.items[-1].context_expr
    start, end = span_of(node), span_of(last)
    lines = view.file.text.split("\n")
    behind = "\n".join([lines[end.end_line - 1].encode()[end.end_col :].decode(), *lines[end.end_line :]])
    among = lines[start.line - 1 : end.end_line - 1]
    return any("#" in line for line in among) or _HEADER_END.match(behind) is None


def _is_entered(view: View, node: ast.expr) -> bool:
    member = view.member(node) if isinstance(node, ast.Call) else None
    if member is not None and member.attr in ENTERED.get(member.owner, ()):
        return True
    return any(isinstance(kind, Inst) and kind.name in FAMILY for kind in view.kinds(node))
