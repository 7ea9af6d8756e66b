"""What tests put in the place of functions and classes that turn.

    def mock_get(db, id): return note                 async def mock_get(db, id): return note
    monkeypatch.setattr(crud, "get", mock_get)   ->   monkeypatch.setattr(crud, "get", mock_get)

`patch("app.crud.get")` without a replacement makes an `AsyncMock` of a coroutine function by itself:
https://docs.python.org/3/library/unittest.mock.html#unittest.mock.patch
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.judge.callers import Callers
from ...analysis.link.kinds import Fn
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, ReplaceExpression, TurnAsync, slot
from ..draft import Draft
from ..types import references
from ..words import ASYNC_OF

_MOCKS = ("unittest.mock.MagicMock", "unittest.mock.Mock", "mock.MagicMock", "mock.Mock")
_DUNDERS = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def convert_doubles(views: Views, callers: Callers, draft: Draft) -> None:
    """Replacements of the functions that turn; an obstacle for each that cannot turn along."""
    calls = {
        call: frozenset(callers.patches(call, callers.program.call(call))) for call in callers.patch_calls()
    }
    for function in sorted(draft.functions):
        names = callers.patched_names(function)
        if names and all(
            _turn(views, draft, call, function) for call, found in calls.items() if found & names
        ):
            draft.replaced.add(function)


def _turn(views: Views, draft: Draft, call: CallKey, function: Key) -> bool:
    view = views.of(call.path)
    node = view.node_of(call)
    if node is None:
        return False
    new = _replacement(node)
    if new is None:
        return getattr(node.func, "attr", None) not in ("setattr", "delattr")
    made = [kind.key for kind in view.kinds(new) if isinstance(kind, Fn)]
    if (
        len(made) != 1
        or isinstance(new, ast.Lambda)
        or not views.inference.program.modules[made[0].path].facts.is_test
    ):
        return view.external(getattr(new, "func", new)).endswith("AsyncMock")
    scope = views.inference.program.scope(made[0])
    if scope.has_yield or function.path == made[0].path:
        return False
    if not scope.is_async:
        draft.edit(views.of(made[0].path), TurnAsync(scope.span))
    return True


def _replacement(call: ast.Call) -> ast.expr | None:
    """The new object: `setattr(obj, "name", new)`, `setattr("a.name", new)`, `patch("a.name", new=...)`."""
    first_is_text = bool(call.args) and isinstance(call.args[0], ast.Constant)
    position = 1 if first_is_text else 2
    if len(call.args) > position:
        return call.args[position]
    return next((k.value for k in call.keywords if k.arg in ("new", "value")), None)


# classes whose name is patched ----------------------------------------------------------------------------


def rename_patched(views: Views, callers: Callers, draft: Draft) -> None:
    """`patch("app.start.Session", return_value=session)`: the module has another name now, the mock
    another colour."""
    changed = dict(_renamed(views, draft))
    for call in callers.patch_calls():
        view = views.of(call.path)
        node = view.node_of(call)
        first = node.args[0] if node is not None and node.args else None
        if node is None or not isinstance(first, ast.Constant) or str(first.value) not in changed:
            continue
        module, _, name = str(first.value).rpartition(".")
        draft.gone.add((callers.program.module_path(module) or "", name))
        quote = view.source(first)[-1]
        draft.edit(
            view, ReplaceExpression(span_of(first), Code(f"{quote}{changed[str(first.value)]}{quote}"))
        )
        for keyword in node.keywords:
            if keyword.arg == "return_value" and isinstance(keyword.value, ast.Name):
                _colour_mock(view, draft, keyword.value)
            elif keyword.arg != "autospec":
                draft.obstacle(view, node, f"{first.value!s} is replaced by something that is not known")


def _renamed(views: Views, draft: Draft) -> Iterator[tuple[str, str]]:
    for path in sorted(draft.edits):
        view = views.of(path)
        if view.module.is_test:
            continue
        for node, name in references(view):
            need = ASYNC_OF.get(name)
            if need is not None and isinstance(node, ast.Name):
                yield f"{view.module.module}.{node.id}", f"{view.module.module}.{need.name}"


def _colour_mock(view: View, draft: Draft, name: ast.Name) -> None:
    function = view.function(name)
    if function is None:
        draft.obstacle(view, name, f"{name.id} stands for a session, and is made elsewhere")
        return
    for node in walk(function):
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == name.id for t in node.targets
        ):
            value = node.value
            if isinstance(value, ast.Call) and view.external(value.func) in _MOCKS:
                need = ImportNeed("unittest.mock", "AsyncMock")
                draft.edit(view, ReplaceExpression(span_of(value.func), Code(slot(0), (need,))))
            else:
                draft.obstacle(view, node, f"{name.id} stands for a session, and is no mock")
        elif isinstance(node, ast.Attribute) and node.attr in _DUNDERS and ast.unparse(node.value) == name.id:
            text = f"{view.source(node.value)}.{_DUNDERS[node.attr]}"
            draft.edit(view, ReplaceExpression(span_of(node), Code(text)))
