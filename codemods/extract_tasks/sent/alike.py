"""Types that look the same in JSON: of a value that is one of them, nobody can tell which it was.

def bill(to: str, amount: Decimal | str): ..      def feed(pet: Cat | Dog): ..
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import last_name
from ...model import Code
from ..sites import ValueKind
from ..words import WRITTEN_AS_LIST, WRITTEN_AS_TEXT
from .values import written_out

if TYPE_CHECKING:
    from .models import Models

_MADE_OF_FIELDS = (ValueKind.MODEL, ValueKind.DATACLASS)
_OF_AN_ENUM = frozenset({"str", "int"})


class Alike:
    def __init__(self, models: Models) -> None:
        self.models = models

    def in_annotation(self, annotation: Code, classes: Mapping[str, Key]) -> bool:
        """`classes`: those of the project that it names."""
        return any(self._are_alike(options, classes) for options in _unions(annotation))

    def with_any(self, cls: Key, others: Collection[Key]) -> bool:
        return any(self._may_be(cls, other) or self._may_be(other, cls) for other in others)

    def _are_alike(self, options: Collection[str], classes: Mapping[str, Key]) -> bool:
        own = {classes[name] for name in options if name in classes}
        enums = [each for each in own if self.models.kind(each) is ValueKind.SCALAR]
        texts = {name for name in options if name in WRITTEN_AS_TEXT and name not in classes}
        if enums and (texts or len(enums) > 1 or not _OF_AN_ENUM.isdisjoint(options)):
            return True
        lists = {name.lower() for name in options} & WRITTEN_AS_LIST
        return len(texts) > 1 or len(lists) > 1 or any(self.with_any(each, own - {each}) for each in own)

    def _may_be(self, cls: Key, other: Key) -> bool:
        """May what is written of the one be read as the other? That it has all its fields, or defaults for
        them, and no field says which it is."""
        if not {self.models.kind(cls), self.models.kind(other)} <= set(_MADE_OF_FIELDS):
            return False
        mine, others = dict(self._fields(cls)), dict(self._fields(other))
        if any(_is_literal(mine[name]) and _is_literal(others[name]) for name in mine.keys() & others.keys()):
            return False
        return mine.keys() <= others.keys() and all(
            each.value is not None for name, each in others.items() if name not in mine
        )

    def _fields(self, cls: Key) -> Iterator[tuple[str, ast.AnnAssign]]:
        for step in reversed(list(self.models.steps(cls))):
            for each in self.models.statements(step):
                if isinstance(each, ast.AnnAssign):
                    yield last_name(each.target), each


def is_read_as_text(name: str, wanted: Collection[str]) -> bool:
    """Is a value of this class, which is one of those that are wanted, read as the text that is, too?"""
    short = name.rpartition(".")[2]
    return name in wanted and name != "builtins.str" and "builtins.str" in wanted and short in WRITTEN_AS_TEXT


def _unions(annotation: Code) -> Iterator[list[str]]:
    try:
        tree = ast.parse(written_out(annotation), mode="eval")
    except SyntaxError:
        return
    for node in walk(tree):
        if isinstance(node, (ast.BinOp, ast.Subscript)):
            yield _options(node)


def _options(node: ast.expr) -> list[str]:
    """The alternatives of a union, by their last names."""
    if isinstance(node, ast.BinOp):
        return [*_options(node.left), *_options(node.right)]
    if isinstance(node, ast.Subscript) and last_name(node.value) in ("Union", "Optional"):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return [name for each in inner for name in _options(each)]
    return [last_name(node.value if isinstance(node, ast.Subscript) else node)]


def _is_literal(field: ast.AnnAssign) -> bool:
    return isinstance(field.annotation, ast.Subscript) and last_name(field.annotation.value) == "Literal"
