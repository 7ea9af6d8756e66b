"""Names by which a function holds something that has another name, or a part of it.

table = data          row = rows[0]          for row in rows: ..          first, last = data, None
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ...analysis.scopes import target_names
from .objects import root_of

_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
_BINDS = (ast.Assign, ast.AnnAssign, ast.NamedExpr)
_ONE_OF = (ast.Tuple, ast.List, ast.Set, ast.Starred, ast.IfExp, ast.BoolOp, ast.NamedExpr)


def bound(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Each name that gets a value, and that, or what a loop goes through."""
    for node in nodes:
        value = node.iter if isinstance(node, _LOOPS) else node.value if isinstance(node, _BINDS) else None
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if value is not None:
            yield from ((name, value) for target in targets if target for name in target_names(target))


def wholes(nodes: Iterable[ast.AST], name: str) -> set[str]:
    """The name, and those of which it may hold a part: what is changed there changes these."""
    pairs = ((part, whole) for part, value in bound(nodes) for whole in _held(value))
    return _closed(name, pairs)


def parts(nodes: Iterable[ast.AST], name: str) -> set[str]:
    """The name, and those that may hold it, or a part of it."""
    pairs = ((whole, part) for part, value in bound(nodes) for whole in _held(value))
    return _closed(name, pairs)


def _closed(name: str, pairs: Iterable[tuple[str, str]]) -> set[str]:
    further: Mapping[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        further[one].add(other)
    found, stack = {name}, [name]
    while stack:
        new = further[stack.pop()] - found
        found |= new
        stack += new
    return found


def _held(value: ast.expr) -> Iterator[str]:
    """What it may be, or be a part of; a call gives something new."""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, _ONE_OF):
            stack += [child for child in ast.iter_child_nodes(part) if isinstance(child, ast.expr)]
        elif root := root_of(part):
            yield root
