"""Registries of sessions hold one for each task, where they held one for each thread.

    Session = scoped_session(factory)    ->    Session = async_scoped_session(factory, scopefunc=current_task)

    db = Session()                             db = Session()
    ...                                        ...
    db.close()                                 await Session.remove()

A thread comes again, a task does not: what nobody removes would stay in the registry, until a script ends.
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-asyncio-scoped-session
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.kinds import Inst
from ...analysis.nodes import target_of, walk
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View, Views
from ...model import Argument, Code, ImportNeed, ReplaceCall, ReplaceExpression, slot
from ..draft import Draft
from ..scripts import is_script
from ..words import ASYNCIO, SCOPED

_REGISTRY = ImportNeed(ASYNCIO, "async_scoped_session")
_TASK = Code(f"scopefunc={slot(0)}", (ImportNeed("asyncio", "current_task"),))


def convert_registry(view: View, draft: Draft, call: ast.Call) -> None:
    """The call that makes the registry."""
    if len(call.args) != 1 or call.keywords:
        draft.obstacle(view, call, "a scoped_session with a scope of its own")
        return
    arguments = (Argument(0), Argument(code=_TASK))
    draft.edit(view, ReplaceCall(span_of(call), Code(slot(0), (_REGISTRY,)), arguments))


def check_registries(views: Views, view: View, draft: Draft) -> None:
    """Sessions are asked for by calls of the registry, and given back by whoever asked."""
    for node in view.file.of_kind(ast.Call) if views.mention("scoped_session") else ():
        if not _is_registry(view, node.func):
            continue
        above, function = view.file.parents[node], view.function(node)
        registry = view.source(node.func)
        kept = target_of(above)
        closed = list(_calls(function, f"{ast.unparse(kept)}.close")) if kept is not None else []
        is_removed = bool(closed) or any(_calls(function, f"{ast.unparse(node.func)}.remove"))
        if not is_removed and not is_alone_in_script(view, node):
            draft.obstacle(view, node, f"nobody removes the session of {registry}() from its registry")
        for call in closed:
            draft.edit(view, ReplaceExpression(span_of(call.func), Code(f"{registry}.remove")))


def is_alone_in_script(view: View, call: ast.Call) -> bool:
    """Nobody else in a script asks for what was left in the session of its thread."""
    asked = [each for each in view.file.of_kind(ast.Call) if _is_registry(view, each.func)]
    return asked == [call] and view.function(call) is not None and is_script(view, call)


def _is_registry(view: View, node: ast.expr) -> bool:
    return any(isinstance(kind, Inst) and kind.name == SCOPED for kind in view.kinds(node))


def _calls(function: FunctionNode | None, spelled: str) -> Iterator[ast.Call]:
    for node in walk(function) if function is not None else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func) == spelled:
            yield node
