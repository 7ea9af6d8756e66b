"""Calls whose results the event loop is given, as it would be by an `await`.

tasks = [embed(batch) for batch in batches]
await asyncio.gather(*tasks)
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ..analysis.nodes import bound_plainly
from ..analysis.syntax import last_name

_TAKES = frozenset({"as_completed", "create_task", "ensure_future", "gather", "shield", "wait_for"})


def gathered(nodes: Collection[ast.AST]) -> Iterator[ast.Call]:
    """Among the nodes of one function."""
    for node in nodes:
        if isinstance(node, ast.Call) and last_name(node.func) in _TAKES:
            for argument in node.args:
                yield from _made(argument, nodes)


def _made(given: ast.expr, nodes: Collection[ast.AST]) -> Iterator[ast.Call]:
    """The calls that make what `given` is or holds."""
    if isinstance(given, ast.Call):
        yield given
    elif isinstance(given, ast.Starred):
        yield from _made(given.value, nodes)
    elif isinstance(given, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        yield from _made(given.elt, nodes)
    elif isinstance(given, (ast.List, ast.Tuple, ast.Set)):
        for element in given.elts:
            yield from _made(element, nodes)
    elif isinstance(given, ast.Name):
        for node in nodes:
            for value in _put_into(node, given.id):
                if not isinstance(value, ast.Name):
                    yield from _made(value, nodes)


def _put_into(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """`name = value`, `name.append(value)`"""
    yield from (value for target, value in bound_plainly(node) if getattr(target, "id", "") == name)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
        yield from node.args if isinstance(of := node.func.value, ast.Name) and of.id == name else ()
