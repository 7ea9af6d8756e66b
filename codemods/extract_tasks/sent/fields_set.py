"""Who asks which fields of a model were set: of one that a task makes anew from what arrives, all are.

def sync(patch: ContactPatch) -> None:
    requests.patch(f"{CRM}/{patch.id}", json=patch.model_dump(exclude_unset=True))
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ...analysis.judge.reaching.reach import FirstBelow, Reach
from ...analysis.link.program import Key
from ...analysis.scopes import own_nodes
from ...analysis.syntax import Syntax

_ASKS = frozenset({"model_fields_set", "__fields_set__"})
_LEAVES_OUT = "exclude_unset"
WORDS = "would have all its fields set, and {} asks which are"
HINT = "hand it what model_dump(exclude_unset=True) gives"


class FieldsSet:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self._program = reach.effects.program
        self._syntax = syntax
        self.asked_by = FirstBelow(reach, self._asks).of
        """The function that asks: this one, or one that it runs; empty for none."""

    def _asks(self, function: Key) -> str:
        scope = self._program.scope(function)
        node = self._syntax.file(function.path).function(scope.span)
        return f"{scope.name}()" if node is not None and asks_what_is_set(own_nodes(node)) else ""


def asks_what_is_set(nodes: Iterable[ast.AST]) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in _ASKS)
        or (isinstance(node, ast.keyword) and node.arg == _LEAVES_OUT and _may_be_true(node.value))
        for node in nodes
    )


def _may_be_true(value: ast.expr) -> bool:
    return not (isinstance(value, ast.Constant) and value.value is False)
