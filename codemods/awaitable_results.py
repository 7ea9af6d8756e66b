"""What a decorator is said to take and to give, once its wrapper awaits what it was given.

    def timed(func: Callable[P, R]) -> Callable[P, R]:
->  def timed(func: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:

The functions that it stands on turn with it: type checkers follow what the annotations say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from .model import Code, Edit, ImportNeed, ReplaceExpression, slot

_CALLABLE, _AWAITABLE = "Callable", "Awaitable"
_ABC, _TYPING = "collections.abc", "typing"


def awaitable_results(file: FileSyntax, wrapper: FunctionNode) -> Iterator[Edit]:
    """In the annotations of the functions around the wrapper, where its own result is the result of a
    `Callable`. One that says nothing of its result, or `Any`, may be awaited as it is."""
    if wrapper.returns is None or last_name(wrapper.returns) == "Any":
        return
    result = ast.unparse(wrapper.returns)
    around = [
        node for node in file.above(wrapper) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    for annotation in (each for function in around for each in _annotations(function)):
        for node in ast.walk(annotation):
            given = _given(node)
            if given is not None and ast.unparse(given) == result:
                need = ImportNeed(_module(file), _AWAITABLE)
                yield ReplaceExpression(span_of(given), Code(f"{slot(0)}[{file.source(given)}]", (need,)))


def _annotations(function: FunctionNode) -> Iterator[ast.expr]:
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation is not None:
            yield argument.annotation
    if function.returns is not None:
        yield function.returns


def _given(node: ast.AST) -> ast.expr | None:
    """`R` of `Callable[P, R]`."""
    if not isinstance(node, ast.Subscript) or last_name(node.value) != _CALLABLE:
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
    return parts[1] if len(parts) == 2 else None


def _module(file: FileSyntax) -> str:
    """Where the file has `Callable` from."""
    imports = file.of_kind(ast.ImportFrom)
    names = {alias.name for each in imports if each.module == _TYPING for alias in each.names}
    return _TYPING if _CALLABLE in names else _ABC
