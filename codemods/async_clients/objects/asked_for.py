"""Is a client only asked whether it is there?"""

from __future__ import annotations

import ast

from ...analysis.syntax import FileSyntax, is_test


def is_asked_for(file: FileSyntax, node: ast.expr) -> bool:
    """`if cache:`, `cache is None`"""
    parent = file.parents[node]
    is_compared = isinstance(parent, ast.Compare) and all(
        isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops
    )
    return is_compared or is_test(file, node)
