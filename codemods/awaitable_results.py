"""What a function is said to give, once the function that it gives is `async def`: a decorator, of which the
wrapper awaits what that was given, and one that makes dependencies.

    def timed(func: Callable[P, R]) -> Callable[P, R]:
->  def timed(func: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:

    def require(role: str) -> Callable[[User], User]:
->  def require(role: str) -> Callable[[User], Awaitable[User]]:

Type checkers follow what the annotations say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .analysis.scopes import own_nodes
from .analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from .model import Code, Edit, ImportNeed, ReplaceExpression, slot

_CALLABLE, _AWAITABLE = "Callable", "Awaitable"
_ABC, _TYPING = "collections.abc", "typing"


def result_where_given(file: FileSyntax, function: FunctionNode) -> ast.expr | None:
    """`User` of `-> Callable[[Session], User]`, where the function right around it returns it."""
    around = next(file.above(function), None)
    if not isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)) or around.returns is None:
        return None
    returned = [node.value for node in own_nodes(around) if isinstance(node, ast.Return)]
    is_given = bool(returned) and all(
        isinstance(each, ast.Name) and each.id == function.name for each in returned
    )
    return _given(around.returns) if is_given else None


def awaitable_where_given(file: FileSyntax, function: FunctionNode) -> Iterator[Edit]:
    given = result_where_given(file, function)
    if given is not None and last_name(given) != "Any":
        yield _awaitable(file, given)


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
                yield _awaitable(file, given)


def _awaitable(file: FileSyntax, given: ast.expr) -> Edit:
    need = ImportNeed(_module(file), _AWAITABLE)
    return ReplaceExpression(span_of(given), Code(f"{slot(0)}[{file.source(given)}]", (need,)))


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
