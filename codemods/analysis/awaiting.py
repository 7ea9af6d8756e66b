"""Where an `await` may stand: in the frame of the function itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from .syntax import FileSyntax, FunctionNode, holds
from .taken import is_taken

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp, ast.ClassDef)
_DEEPEST = 1 if sys.version_info < (3, 11) else sys.maxsize
"""Comprehensions around an `await`: before Python 3.11 one that is async cannot stand in another one."""


def can_await(file: FileSyntax, function: FunctionNode, node: ast.AST) -> bool:
    """Does `node` run in the function's own frame, where an `await` may stand? What a generator expression
    goes through first is made there: https://docs.python.org/3/reference/expressions.html#generator-expressions"""
    inside = 0
    for above in file.above(node):
        is_around = isinstance(above, _SCOPES) and any(holds(part, node) for part in _outside(above))
        if above is function:
            return not is_around and inside <= _DEEPEST
        loops: Sequence[ast.comprehension] = getattr(above, "generators", ())
        inside += bool(loops) and not holds(loops[0].iter, node)
        if isinstance(above, _SCOPES) and not is_around and not is_taken(file.parents[above], above):
            return False
    return False


def _outside(scope: ast.AST) -> list[ast.AST]:
    """What runs in the frame around it: decorators, defaults, bases, what a generator goes through first."""
    found: list[ast.AST] = [*getattr(scope, "decorator_list", ())]
    if isinstance(scope, ast.GeneratorExp):
        found.append(scope.generators[0].iter)
    elif isinstance(scope, ast.ClassDef) and not getattr(scope, "type_params", ()):  # these have a frame
        found += (*scope.bases, *scope.keywords)
    elif isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        found += (each for each in (*scope.args.defaults, *scope.args.kw_defaults) if each is not None)
    return found
