"""Missing awaits.

    async def read(db: AsyncSession):              async def read(db: AsyncSession):
        row = db.get(User, 1)               ->         row = await db.get(User, 1)
        return row.name                                return row.name

What a coroutine is: https://docs.python.org/3/library/asyncio-task.html#awaitables
"""

from __future__ import annotations

import ast

from .analysis.effects import consumes_coroutine
from .analysis.syntax import FileSyntax, FunctionNode

_COROUTINE_METHODS = {"send", "throw", "close", "cr_await", "add_done_callback", "cancel", "done", "result"}
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp, ast.ClassDef)


def lacks_await(file: FileSyntax, call: ast.Call, *, returns_to_framework: bool) -> bool:
    """Is the awaitable that `call` gives used as if it were the result?

    A coroutine that is kept, gathered, scheduled or returned is left alone: somebody may await it later.
    """
    parent = file.parents[call]
    if isinstance(parent, (ast.Await, ast.withitem, ast.AsyncFor)):
        return False
    if isinstance(parent, ast.Expr):
        return True
    if isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is call:
        return not (isinstance(parent, ast.Attribute) and parent.attr in _COROUTINE_METHODS)
    if isinstance(parent, (ast.If, ast.While, ast.Assert, ast.UnaryOp, ast.Compare, ast.For, ast.BinOp, ast.FormattedValue)):
        return True
    if isinstance(parent, ast.Return):
        return returns_to_framework
    if isinstance(parent, ast.BoolOp):
        return True
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return _used_as_result(file, parent, parent.targets[0].id)
    if isinstance(parent, ast.Assign):
        return isinstance(parent.targets[0], (ast.Tuple, ast.List))
    return False


def _used_as_result(file: FileSyntax, assignment: ast.Assign, name: str) -> bool:
    """Every use of the name is one that a coroutine object would break, and there is one."""
    function = next(
        (node for node in file.above(assignment) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))), None
    )
    if function is None:
        return False
    stores = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)]
    if len(stores) != 1:
        return False
    broken = False
    for node in ast.walk(function):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        parent = file.parents[node]
        if isinstance(parent, ast.Await):
            return False
        if isinstance(parent, ast.Call) and consumes_coroutine(file.source(parent.func)):
            return False
        if isinstance(parent, (ast.List, ast.Tuple, ast.Set)):
            return False
        if isinstance(parent, ast.Attribute) and parent.attr not in _COROUTINE_METHODS:
            broken = True
        elif isinstance(parent, (ast.Subscript, ast.For, ast.If, ast.While, ast.Compare, ast.UnaryOp, ast.BinOp)):
            broken = True
    return broken


def can_await(file: FileSyntax, function: FunctionNode, node: ast.AST) -> bool:
    """Does `node` run in the function's own frame, where an `await` may stand?"""
    for above in file.above(node):
        if above is function:
            return all(node is not part and not _within(file, node, part) for part in _outside(function))
        if isinstance(above, _SCOPES):
            return False
    return False


def _outside(function: FunctionNode) -> list[ast.AST]:
    """Parts of a definition that run around it: decorators, defaults, annotations."""
    arguments = function.args
    defaults = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]
    return [*function.decorator_list, *defaults]


def _within(file: FileSyntax, node: ast.AST, part: ast.AST) -> bool:
    return any(above is part for above in file.above(node))
