"""`with suppress(..):` as a `try` around its body.

with suppress(requests.Timeout):                    try:
    ping()                                              ping()
                                            is      except requests.Timeout:
                                                        pass
"""

from __future__ import annotations

import ast

from ....analysis.link.program import Program
from ....analysis.syntax import FileSyntax
from .retried import callee

_SUPPRESS = ("contextlib", "suppress")


class Given(ast.Tuple):
    """What `suppress` is given; it stands where the call does."""

    func: ast.expr


class Suppressed:
    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[ast.AST, ast.Try] = {}

    def caught(self, file: FileSyntax, item: ast.withitem) -> ast.Try | None:
        """Always the same one."""
        call, statement = item.context_expr, file.parents[item]
        if (
            not isinstance(statement, ast.With)
            or not isinstance(call, ast.Call)
            or not self.is_call(file, call)
        ):
            return None
        if call not in self._known:
            given = ast.copy_location(Given(call.args, ast.Load()), call)
            given.func = call.func
            handler = ast.ExceptHandler(given, None, [ast.copy_location(ast.Pass(), call)])
            found = ast.Try(statement.body, [ast.copy_location(handler, call)], [], [])
            self._known[call] = ast.copy_location(found, call)
        return self._known[call]

    def is_call(self, file: FileSyntax, node: ast.AST) -> bool:
        """Is it a call of `suppress` that a `with` enters?"""
        return (
            isinstance(node, ast.Call)
            and isinstance(file.parents[node], ast.withitem)
            and callee(self.program, file, node.func) == _SUPPRESS
        )
