"""Names by which a function holds something that has another name, or a part of it.

table = data          row = rows[0]          for row in rows: ..          first, last = data, None
row = rows.get(key)                          for row in reversed(rows): ..
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ....analysis.scopes import target_names
from ....analysis.syntax import last_name
from ...words import words
from .objects import root_of

_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
_BINDS = (ast.Assign, ast.AnnAssign, ast.NamedExpr)
_BINDING = (*_LOOPS, *_BINDS)
_ONE_OF = (ast.Tuple, ast.List, ast.Set, ast.Starred, ast.IfExp, ast.BoolOp, ast.NamedExpr)
_GIVE_PARTS = words("get items setdefault values")
_GO_THROUGH = words("enumerate filter iter list reversed set sorted tuple zip")


def bound(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Each name that gets a value, and that, or what a loop goes through."""
    for node in nodes:
        value = node.iter if isinstance(node, _LOOPS) else node.value if isinstance(node, _BINDS) else None
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if value is not None:
            yield from ((name, value) for target in targets if target for name in target_names(target))


def wholes(nodes: Iterable[ast.AST], *names: str) -> set[str]:
    """The names, and those of which they may hold a part: what is changed there changes these."""
    return _closed(names, _pairs(nodes)) if names else set()


def parts(nodes: Iterable[ast.AST], name: str) -> set[str]:
    """The name, and those that may hold it, or a part of it."""
    return _closed([name], ((whole, part) for part, whole in _pairs(nodes)))


def _pairs(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        for part, value in bound([node]) if isinstance(node, _BINDING) else ():
            yield from ((part, whole) for whole in _held(value, is_gone_through=isinstance(node, _LOOPS)))


def _closed(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> set[str]:
    further: Mapping[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        further[one].add(other)
    found, stack = {*names}, [*names]
    while stack:
        new = further[stack.pop()] - found
        found |= new
        stack += new
    return found


def _held(value: ast.expr, *, is_gone_through: bool) -> Iterator[str]:
    """What it may be, or be a part of; most calls give something new."""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, _ONE_OF):
            stack += [child for child in ast.iter_child_nodes(part) if isinstance(child, ast.expr)]
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            stack += [part.func.value] if part.func.attr in _GIVE_PARTS else []
        elif isinstance(part, ast.Call):
            stack += part.args if is_gone_through and last_name(part.func) in _GO_THROUGH else []
        elif root := root_of(part):
            yield root
