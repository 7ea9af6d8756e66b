"""Objects of a class that derives from the one that is written down: what it adds is lost on the way.

def find(name: str) -> Item:              items: list[Item] = [Book(name="a", author="b")]
    return Book(name=name, author="x")
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ...analysis.index.bindings import How, ScopeKind
from ...analysis.index.expr import Binary, Const, Expr, Item, last_name
from ...analysis.link.functions.parameters import arguments_for
from ...analysis.link.kinds import Fn, Inst, Kinds, Obj
from ...analysis.link.program import Key
from ..sites import ValueKind

if TYPE_CHECKING:
    from .models import Models

_DEPTH = 3
_WORD = re.compile(r"\w+")
_Place = tuple[Key, int]
"""A function, and the number of its parameter; -1 for what it returns, -2 for its names."""
_RETURNED, _NAMES = -1, -2


class Subclasses:
    def __init__(self, models: Models) -> None:
        self.models = models
        self.program = models.program
        self.inference = models.inference
        self.under = cache(self._under)
        """Where an object of a class below stands for one of this class; in words, empty for nowhere."""

    def _under(self, cls: Key) -> str:
        below = set(filter(self._is_sent, self.models.classes.subclasses.get(cls, ())))
        if not below:
            return ""
        name = self.program.scope(cls).name
        for key, place in self._annotated.get(name, ()):
            for given, line in self._given(key, place, cls):
                found = below & set(_objects(given, _DEPTH))
                if found:
                    word = self.program.scope(min(found)).name
                    return f"may be of the class {word} ({key.path}:{line}), and would arrive as {name}"
        return ""

    def _is_sent(self, cls: Key) -> bool:
        return self.models.kind(cls) in (ValueKind.MODEL, ValueKind.DATACLASS)

    def _given(self, key: Key, place: int, cls: Key) -> Iterator[tuple[Kinds, int]]:
        """What comes where this class is written down."""
        scope = self.program.scope(key)
        if place == _RETURNED:
            if self._says(key, scope.returns, cls):
                for value in scope.returned:
                    yield self.inference.kinds(key, value, scope.span.end_line), scope.span.line
        elif place == _NAMES:
            said = [each for each in scope.bindings if each.how is How.ANNOTATION]
            lines = {each.name: each.line for each in said if self._says(key, each.value, cls)}  # type: ignore[arg-type]
            for each in scope.bindings:
                if each.name in lines and each.how is How.ASSIGN and isinstance(each.value, Expr):
                    yield self.inference.kinds(key, each.value, each.line), each.line
        elif self._says(key, scope.parameters[place].annotation, cls):
            for call in self.program.calls_by_name.get(scope.name, ()):
                if self.program.modules[call.path].facts.is_test:
                    continue
                site = self.program.call(call)
                callees = (k for k in self.inference.callees(call) if isinstance(k, Fn) and k.key == key)
                for callee in callees:
                    reads = Key(call.path, site.scope)
                    for value in arguments_for(site, scope, place, int(callee.bound)):
                        yield self.inference.kinds(reads, value, site.span.line), site.span.line

    def _says(self, key: Key, annotation: Expr | None, cls: Key) -> bool:
        return cls in _objects(self.inference.annotations.instances(key, annotation), _DEPTH)

    @cached_property
    def _annotated(self) -> Mapping[str, tuple[_Place, ...]]:
        """Name in an annotation -> where it stands."""
        table: dict[str, dict[_Place, None]] = defaultdict(dict)
        for module in self.program.modules.values():
            if module.facts.is_test:
                continue
            for key, scope in zip(module.keys, module.facts.scopes, strict=True):
                if scope.kind is not ScopeKind.FUNCTION:
                    continue
                found = [(_RETURNED, scope.returns)]
                found += [(number, each.annotation) for number, each in enumerate(scope.parameters)]
                found += [(_NAMES, b.value) for b in scope.bindings if b.how is How.ANNOTATION]  # type: ignore[misc]
                for place, annotation in found:
                    for word in names_in(annotation):
                        table[word][key, place] = None
        return {name: tuple(places) for name, places in table.items()}


def _objects(kinds: Kinds, depth: int) -> Iterator[Key]:
    for kind in kinds:
        if isinstance(kind, Obj):
            yield kind.key
        elif isinstance(kind, Inst) and depth:
            for inner in kind.args:
                yield from _objects(inner, depth - 1)


def names_in(expr: Expr | None) -> frozenset[str]:
    """The names in an annotation."""
    if isinstance(expr, Const):
        return frozenset(expr.text.replace("[", " ").replace("]", " ").replace("|", " ").split()) | {
            expr.type
        }
    if isinstance(expr, Item):
        return names_in(expr.value) | names_in(expr.key)
    if isinstance(expr, Binary):
        return names_in(expr.left) | names_in(expr.right)
    return frozenset({last_name(expr)}).union(*map(names_in, getattr(expr, "items", ())))
