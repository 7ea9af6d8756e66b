"""Objects of a database session: reading an attribute of one may run a query, wherever it is done.

An attribute of a mapped object is loaded when it is first read (a relationship), or read after a commit:
https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#lazy-loading
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ....model import Span
from ...index.bindings import Binding, Import
from ...index.expr import Attr, Call, Const, Expr, last_name
from ...index.facts import CallSite
from ...link.infer import Inference
from ...link.kinds import Cls, Ext, Inst, Kinds, Member, Obj, one, ordered
from ...link.program import Key, Program
from ...link.values.data import MODELS

_BASES = (
    "sqlalchemy.orm.DeclarativeBase",
    "sqlalchemy.orm.DeclarativeBaseNoMeta",
    "peewee.Model",
    "django.db.models.Model",
)
_MARKS = ("__tablename__", "__table__", "__mapper_args__", "__abstract__")
_COLUMNS = ("Column", "mapped_column", "relationship")
_BY_NAME = frozenset({Ext("builtins.getattr"), Ext("builtins.hasattr")})
_TEMPLATES = frozenset(
    {
        Member("starlette.templating.Jinja2Templates", "TemplateResponse"),
        *(Member(owner, "render") for owner in ("jinja2.Template", "jinja2.environment.Template")),
    }
)
"""They read whatever they like of what is put into them, and run a query that they go through."""
_RELATIONSHIPS = ("relationship", "Relationship", "dynamic_loader")


class Mapped:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    @cached_property
    def classes(self) -> frozenset[Key]:
        return frozenset(cls for cls in self.program.classes() if self._is_mapped(cls))

    @cached_property
    def _attributes(self) -> frozenset[str]:
        """The names of all that can be loaded."""
        return frozenset(
            name
            for cls in self.classes
            for name in (*self.program.modules[cls.path].names[cls.scope], *self._kept(cls))
            if name[:2] != "__"
        )

    def _kept(self, cls: Key) -> Iterator[str]:
        """What the methods of a plain class keep, which its table has columns for."""
        if cls in self._imperative:
            for binding in self.program.modules[cls.path].facts.attributes:
                owner = self.program.owner_of(cls.path, binding.scope)
                if self.program.enclosing_class(owner) == cls:
                    yield binding.attr

    @cached_property
    def _relationships(self) -> frozenset[str]:
        return frozenset(
            name
            for cls in self.classes
            for name, found in self.program.modules[cls.path].names[cls.scope].items()
            if any(self._called(cls.path, binding) in _RELATIONSHIPS for binding in found)
        ) | {name for _, name, _ in self.inference.relations.behind}

    @cached_property
    def has_async_sessions(self) -> bool:
        """With sessions of both kinds, objects in an async function come from an async one, which loads
        nothing behind."""
        return any(
            isinstance(binding.value, Import) and binding.value.name in ("AsyncSession", "async_sessionmaker")
            for module in self.program.modules.values()
            if not module.facts.is_test
            for binding in module.facts.scopes[0].bindings
        )

    @cached_property
    def _imperative(self) -> frozenset[Key]:
        return frozenset(self.inference.relations.imperative.values())

    @cached_property
    def _declaring(self) -> frozenset[Key]:
        """Mixins with columns or relationships that functions give."""
        return frozenset(cls for cls, _, _ in self.inference.relations.declared)

    def _is_mapped(self, cls: Key) -> bool:
        classes = self.inference.classes
        if cls in self._imperative:
            return True
        if classes.is_a(cls, "sqlmodel.SQLModel"):
            return "table" in dict(self.program.scope(cls).keywords)
        if any(classes.is_a(cls, base) for base in _BASES):
            return True
        if cls in self._declaring:
            return True
        return any(
            isinstance(step, Key)
            and self._has_columns(self.program.modules[step.path].names[step.scope], step)
            for step in classes.mro(cls)
        )

    def _has_columns(self, names: object, cls: Key) -> bool:
        table: dict[str, tuple[Binding, ...]] = names  # type: ignore[assignment]
        if any(mark in table for mark in _MARKS):
            return True
        found = (binding for bindings in table.values() for binding in bindings)
        return any(self._called(cls.path, binding) in _COLUMNS for binding in found)

    def _called(self, path: str, binding: Binding) -> str:
        """The last name of what makes the value: `relationship` of `orm.relationship(..)`."""
        if not isinstance(binding.value, Call):
            return ""
        return last_name(self.program.modules[path].facts.calls[binding.value.index].func)

    def holds(self, kinds: Kinds, depth: int = 3) -> str | None:
        """The name of a mapped class of which the value is an object, or holds some."""
        for kind in ordered(kinds):
            if isinstance(kind, Obj) and kind.key in self.classes:
                return self.program.scope(kind.key).name
            if isinstance(kind, Inst) and depth:
                for inner in kind.args:
                    found = self.holds(inner, depth - 1)
                    if found:
                        return found
        return None

    def reads(self, function: Key) -> Iterator[tuple[Key, Span, str]]:
        """Scope, place and name of every attribute of a mapped object that the function reads, or hands to a
        library to read."""
        if not self.classes or (self.has_async_sessions and self.program.scope(function).is_async):
            return
        for scope, expr, span in self.program.modules[function.path].uses(function.scope):
            where = Key(function.path, scope)
            for attribute in _chain(expr):
                if attribute.attr in self._attributes:
                    name = self._is_object(self.inference.kinds(where, attribute.value, span.line))
                    if name:
                        yield function, span, f"{name}.{attribute.attr}"
                        break
        yield from self._replaced(function)
        for call, site in self.program.calls_of(function):
            where, callees = Key(call.path, site.scope), self.inference.callees(call)
            is_template = not _TEMPLATES.isdisjoint(callees)
            for argument in (*site.args, *(value for _, value in site.keywords)):
                kinds = self.inference.kinds(where, argument, site.span.line)
                name = self.holds(kinds) if is_template else self._is_object(kinds)
                if name and (
                    is_template or self._looks_inside(callees) or self._reads_by_name(site, callees)
                ):
                    yield function, site.span, f"the attributes of {name}"
                    break

    def _replaced(self, function: Key) -> Iterator[tuple[Key, Span, str]]:
        """`user.notes = []` compares with the notes that there were."""
        module = self.program.modules[function.path]
        for scope in module.frame(function.scope):
            for stored in module.attributes_by_scope.get(scope, ()):
                if stored.attr in self._relationships:
                    name = self._is_object(
                        self.inference.kinds(module.keys[scope], stored.target, stored.line)
                    )
                    if name:
                        yield function, Span(stored.line, 0, stored.line, 0), f"{name}.{stored.attr}"

    def _is_object(self, kinds: Kinds) -> str | None:
        return self.holds(frozenset(kind for kind in kinds if isinstance(kind, Obj)))

    def _looks_inside(self, callees: Kinds) -> bool:
        """Models and encoders read all attributes of what they are given."""
        for kind in callees:
            name = kind.name if isinstance(kind, Ext) else kind.attr if isinstance(kind, Member) else ""
            is_model = isinstance(kind, Member) and kind.owner in MODELS
            if (is_model and name == "validate") or name.rpartition(".")[2] in (
                "jsonable_encoder",
                "model_validate",
                "from_orm",
                "parse_obj",
                "dict",
                "vars",
            ):
                return True
            if (
                isinstance(kind, Cls)
                and kind.key not in self.classes
                and self.inference.classes.is_a(kind.key, "pydantic.BaseModel")
            ):
                return True
        return False

    def _reads_by_name(self, site: CallSite, callees: Kinds) -> bool:
        """`getattr(user, "notes")`, or with a name that is computed."""
        if not callees & _BY_NAME or len(site.args) < 2:
            return False
        word = site.args[1]
        return not isinstance(word, Const) or word.text in self._attributes


def _chain(expr: Expr) -> Iterator[Attr]:
    while isinstance(expr, Attr):
        yield expr
        expr = expr.value


def tells_of_object(inference: Inference, where: Key, site: CallSite, callees: Kinds) -> bool:
    """`inspect(self).mapper.column_attrs`, where `inspect(engine)` asks the database."""
    if callees != one(Ext("sqlalchemy.inspect")) or len(site.args) != 1:
        return False
    kinds = inference.kinds(where, site.args[0], site.span.line)
    return bool(kinds) and all(isinstance(kind, (Cls, Obj)) for kind in kinds)
