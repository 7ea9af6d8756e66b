"""What a patch puts in the place of something: what it is given, or a mock, and what a test tells that.

@patch("app.api.Users")                    with patch("app.api.Users") as made:
def test_it(made):                             made.return_value = users
    made.return_value = users

made = mocker.patch("app.api.Users")       mocker.patch("app.api.Users").return_value = users
made.return_value = users

The patch that stands nearest to the function is its first argument:
https://docs.python.org/3/library/unittest.mock.html#nesting-patch-decorators
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.nodes import bound_plainly, walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View

RESULTS = frozenset({"return_value", "side_effect"})
_DECORATORS = ("mock.patch", "mock.patch.object")


def replacement(call: ast.Call, name: str) -> ast.expr | None:
    """The new object: `setattr(obj, "name", new)`, `setattr("a.name", new)`, `patch("a.name", new=...)`,
    `patch.multiple("a", name=...)`."""
    first_is_text = bool(call.args) and isinstance(call.args[0], ast.Constant)
    is_many = getattr(call.func, "attr", None) == "multiple"
    position = 1 if first_is_text else 2
    if len(call.args) > position and not is_many:
        return call.args[position]
    return next((k.value for k in call.keywords if k.arg in ((name,) if is_many else ("new", "value"))), None)


def results_told(view: View, patch: ast.Call) -> Iterator[tuple[ast.expr, FunctionNode | None, str]]:
    """What the mock gives, the function that tells it, and its name for that: `made.return_value`."""
    yield from ((each.value, None, "") for each in patch.keywords if each.arg in RESULTS)
    function, name = named(view, patch)
    for node in walk(function) if function is not None and name else ():
        for place, value in bound_plainly(node):
            written = ast.unparse(place)
            if written in {f"{name}.{each}" for each in RESULTS}:
                yield value, function, written


def is_told(view: View, patch: ast.Call) -> bool:
    """Does it give what the test says? `made.return_value.__enter__.return_value = session`"""
    function, name = named(view, patch)
    names = {f"{name}.{each}" for each in RESULTS}
    told = walk(function) if function is not None and name else ()
    return any(each.arg in RESULTS for each in patch.keywords) or any(
        isinstance(node, ast.Attribute) and ast.unparse(node) in names for node in told
    )


def named(view: View, patch: ast.Call) -> tuple[FunctionNode | None, str]:
    """Where the mock has a name, and which one."""
    above = view.file.parents[patch]
    if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) and patch in above.decorator_list:
        return above, _parameter(view, above, patch)
    if isinstance(above, ast.Attribute):
        return view.function(patch), ast.unparse(patch)
    if isinstance(above, ast.withitem):
        target = above.optional_vars
    else:
        target = next((place for place, value in bound_plainly(above) if value is patch), None)
    return view.function(patch), target.id if isinstance(target, ast.Name) else ""


def _parameter(view: View, function: FunctionNode, patch: ast.Call) -> str:
    below = function.decorator_list[function.decorator_list.index(patch) + 1 :]
    position = sum(isinstance(each, ast.Call) and _is_argument(view, each) for each in below)
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    names = names[1:] if names[:1] == ["self"] else names
    return names[position] if position < len(names) else ""


def _is_argument(view: View, decorator: ast.Call) -> bool:
    """Is the function given the mock? Not where the patch is told what to put there."""
    return view.external(decorator.func).endswith(_DECORATORS) and replacement(decorator, "") is None
