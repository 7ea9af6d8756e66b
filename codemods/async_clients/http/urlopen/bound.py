"""Which statement a name has its value from, where one name holds several values after each other.

resp = urlopen(first)
print(resp.status)          of the first
resp = urlopen(second)
print(resp.status)          of the second
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode
from ...twin import NoTwinError

_FRAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_BLOCKS = ("body", "orelse", "finalbody")


def check_bound(file: FileSyntax, function: FunctionNode, name: str) -> None:
    """Only assignments and `with` give the name a value. Raises `NoTwinError`."""
    for node in walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
            raise NoTwinError(f"{name} is bound elsewhere, too")
        if isinstance(node, ast.arg) and node.arg == name:
            raise NoTwinError(f"{name} is a parameter too")
        if isinstance(node, (ast.ExceptHandler, ast.alias)) and name in (
            node.name,
            getattr(node, "asname", ""),
        ):
            raise NoTwinError(f"{name} is bound to something else, too")
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            above = file.parents[node]
            if not isinstance(above, (ast.withitem, ast.AnnAssign)) and not _is_plain(above):
                raise NoTwinError(f"{name} is bound to something else, too")


def source_of(file: FileSyntax, load: ast.Name) -> ast.expr | None:
    """What the name holds where it is read; None where that may be one of several values."""
    child: ast.AST = load
    for above in file.above(load):
        if isinstance(above, ast.With) and child in above.body:
            for item in above.items:
                if _binds(item.optional_vars, load.id):
                    return item.context_expr
        for before in reversed(_before(above, child)):
            value = _assigned(before, load.id)
            if value is not None:
                return value
            if _is_stored(before, load.id):
                return None
        is_later = isinstance(above, ast.Try) and child not in above.body
        if (is_later or isinstance(above, (ast.For, ast.While))) and _is_stored(above, load.id):
            return None
        if isinstance(above, _FRAMES):
            return None
        child = above
    return None


def _before(above: ast.AST, child: ast.AST) -> Sequence[ast.stmt]:
    """The statements of the same block in front of one."""
    for name in _BLOCKS:
        block = getattr(above, name, None)
        if isinstance(block, list) and child in block:
            return block[: block.index(child)]
    return ()


def _assigned(statement: ast.stmt, name: str) -> ast.expr | None:
    if isinstance(statement, ast.AnnAssign):
        return statement.value if _binds(statement.target, name) else None
    is_own = isinstance(statement, ast.Assign) and _is_plain(statement) and _binds(statement.targets[0], name)
    return statement.value if is_own and isinstance(statement, ast.Assign) else None


def _is_plain(statement: ast.AST) -> bool:
    """`name = value`"""
    return (
        isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
    )


def _binds(target: ast.AST | None, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _is_stored(node: ast.AST, name: str) -> bool:
    return any(_binds(each, name) and not isinstance(each.ctx, ast.Load) for each in _names(node))


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (each for each in walk(node) if isinstance(each, ast.Name))
