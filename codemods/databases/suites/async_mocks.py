"""Mocks and lambdas that tests put in the place of functions which turn.

monkeypatch.setattr(crud, "get", lambda db, id: None)   ->   ..., AsyncMock(return_value=None))
monkeypatch.setattr(crud, "get", lambda db, id: [id])   ->   ..., AsyncMock(side_effect=lambda db, id: [id]))
monkeypatch.setattr(crud, "get", MagicMock())           ->   ..., AsyncMock(return_value=MagicMock()))

A function that is the `side_effect` may be a plain one; all that an `AsyncMock` makes by itself is another,
what it returns too: https://docs.python.org/3/library/unittest.mock.html#unittest.mock.AsyncMock
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...analysis.nodes import bound_alone, walk
from ...analysis.scopes import parameter_names
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, Edit, ImportNeed, ReplaceExpression, slot
from ..draft import Draft
from .told import RESULTS

MOCKS = ("unittest.mock.MagicMock", "unittest.mock.Mock", "mock.MagicMock", "mock.Mock")
ASYNC_MOCK = ImportNeed("unittest.mock", "AsyncMock")
_ASKED = frozenset({"called", "call_args", "call_args_list", "call_count", "mock_calls", "reset_mock"})


def async_mock(view: View, draft: Draft, new: ast.expr, *, is_method: bool) -> Sequence[Edit] | None:
    """What makes the replacement one of a coroutine function; None where that is not known.

    `is_method`: the function may be called on an object, which a lambda in its class is given, and a mock
    is not.
    """
    if draft.covers(view, new):
        return None
    if isinstance(new, ast.Lambda):
        given = _of_lambda(view, new, is_method=is_method)
        code = Code(f"{slot(0)}({given})", (ASYNC_MOCK,))
        return [ReplaceExpression(span_of(new), code)] if given else None
    if isinstance(new, ast.Call):
        return _of_mock(view, new, has_result=False)
    return _of_name(view, new) if isinstance(new, ast.Name) else None


def _of_lambda(view: View, new: ast.Lambda, *, is_method: bool) -> str:
    body = view.source(new.body)
    if isinstance(new.body, ast.Constant) or _is_given(view, new):
        return f"return_value={body}"
    return "" if is_method and not _takes_any(new) else f"side_effect={view.source(new)}"


def _takes_any(new: ast.Lambda) -> bool:
    """`lambda *args, **kwargs: error()` takes no notice of the object on which it is called."""
    plain = new.args.posonlyargs or new.args.args
    named = new.args.vararg.arg if new.args.vararg is not None else ""
    return bool(named) and not plain and not _named(new.body, named)


def _is_given(view: View, new: ast.Lambda) -> bool:
    """Is it a name of the test that means the same when the lambda is called?"""
    function = view.function(new)
    if not isinstance(new.body, ast.Name) or function is None or new.body.id in parameter_names(new.args):
        return False
    name = new.body.id
    bound = [each for each in _named(function, name) if not isinstance(each.ctx, ast.Load)]
    if name in parameter_names(function.args):
        return not bound
    return len(bound) == 1 and view.function(bound[0]) is function and bound[0].lineno < new.lineno


def _of_mock(view: View, made: ast.Call, *, has_result: bool) -> Sequence[Edit] | None:
    """The class changes; what such a mock gives is no async one."""
    given = {keyword.arg for keyword in made.keywords}
    if view.external(made.func) not in MOCKS or made.args or not given <= {*RESULTS, "name"}:
        return None
    if given & RESULTS or has_result:
        return [ReplaceExpression(span_of(made.func), Code(slot(0), (ASYNC_MOCK,)))]
    inner = "".join(f", {view.source(keyword)}" for keyword in made.keywords)
    text = f"{slot(0)}(return_value={view.source(made.func)}(){inner})"
    return [ReplaceExpression(span_of(made), Code(text, (ASYNC_MOCK,)))]


def _of_name(view: View, name: ast.Name) -> Sequence[Edit] | None:
    """A mock that the test makes, hands over and asks."""
    function = view.function(name)
    uses = _named(function, name.id) if function is not None else []
    made = [each for each in uses if not isinstance(each.ctx, ast.Load)]
    asked = [each for each in uses if each is not name and isinstance(each.ctx, ast.Load)]
    if len(made) != 1 or not all(_only_asks(view, each) for each in asked):
        return None
    _, value = bound_alone(view.file.parents[made[0]])
    results = [view.file.parents[each] for each in asked]
    has_result = any(isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) for each in results)
    return _of_mock(view, value, has_result=has_result) if isinstance(value, ast.Call) else None


def _only_asks(view: View, mock: ast.Name) -> bool:
    """`mock.assert_called_once()`, `mock.return_value = user`: the same for both kinds of mocks."""
    above = view.file.parents[mock]
    if not isinstance(above, ast.Attribute):
        return False
    return above.attr.startswith("assert_") or above.attr in RESULTS | _ASKED


def _named(function: ast.AST, name: str) -> list[ast.Name]:
    return [node for node in walk(function) if isinstance(node, ast.Name) and node.id == name]
