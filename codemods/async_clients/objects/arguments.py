"""The call of which an expression is an argument."""

from __future__ import annotations

import ast

from ...analysis.syntax import FileSyntax


def argument_of(file: FileSyntax, node: ast.expr) -> tuple[ast.Call, int | str] | None:
    """The call, and the place or the keyword; none for what is only a part of an argument."""
    parent = file.parents[node]
    if isinstance(parent, ast.Call) and node in parent.args:
        return parent, parent.args.index(node)
    if isinstance(parent, ast.keyword) and parent.arg is not None:
        call = file.parents[parent]
        return (call, parent.arg) if isinstance(call, ast.Call) else None
    return None
