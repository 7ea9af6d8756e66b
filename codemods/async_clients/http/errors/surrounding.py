"""The `try` statements around a place, and what is entered there by `with`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.syntax import FileSyntax
from ...twin import NoTwinError


def surrounding_tries(file: FileSyntax, function: ast.AST, node: ast.AST) -> Iterator[ast.Try]:
    """The `try` statements of the function whose body (not handlers) holds `node`."""
    return (around for around in surrounding(file, function, node) if isinstance(around, ast.Try))


def surrounding(file: FileSyntax, function: ast.AST, node: ast.AST) -> Iterator[ast.Try | ast.withitem]:
    """The same, and what else may keep an error from leaving the function, from the inside to the outside."""
    child = node
    for above in file.above(node):
        if type(above).__name__ == "TryStar":  # from Python 3.11 on
            raise NoTwinError(f"`except*` around it ({file.path}:{file.statement(above).lineno})")
        if isinstance(above, ast.Try) and child in above.body:
            yield above
        if isinstance(above, ast.With):
            entered = above.items.index(child) if isinstance(child, ast.withitem) else len(above.items)
            yield from reversed(above.items[:entered])
        if above is function:
            return
        child = above
