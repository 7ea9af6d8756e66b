"""Whether anybody sees that a number is an int, where its class says float: `0` in a mail that is `0.0` then.

f"{order.discount}"                       seen, as in `str(order)` and in `order.model_dump()`
f"{order.discount:.2f}"                   not seen, nor where something is reckoned with it
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ...analysis.link.kinds import Obj
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, last_name
from ...analysis.view import Views
from ..words import words

if TYPE_CHECKING:
    from .models import Models

_DUMPS = words("model_dump model_dump_json dict json")
_SHOWS = words("str repr print format vars asdict astuple jsonable_encoder dumps")
_RECKONS = words("round float abs min max sum isclose bool")
_RECKONED = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.AugAssign, ast.If, ast.IfExp, ast.While)
_AS_FLOAT = tuple("feEF%")


class Shown:
    def __init__(self, models: Models) -> None:
        self.models = models
        self.syntax = models.syntax
        self.program = models.program
        self.views = Views(models.inference, models.syntax)
        self.is_field = cache(self._is_field)
        """Does anything show this field of its objects as it is?"""
        self.is_whole = cache(self._is_whole)
        """Does anything show all that an object of the class holds?"""

    def _is_field(self, cls: Key, name: str) -> bool:
        return any(
            node.attr == name
            and isinstance(node.ctx, ast.Load)
            and _shows(file, node)
            and self._is_one(cls, file, node.value, or_unknown=True)
            for file, node in self._nodes(name)
            if isinstance(node, ast.Attribute)
        )

    def _is_whole(self, cls: Key) -> bool:
        for file, node in self._nodes(""):
            shown: list[ast.expr] = []
            if isinstance(node, ast.FormattedValue):
                shown = [node.value]
            elif isinstance(node, ast.Call) and last_name(node.func) in _SHOWS:
                shown = node.args
            elif isinstance(node, ast.Call) and last_name(node.func) in _DUMPS:
                is_kept = isinstance(node.func, ast.Attribute) and not _is_spread(file, node)
                shown = [node.func.value] if is_kept else []  # type: ignore[attr-defined]
            if any(self._is_one(cls, file, each) for each in shown):
                return True
        return False

    def _is_one(self, cls: Key, file: FileSyntax, node: ast.expr, *, or_unknown: bool = False) -> bool:
        kinds = self.views.of(file.path).kinds(node)
        if or_unknown and not (kinds and all(isinstance(kind, Obj) for kind in kinds)):
            return True
        return any(isinstance(kind, Obj) and cls in self.models.steps(kind.key) for kind in kinds)

    def _nodes(self, mentioned: str) -> Iterator[tuple[FileSyntax, ast.AST]]:
        for path, module in self.program.modules.items():
            file = self.syntax.file(path)
            if not module.facts.is_test and file.mentions(mentioned):
                yield from ((file, node) for node in walk(file.tree))


def _shows(file: FileSyntax, node: ast.AST) -> bool:
    above = file.parents[node]
    if isinstance(above, ast.FormattedValue):
        spec = above.format_spec.values[-1] if isinstance(above.format_spec, ast.JoinedStr) else None
        text = spec.value if isinstance(spec, ast.Constant) else ""
        return not str(text).endswith(_AS_FLOAT)
    if isinstance(above, ast.Call) and node is not above.func:
        return last_name(above.func) not in _RECKONS
    if isinstance(above, ast.keyword):
        call = file.parents[above]
        return not (
            isinstance(call, ast.Call) and last_name(call.func)[:1].isupper()
        )  # `Row(price=item.price)`
    return not isinstance(above, _RECKONED)


def _is_spread(file: FileSyntax, call: ast.Call) -> bool:
    """`Row(**order.model_dump())` makes another object."""
    above = file.parents[call]
    return isinstance(above, ast.keyword) and above.arg is None
