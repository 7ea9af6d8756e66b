"""What a response model reads from the objects that a handler returns."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ....analysis.link.kinds import Cls, Inst, Kinds, Obj, ordered
from ....analysis.link.libraries.responses import fields
from ....analysis.link.program import Key
from ....analysis.view import Views
from ..mapped.load_options import may_have_any_depth
from ..mapped.readers import Readers
from ..mapped.relationships import Path, Relationships
from .validators import read_by_validators

_DEPTH = 4
_INSIDE = 3


class Schemas:
    def __init__(self, views: Views, relationships: Relationships, *, old: bool) -> None:
        self.old = old
        self.readers = Readers(views, relationships, old=old)
        self.inference = views.inference
        self.program = views.inference.program
        self.relationships = relationships
        self._fields: dict[Obj, tuple[tuple[str, Kinds], ...]] = {}
        """One schema stands in many others."""
        self._paths: dict[tuple[Kinds, Kinds, int], tuple[tuple[Key, Path], ...]] = {}
        """What may be many things holds the same in each of them."""

    def reads(self, schema: Kinds, cls: Key) -> Iterator[Path]:
        """The lazy relationships of a mapped class that a schema (or a container of it) reads, with those
        behind them."""
        for kind in ordered(schema):
            if isinstance(kind, Inst):
                for inner in kind.args:
                    yield from self.reads(inner, cls)
            elif isinstance(kind, Obj):
                yield from self._of_model(kind, cls, ())

    def paths(self, kinds: Kinds, schema: Kinds, depth: int = 0) -> tuple[tuple[Key, Path], ...]:
        """What it reads of the objects in a value, with their classes."""
        memo = kinds, schema, depth
        if memo not in self._paths:
            self._paths[memo] = tuple(dict.fromkeys(self._find_paths(kinds, schema, depth)))
        return self._paths[memo]

    def _find_paths(self, kinds: Kinds, schema: Kinds, depth: int) -> Iterator[tuple[Key, Path]]:
        for kind in ordered(kinds):
            if isinstance(kind, Obj) and kind.key in self.relationships.mapped.classes:
                yield from ((kind.key, path) for path in self.reads(schema, kind.key))
            elif isinstance(kind, Inst) and kind.name == "builtins.tuple":
                yield from self.of_row(schema, frozenset(k for inner in kind.args for k in inner))
            elif isinstance(kind, Inst) and depth < _INSIDE:
                for inner in kind.args:
                    yield from self.paths(inner, schema, depth + 1)

    def endless(self, schema: Kinds, cls: Key, passed: frozenset[tuple[Key, Key]] = frozenset()) -> str:
        """The relationship by which a schema reads objects of its own kind again over other ones, or over
        two relationships: no number of options loads them all. Empty where it comes to an end."""
        for kind in ordered(schema):
            if isinstance(kind, Inst):
                found = next(filter(None, (self.endless(inner, cls, passed) for inner in kind.args)), "")
                if found:
                    return found
            elif isinstance(kind, Obj) and kind.key not in self.relationships.mapped.classes:
                for name, field in self._of(kind):
                    read = self.relationships.of(cls).get(name)
                    if read is None or read.target is None:
                        continue
                    if self._recurs(kind, cls) == name:
                        continue
                    above = passed | {(kind.key, cls)}
                    inner = {(k.key, read.target) for k in _models(field)}
                    if inner & above:
                        return name
                    if found := self.endless(field, read.target, above):
                        return found
        return ""

    def columns(
        self, schema: Kinds, cls: Key, passed: frozenset[tuple[Key, Key]] = frozenset()
    ) -> Iterator[tuple[Key, set[str]]]:
        """The names that a schema reads of a mapped class, and of those behind its relationships."""
        for kind in ordered(schema):
            if isinstance(kind, Inst):
                for inner in kind.args:
                    yield from self.columns(inner, cls, passed)
            elif isinstance(kind, Obj) and (kind.key, cls) not in passed:
                yield cls, {name for name, _ in self._of(kind)}
                for name, field in self._of(kind):
                    read = self.relationships.of(cls).get(name)
                    if read is not None and read.target is not None:
                        yield from self.columns(field, read.target, passed | {(kind.key, cls)})

    def fits(self, schema: Kinds, cls: Key) -> bool:
        """Does the class have every field that the schema (or what a container of it holds) asks for?"""
        for kind in ordered(schema):
            if isinstance(kind, Inst):
                return any(self.fits(inner, cls) for inner in kind.args)
            if isinstance(kind, Obj):
                wanted = {name for name, _ in self._of(kind)}
                known: set[str] = set(self.relationships.of(cls))
                for step in self.inference.classes.mro(cls):
                    if isinstance(step, Key):
                        known.update(self.program.modules[step.path].names[step.scope])
                return bool(wanted) and wanted <= known
        return False

    def of_row(self, schema: Kinds, row: Kinds) -> Iterator[tuple[Key, Path]]:
        """A row of several things is read by name: `Post: PostSchema` takes the object of class `Post`."""
        for kind in ordered(schema):
            if isinstance(kind, Inst):
                for inner in kind.args:
                    yield from self.of_row(inner, row)
            elif isinstance(kind, Obj):
                for name, field in self._of(kind):
                    for each in row:
                        if isinstance(each, Obj) and self.program.scope(each.key).name == name:
                            for path in self.reads(field, each.key):
                                yield each.key, path

    def _of(self, model: Obj) -> tuple[tuple[str, Kinds], ...]:
        if model not in self._fields:
            self._fields[model] = tuple(fields(self.inference, model))
        return self._fields[model]

    def _of_model(self, model: Obj, cls: Key, passed: tuple[Key, ...], without: str = "") -> Iterator[Path]:
        if model.key in self.relationships.mapped.classes or len(passed) > _DEPTH:
            return
        yield from read_by_validators(self.readers, model.key, cls)
        for name, field in self._of(model):
            found = self.relationships.of(cls).get(name) if name != without else None
            if found is None:
                yield from self.readers.paths(cls, name)
                continue
            if self._recurs(model, cls) == name:
                step = replace(found, to_any_depth=True)
                others = list(self._of_model(model, cls, passed, without=name))
                yield from ((step, *path) for path in others or [()])
                continue
            inner = list(self._inner(field, found.target, (*passed, cls))) if found.target is not None else []
            if found.loads_when_read or found.is_left_out(*passed):
                yield (found,)
            for path in inner:
                yield (found, *path)

    def _recurs(self, model: Obj, cls: Key) -> str:
        """The only relationship of a class with itself by which the model reads its own kind: `children:
        list["Node"]` is loaded to any depth, by a query for each. Releases before SQLAlchemy 2 cannot.
        https://docs.sqlalchemy.org/en/20/orm/queryguide/api.html#sqlalchemy.orm.selectinload.params.recursion_depth
        """
        found = [
            step
            for name, field in self._of(model)
            if (step := self.relationships.of(cls).get(name)) is not None
            and any(each.key == model.key for each in _models(field))
        ]
        if self.old or len(found) != 1 or len(set(_models(dict(self._of(model))[found[0].name]))) != 1:
            return ""
        return found[0].name if may_have_any_depth(found[0]) else ""

    def _inner(self, field: Kinds, target: Key, passed: tuple[Key, ...]) -> Iterator[Path]:
        for kind in ordered(field):
            if isinstance(kind, Inst):
                for inner in kind.args:
                    yield from self._inner(inner, target, passed)
            elif isinstance(kind, Obj):
                yield from self._of_model(kind, target, passed)


def _models(field: Kinds) -> Iterator[Obj]:
    for kind in field:
        if isinstance(kind, Inst):
            for inner in kind.args:
                yield from _models(inner)
        elif isinstance(kind, Obj):
            yield kind


__all__ = ["Cls", "Schemas"]
