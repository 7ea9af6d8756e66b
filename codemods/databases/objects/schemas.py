"""What a response model reads from the objects that a handler returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...analysis.index.bindings import How
from ...analysis.index.expr import Call, Const, Expr
from ...analysis.link.kinds import Cls, Inst, Kinds, Obj, ordered
from ...analysis.link.names import Bound
from ...analysis.link.program import CallKey, Key
from ...analysis.view import Views
from .readers import Readers
from .relationships import Path, Relationships

_DEPTH = 4


class Schemas:
    def __init__(self, views: Views, relationships: Relationships) -> None:
        self.readers = Readers(views, relationships)
        self.inference = views.inference
        self.program = views.inference.program
        self.relationships = relationships

    def response_model(self, handler: Key) -> Kinds:
        """Of the route's decorator, else its return annotation: kinds of the value that is sent."""
        scope = self.program.scope(handler)
        parent = self.program.parent(handler)
        for decorator in scope.decorators:
            if isinstance(decorator, Call):
                given = dict(self.program.call(CallKey(handler.path, decorator.index)).keywords).get(
                    "response_model"
                )
                if given is not None:
                    return (
                        frozenset()
                        if isinstance(given, Const)
                        else self.inference.annotations.instances(parent, given)
                    )
        return (
            self.inference.annotations.instances(parent, scope.returns)
            if scope.returns is not None
            else frozenset()
        )

    def reads(self, schema: Kinds, cls: Key) -> Iterator[Path]:
        """The lazy relationships of a mapped class that a schema (or a container of it) reads, with those
        behind them."""
        for kind in ordered(schema):
            if isinstance(kind, Inst):
                for inner in kind.args:
                    yield from self.reads(inner, cls)
            elif isinstance(kind, Obj):
                yield from self._of_model(kind, cls, ())

    def fits(self, schema: Kinds, cls: Key) -> bool:
        """Does the class have every field that the schema (or what a container of it holds) asks for?"""
        for kind in schema:
            if isinstance(kind, Inst):
                return any(self.fits(inner, cls) for inner in kind.args)
            if isinstance(kind, Obj):
                wanted = {name for name, _ in self.fields(kind)}
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
                for name, field in self.fields(kind):
                    for each in row:
                        if isinstance(each, Obj) and self.program.scope(each.key).name == name:
                            for path in self.reads(field, each.key):
                                yield each.key, path

    def _of_model(self, model: Obj, cls: Key, passed: tuple[Key, ...]) -> Iterator[Path]:
        if model.key in self.relationships.mapped.classes or len(passed) > _DEPTH:
            return
        for name, field in self.fields(model):
            found = self.relationships.of(cls).get(name)
            if found is None:
                yield from self.readers.paths(cls, name)
                continue
            inner = list(self._inner(field, found.target, (*passed, cls))) if found.target is not None else []
            if found.loads_when_read or found.is_left_out(*passed):
                yield (found,)
            for path in inner:
                yield (found, *path)

    def _inner(self, field: Kinds, target: Key, passed: tuple[Key, ...]) -> Iterator[Path]:
        for kind in ordered(field):
            if isinstance(kind, Inst):
                for inner in kind.args:
                    yield from self._inner(inner, target, passed)
            elif isinstance(kind, Obj):
                yield from self._of_model(kind, target, passed)

    def fields(self, model: Obj) -> Iterator[tuple[str, Kinds]]:
        """Those of `Page[PostOut]` hold posts where the class says `list[T]`."""
        seen: set[str] = set()
        for step in self.inference.classes.mro(model.key):
            if not isinstance(step, Key):
                continue
            types = self.inference.classes.hierarchy.types(model.key, step, model.args)
            for name, bindings in self.program.modules[step.path].names[step.scope].items():
                for binding in bindings:
                    if binding.how is How.ANNOTATION and name not in seen and binding.value is not None:
                        seen.add(name)
                        yield name, self._field(step, name, binding.value, types)  # type: ignore[arg-type]

    def _field(self, cls: Key, name: str, annotation: Expr, types: Mapping[str, Kinds]) -> Kinds:
        """The annotation is read outside the class: a field `Post: Post` means the class of the module."""
        if getattr(annotation, "id", "") == name:
            return self.inference.annotations.instances(Key(cls.path, 0), annotation)
        kinds = self.inference.annotations.instances(cls, annotation, types)
        return kinds or self.inference.binding(
            Bound(cls, self.program.modules[cls.path].names[cls.scope][name][0])
        )


__all__ = ["Cls", "Schemas"]
