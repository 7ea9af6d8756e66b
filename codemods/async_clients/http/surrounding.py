"""The `try` statements around a place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.syntax import FileSyntax
from ..twin import NoTwinError


def surrounding_tries(file: FileSyntax, function: ast.AST, node: ast.AST) -> Iterator[ast.Try]:
    """The `try` statements of the function whose body (not handlers) holds `node`."""
    child = node
    for above in file.above(node):
        if type(above).__name__ == "TryStar":  # from Python 3.11 on
            raise NoTwinError(f"`except*` around it ({file.path}:{file.statement(above).lineno})")
        if isinstance(above, ast.Try) and child in above.body:
            yield above
        if above is function:
            return
        child = above
