"""What a loop or a `with` awaits before anything else: it is awaited ahead, and the rest goes to a thread.

for row in await rows():                            items = await rows()
    write(row)                                ->    def write_rows(): for row in items: ..

with ZipFile(BytesIO(await file.read())) as z:      content = await file.read()
    z.extractall(folder)                      ->    def extract_all(): with ZipFile(BytesIO(content)) as z: ..
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from .frame import Frame

_NAMED = (ast.Name, ast.Attribute, ast.Constant, ast.expr_context)
_HANDED_ON_BY = (ast.Call, ast.keyword, ast.Attribute)


def awaited_first(frame: Frame, statement: ast.stmt) -> ast.expr | None:
    """What is awaited in the header of a loop or `with`, if nothing is done before it."""
    if isinstance(statement, ast.For):
        return statement.iter if frame.is_native(statement.iter) else None
    entered = statement.items[0].context_expr if isinstance(statement, ast.With) else None
    inner = walk(entered) if entered is not None else ()
    found = [each for each in inner if isinstance(each, ast.expr) and _is_awaited(frame, each)]
    return found[0] if len(found) == 1 and _comes_first(frame, entered, found[0]) else None


def beside(frame: Frame, statement: ast.stmt, first: ast.expr) -> Iterator[ast.AST]:
    """All parts of the statement but what is awaited first."""
    around = {statement, *frame.file.above(first), first}
    for part in (each for each in walk(statement) if each in around or isinstance(each, ast.withitem)):
        for each in ast.iter_child_nodes(part) if part is not first else ():
            if each not in around and isinstance(each, (ast.expr, ast.stmt, ast.keyword)):
                yield each


def _is_awaited(frame: Frame, node: ast.expr) -> bool:
    is_new = isinstance(node, ast.Call) and span_of(node) in frame.awaited
    return isinstance(node, ast.Await) or (is_new and not isinstance(frame.file.parents[node], ast.Await))


def _comes_first(frame: Frame, entered: ast.AST | None, first: ast.AST) -> bool:
    """Is nothing but names read before it?"""
    below = first
    while below is not entered:
        above = frame.file.parents[below]
        children = list(ast.iter_child_nodes(above))
        ahead = (node for each in children[: children.index(below)] for node in ast.walk(each))
        if not isinstance(above, _HANDED_ON_BY) or not all(isinstance(node, _NAMED) for node in ahead):
            return False
        below = above
    return below is not first
