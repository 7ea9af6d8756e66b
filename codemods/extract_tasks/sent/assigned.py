"""What a statement gives a name, or puts into what it holds."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ...analysis.nodes import bound_plainly
from ..words import CHANGING_METHODS, words

_ADDING_METHODS = CHANGING_METHODS - words(
    "pop remove clear discard popitem popleft sort reverse rotate move_to_end"
)

_READERS = frozenset({"bool", "len", "print", "repr", "str"})


def assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets with values of their type: `x = value`, `x, y = value, other`, `x: T = value`, `x += value`."""
    for target, value in bound_plainly(node):
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from _one_by_one(target.elts, value.elts)
        else:
            yield target, value
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield node.target, node.value


def _one_by_one(
    targets: Sequence[ast.expr], values: Sequence[ast.expr]
) -> Iterator[tuple[ast.expr, ast.expr]]:
    is_plain = len(targets) == len(values)
    if is_plain and not any(isinstance(each, ast.Starred) for each in (*targets, *values)):
        yield from zip(targets, values, strict=True)


def additions(node: ast.AST) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """`x[key] = value`, `x.append(value)`, and other changes of `x`: its name, the key, the value."""
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                is_plain = isinstance(node, ast.Assign) and not isinstance(target.slice, ast.Slice)
                yield target.value.id, target.slice, node.value if is_plain else None
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _ADDING_METHODS
        and isinstance(node.func.value, ast.Name)
    ):
        is_plain = node.func.attr == "append" and len(node.args) == 1
        yield node.func.value.id, None, node.args[0] if is_plain else None


def out_of_sight(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names of which others may change what they hold: it is handed on twice (`enrich(data)`, `send(data)`),
    has another name, or a part of it has. What stands in a `return` comes last."""
    loads, seen, handed = Counter[str](), Counter[str](), Counter[str]()
    last: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, ast.Return):
            last.update(ast.walk(node))
        if node in last:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loads[node.id] += 1
        given, is_read = _given(node)
        for each in given:
            if isinstance(each, ast.Name):
                seen[each.id] += 1
                handed[each.id] += not is_read
    return frozenset(name for name, count in loads.items() if seen[name] < count or handed[name] > 1)


def _given(node: ast.AST) -> tuple[list[ast.expr], bool]:
    """What the node hands on, or changes as `additions` tells; and whether it only reads or changes it."""
    if isinstance(node, ast.Call):
        is_reader = isinstance(node.func, ast.Name) and node.func.id in _READERS
        return [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg)], is_reader
    if isinstance(node, ast.Dict):
        return node.values, False
    if isinstance(node, (ast.List, ast.Tuple)):
        return node.elts, False
    if isinstance(node, ast.FormattedValue):
        return [node.value], True
    if isinstance(node, ast.Attribute) and node.attr in _ADDING_METHODS:
        return [node.value], True
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        return [node.value], True
    return [], True
