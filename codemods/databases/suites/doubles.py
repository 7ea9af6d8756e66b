"""What tests put in the place of functions and classes that turn.

    def mock_get(db, id): return note                 async def mock_get(db, id): return note
    monkeypatch.setattr(crud, "get", mock_get)   ->   monkeypatch.setattr(crud, "get", mock_get)

`patch("app.crud.get")` without a replacement makes an `AsyncMock` of a coroutine function by itself:
https://docs.python.org/3/library/unittest.mock.html#unittest.mock.patch
"""

from __future__ import annotations

import ast

from ...analysis.judge.callers.callers import Callers
from ...analysis.link.kinds import Fn
from ...analysis.link.program import CallKey, Key
from ...analysis.view import Views
from ...model import TurnAsync
from ..draft import Draft
from .async_mocks import async_mock
from .told import is_told, replacement


def convert_doubles(views: Views, callers: Callers, draft: Draft) -> None:
    """Replacements of the functions that turn; an obstacle for each that cannot turn along."""
    patches = callers.patches
    calls = {call: frozenset(patches.replaced_by(call)) for call in patches.calls()}
    patched = {function: frozenset(patches.of(function)) for function in sorted(draft.functions)}
    every = frozenset[str]().union(*patched.values())
    turned = {call for call, found in calls.items() if not every.isdisjoint(found)}
    for function, names in patched.items():
        doubled = [call for call in turned if calls[call] & names] if names else []
        odd = [call for call in sorted(doubled) if not _turn(views, callers, draft, call, function, turned)]
        for call in odd:
            view = views.of(call.path)
            text = f"{min(calls[call] & names)} is replaced by what nobody can await"
            draft.obstacle(view, view.node_of(call) or view.file.tree, text, "make it an AsyncMock")
        if names:
            draft.replaced.add(function)


def _turn(
    views: Views, callers: Callers, draft: Draft, call: CallKey, function: Key, turned: set[CallKey]
) -> bool:
    view = views.of(call.path)
    node = view.node_of(call)
    if node is None:
        return False
    made_by = next((k.value for k in node.keywords if k.arg == "new_callable"), None)
    if made_by is not None:
        return view.external(made_by).endswith("AsyncMock")
    new = replacement(node, view.program.scope(function).name)
    if new is None or view.external(new).endswith("mock.DEFAULT"):
        gives_sync = view.program.scope(function).has_yield and is_told(view, node)
        return not gives_sync and getattr(node.func, "attr", None) not in ("setattr", "delattr")
    made = [kind.key for kind in view.kinds(new) if isinstance(kind, Fn)]
    if (
        len(made) != 1
        or isinstance(new, ast.Lambda)
        or not views.inference.program.modules[made[0].path].facts.is_test
    ):
        if view.external(getattr(new, "func", new)).endswith("AsyncMock"):
            return True
        is_method = views.inference.program.enclosing_class(function) is not None
        edits = async_mock(view, draft, new, is_method=is_method)
        draft.edit(view, *edits or ())
        return edits is not None
    scope = views.inference.program.scope(made[0])
    if scope.has_yield or function.path == made[0].path or not _is_only_a_double(callers, made[0], turned):
        return False
    if not scope.is_async:
        draft.edit(views.of(made[0].path), TurnAsync(scope.span))
    return True


def _is_only_a_double(callers: Callers, made: Key, turned: set[CallKey]) -> bool:
    """Nobody calls it by its own name, and it stands for nothing that stays as it is."""
    return not callers.calls(made) and all(
        CallKey(path, reference.call) in turned for path, reference in callers.references(made)
    )
