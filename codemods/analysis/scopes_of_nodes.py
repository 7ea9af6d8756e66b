"""By which scope of the index each node of a file is read."""

from __future__ import annotations

import ast

from ..model import Span
from .index.facts import ModuleFacts
from .scopes import COMPREHENSIONS, FUNCTIONS
from .syntax import FileSyntax, span_of

_SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, *COMPREHENSIONS})


class ScopesOfNodes:
    def __init__(self, file: FileSyntax, facts: ModuleFacts) -> None:
        self._parents = file.parents
        self._numbers: dict[Span, int] = {s.span: number for number, s in enumerate(facts.scopes) if number}
        self._known: dict[ast.AST, int] = {}

    def of(self, node: ast.AST) -> int:
        """What stands before a function's body belongs to the scope around it, and so does what a
        comprehension goes through."""
        known, number, path = self._known, 0, []
        found = known.get(node)
        if found is not None:
            return found
        below = node
        while below not in known:
            path.append(below)
            above = self._parents.get(below)
            if above is None:
                break
            if (around := self._gone_through(above, below)) is not None:
                below = around
                continue
            if type(above) in _SCOPES and not _is_outside(above, below):
                found = self._numbers.get(span_of(above))
                if found is not None:
                    number = found
                    break
            below = above
        else:
            number = known[below]
        known.update(dict.fromkeys(path, number))
        return number

    def _gone_through(self, above: ast.AST, node: ast.AST) -> ast.AST | None:
        """The comprehension, where the node is what it goes through first."""
        if type(above) is not ast.comprehension or above.iter is not node:
            return None
        around = self._parents[above]
        return around if isinstance(around, COMPREHENSIONS) and around.generators[0] is above else None


def _is_outside(scope: ast.AST, child: ast.AST) -> bool:
    if isinstance(scope, (*FUNCTIONS, ast.ClassDef)):
        return child not in scope.body
    return isinstance(scope, ast.Lambda) and child is scope.args
