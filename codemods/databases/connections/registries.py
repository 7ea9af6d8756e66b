"""Registries of sessions hold one for each task, where they held one for each thread.

    Session = scoped_session(factory)    ->    Session = async_scoped_session(factory, scopefunc=current_task)

    db = Session()                             db = Session()
    ...                                        ...
    db.close()                                 await Session.remove()

A thread comes again, a task does not: what nobody removes would stay in the registry, until a script ends.
A provider that gives a registry away for a session (`db = Session`, `db = scoped_session(factory)`) asks it
for one.
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-asyncio-scoped-session
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ...analysis.link.kinds import Inst
from ...analysis.nodes import bound_plainly, target_of, walk
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View, Views
from ...model import Argument, AwaitExpression, Code, ImportNeed, ReplaceCall, ReplaceExpression, slot
from ..draft import Draft
from ..scripts import is_script
from ..words import ASYNCIO, SCOPED

_REGISTRY = ImportNeed(ASYNCIO, "async_scoped_session")
ENDS = ("close", "remove")
"""What a provider does with the registry that it gave away."""
_TASK = Code(f"scopefunc={slot(0)}", (ImportNeed("asyncio", "current_task"),))


def convert_registry(view: View, draft: Draft, call: ast.Call) -> None:
    """The call that makes the registry."""
    if len(call.args) != 1 or call.keywords:
        draft.obstacle(view, call, "a scoped_session with a scope of its own")
        return
    arguments = (Argument(0), Argument(code=_TASK))
    draft.edit(view, ReplaceCall(span_of(call), Code(slot(0), (_REGISTRY,)), arguments))


class Given(NamedTuple):
    """What a provider gives away as if it were a session."""

    name: ast.Name
    registry: ast.expr
    """That of the application, or the call that makes one for this time."""

    @property
    def is_own(self) -> bool:
        return isinstance(self.registry, ast.Call)


def given_of(view: View, node: ast.AST) -> Given | None:
    """`db = Session` or `db = scoped_session(factory)` of the function around, which has `yield db`."""
    function = view.function(node)
    found = [*_given(view, function)] if function is not None else []
    return found[0] if len(found) == 1 else None


def _given(view: View, function: FunctionNode) -> Iterator[Given]:
    bound = [pair for each in walk(function) if isinstance(each, ast.stmt) for pair in bound_plainly(each)]
    yielded = {
        each.value.id
        for each in walk(function)
        if isinstance(each, ast.Yield) and isinstance(each.value, ast.Name)
    }
    for target, value in bound:
        if isinstance(value, ast.Call):
            is_given = view.external(value.func) == SCOPED and _is_plain(value)
        else:
            is_given = _is_registry(view, value)
        if isinstance(target, ast.Name) and target.id in yielded and is_given:
            yield Given(target, value)


def _is_plain(call: ast.Call) -> bool:
    return len(call.args) == 1 and not call.keywords and isinstance(call.args[0], (ast.Name, ast.Attribute))


def ask_given(view: View, draft: Draft, function: FunctionNode) -> None:
    """Edits such a provider."""
    for given in _given(view, function):
        source = view.source(given.registry)
        if isinstance(given.registry, ast.Call):
            source = view.source(given.registry.args[0])
        draft.edit(view, ReplaceExpression(span_of(given.registry), Code(f"{source}()")))
        text = "a request has one session from now on, where each of its threads had its own"
        draft.note(view, given.registry, text)
        closed = [call for end in ENDS for call in _calls(function, f"{given.name.id}.{end}")]
        ends = f"{given.name.id}.close" if given.is_own else f"{source}.remove"
        for call in closed:
            draft.edit(view, ReplaceExpression(span_of(call.func), Code(ends)))
            draft.edit(view, AwaitExpression(span_of(call)))
            draft.awaited(view, call)
        if not closed and not any(_calls(function, f"{source}.remove")):
            draft.obstacle(
                view, given.registry, f"nobody removes the session of {source}() from its registry"
            )


def check_registries(views: Views, view: View, draft: Draft) -> None:
    """Sessions are asked for by calls of the registry, and given back by whoever asked."""
    for provider in view.file.of_kind(ast.FunctionDef) if views.mention("scoped_session") else ():
        ask_given(view, draft, provider)
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
