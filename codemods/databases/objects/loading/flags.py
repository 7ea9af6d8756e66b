"""Reads that a parameter decides about: who calls the function may not want them at all."""

from __future__ import annotations

import ast

from ....analysis.view import View
from ...spelling import session_of_function


def depends_on_a_flag(view: View, node: ast.expr) -> bool:
    """`if with_notes:` a parameter decides whether it is read at all: nothing is loaded beforehand."""
    function = view.function(node)
    if function is None or session_of_function(view, function) is not None:
        return False
    arguments = function.args
    flags = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    below: ast.AST = node
    for above in view.file.above(node):
        if above is function:
            return False
        if isinstance(above, (ast.If, ast.IfExp)) and below is not above.test:
            test = above.test.operand if isinstance(above.test, ast.UnaryOp) else above.test
            if isinstance(test, ast.Name) and test.id in flags:
                return True
        below = above
    return False
