"""Relationships of mapped classes that say what they lead to by name, and nothing of types.

    owner = relationship("User", backref="notes")    # note.owner is a User, user.notes a list of Notes

https://docs.sqlalchemy.org/en/20/orm/basic_relationships.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.bindings import How, Import
from ...index.expr import Attr, Call, Const, DictDisplay, Display, Expr, Item, last_name
from ...index.facts import CallSite
from ..kinds import Cls, Inst, Kinds, Obj, one, ordered, union
from ..program import CallKey, Key, Program
from .of_bases import is_of_base

if TYPE_CHECKING:
    from ..infer import Inference

MAKERS = ("relationship", "Relationship")
RELATED = "sqlalchemy.orm.RelationshipAttribute"
_MAPPED = "sqlalchemy.orm.Mapped"
_TABLES = ("__tablename__", "__table__")
_BASES = ("sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta", "sqlmodel.SQLModel")
_DECLARED = "declared_attr"
_QUERIES = ("dynamic", "write_only")
_MAPPING = ("map_imperatively", "mapper")


class Relations:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def made(self, site: CallSite, owner: Key) -> Kinds:
        """What `relationship(..)` makes for the class; it knows what objects have in its place."""
        says = dict(site.keywords)
        target = self._target(site, owner)
        if target is None or _text(says.get("lazy")) in _QUERIES:
            return one(Inst(RELATED))
        return one(Inst(RELATED, (self._value(owner, target, says),)))

    def behind_proxy(self, site: CallSite, owner: Key) -> Kinds:
        """What `association_proxy("links", "label")` gives: an attribute of each object on its way."""
        words = [_text(argument) for argument in site.args[:2]]
        if len(words) != 2 or not all(words):
            return one(Inst(RELATED))
        linked = self.inference.attributes.attribute(one(Obj(owner)), words[0])
        several = [kind for kind in linked if isinstance(kind, Inst) and kind.name == "builtins.list"]
        each = union([kind.args[0] for kind in several if kind.args]) or linked
        value = self.inference.attributes.attribute(
            frozenset(kind for kind in each if isinstance(kind, Obj)), words[1]
        )
        return one(Inst(RELATED, (one(Inst("builtins.list", (value,))) if several else value,)))

    def read(self, cls: Key, attr: str, found: Kinds) -> Kinds:
        """An attribute of an object of `cls`; `found` is what the classes have there."""
        if attr in self._backs:
            steps = self.inference.classes.mro(cls)
            found = union([value for on, value in self._backs[attr] if on in steps]) or found
        if not any(isinstance(kind, Inst) and kind.name == RELATED for kind in found):
            return found
        related = [kind for kind in found if isinstance(kind, Inst) and kind.name == RELATED and kind.args]
        return union([found.difference(related), *(kind.args[0] for kind in related)])

    def on_class(self, cls: Key, attr: str, found: Kinds) -> Kinds:
        """`User.name.desc()`, `User.team.has(..)` are parts of a query, also where the class says what its
        objects have there: `name: Mapped[str]`, `team: Mapped[Team] = relationship()`."""
        if any(isinstance(kind, Inst) and kind.name in (RELATED, _MAPPED) for kind in found):
            return found
        for step in self._own_bases(cls):
            for binding in self.program.modules[step.path].names[step.scope].get(attr, ()):
                made = self._call(step, binding.value) if binding.how is How.ASSIGN else None
                if made is not None and last_name(made.func) in MAKERS:
                    return one(Inst(RELATED, (found,)))
                is_said = binding.how is How.ANNOTATION and isinstance(binding.value, Item)
                if is_said and last_name(binding.value.value) == "Mapped":  # type: ignore[union-attr]
                    return one(Inst(_MAPPED))
        return (is_of_base(found) and self._of_tables(cls, attr)) or found

    def _of_tables(self, base: Key, attr: str) -> Kinds:
        """`self.model.id` where `model: type[Base]`: what the tables below have there."""
        below = self.inference.classes.subclasses.get(base, ())

        def found() -> Kinds:
            having = frozenset(Cls(cls) for cls in below if any(attr in names for names in self._names(cls)))
            return self.inference.attributes.attribute(having, attr)

        return self.inference.solver.solve(("of tables", base, attr), found)

    @cached_property
    def _backs(self) -> Mapping[str, list[tuple[Key, Kinds]]]:
        """By name: the class that a `backref` of another one puts it on, or an assignment behind it, and what
        its objects have there."""
        found: dict[str, list[tuple[Key, Kinds]]] = defaultdict(list)
        for cls, name, call in self.behind:
            says, target = dict(self.program.call(call).keywords), self.target(call)
            if target is not None and _text(says.get("lazy")) not in _QUERIES:
                found[name].append((cls, self._value(cls, target, says)))
        owners = {call: cls for cls, _, call in self.behind}
        for call in self.program.calls_by_name.get("relationship", ()):
            site = self.program.call(call)
            says, where = dict(site.keywords), Key(call.path, site.scope)
            back = says.get("backref")
            made = self._call(where, back)
            name = _text(made.args[0] if made is not None and made.args else back)
            options = dict(made.keywords) if made is not None else {}
            target = (self.target(call) or self._announced(call, where)) if name else None
            if target is not None and _text(options.get("lazy")) not in _QUERIES:
                options |= {word: says[word] for word in ("secondary",) if word in says}
                found[name].append((target, self._value(target, owners.get(call) or where, options)))
        return found

    @cached_property
    def behind(self) -> tuple[tuple[Key, str, CallKey], ...]:
        """Class, name and call of each `User.notes = relationship("Note")` behind the class, of those that
        `map_imperatively(User, users, properties={"notes": relationship(Note)})` puts on it, and of those
        that are declared by functions."""
        found = [made for made in self.declared if last_name(self.program.call(made[2]).func) in MAKERS]
        for mapping, cls in sorted(self.imperative.items()):
            properties = dict(self.program.call(mapping).keywords).get("properties")
            for word, value in _items(properties):
                call = CallKey(mapping.path, value.index) if isinstance(value, Call) else None
                if call is not None and last_name(self.program.call(call).func) in MAKERS:
                    found.append((cls, _text(word), call))
        for path, module in sorted(self.program.modules.items()):
            for stored in module.facts.attributes:
                if not isinstance(stored.value, Call):
                    continue
                call = CallKey(path, stored.value.index)
                if last_name(self.program.call(call).func) in MAKERS:
                    kinds = self.inference.kinds(Key(path, stored.scope), stored.target, stored.line)
                    found += [
                        (kind.key, stored.attr, call) for kind in ordered(kinds) if isinstance(kind, Cls)
                    ]
        return tuple(found)

    @cached_property
    def declared(self) -> tuple[tuple[Key, str, CallKey], ...]:
        """Class, name and call of what the functions of a mixin give, once for each class below it.

        @declared_attr
        def owner(cls): return relationship("User")

        https://docs.sqlalchemy.org/en/20/orm/declarative_mixins.html#mixing-in-relationships
        """
        return tuple(
            (cls, name, CallKey(cls.path, value.index))
            for cls in self.program.classes()
            for name, bindings in self.program.modules[cls.path].names[cls.scope].items()
            for binding in bindings
            if binding.how is How.DEF
            for scope in (self.program.scope(Key(cls.path, binding.scope)),)
            if any(map(_declares, scope.decorators))
            for value in scope.returned
            if isinstance(value, Call)
        )

    @cached_property
    def imperative(self) -> Mapping[CallKey, Key]:
        """Each call that maps a plain class to a table, with the class.

        https://docs.sqlalchemy.org/en/20/orm/mapping_styles.html#imperative-mapping
        """
        found: dict[CallKey, Key] = {}
        for call in (each for name in _MAPPING for each in self.program.calls_by_name.get(name, ())):
            site = self.program.call(call)
            if len(site.args) < 2:
                continue
            kinds = self.inference.kinds(Key(call.path, site.scope), site.args[0], site.span.line)
            classes = [kind.key for kind in kinds if isinstance(kind, Cls)]
            if len(classes) == 1:
                found[call] = classes[0]
        return found

    def target(self, call: CallKey) -> Key | None:
        """What a `relationship(..)` behind its class leads to; it may name a mapper."""
        site = self.program.call(call)
        where = Key(call.path, site.scope)
        first = site.args[0] if site.args else dict(site.keywords).get("argument")
        for binding in self.program.modules[call.path].names[where.scope].get(last_name(first), ()):
            made = CallKey(call.path, binding.value.index) if isinstance(binding.value, Call) else None
            if made is not None and made in self.imperative:
                return self.imperative[made]
        return self._target(site, where)

    def _announced(self, call: CallKey, owner: Key) -> Key | None:
        """The only class that the type names: `tags: Mapped[list["Tag"]] = relationship(backref="posts")`."""
        bindings = self.program.scope(owner).bindings
        names = {binding.name for binding in bindings if binding.value == Call(call.index)}
        said = (b.value for b in bindings if b.name in names and b.how is How.ANNOTATION)
        written = (each for each in said if not isinstance(each, Import))
        kinds = union([self.inference.annotations.instances(owner, each) for each in written])
        while inner := [part for kind in kinds if isinstance(kind, Inst) for part in kind.args]:
            kinds = union([kinds.difference(kind for kind in kinds if isinstance(kind, Inst)), *inner])
        classes = [kind.key for kind in kinds if isinstance(kind, Obj)]
        return classes[0] if len(classes) == 1 else None

    def _target(self, site: CallSite, owner: Key) -> Key | None:
        first = site.args[0] if site.args else dict(site.keywords).get("argument")
        if isinstance(first, Const):
            named = [
                cls for cls in self._named.get(_text(first).rpartition(".")[2], ()) if self._has_table(cls)
            ]
            return named[0] if len(named) == 1 else None
        found = self.inference.kinds(owner, first, site.span.line) if first is not None else frozenset()
        classes = [kind.key for kind in found if isinstance(kind, Cls)]
        return classes[0] if len(classes) == len(found) == 1 else None

    @cached_property
    def _named(self) -> Mapping[str, list[Key]]:
        found: dict[str, list[Key]] = defaultdict(list)
        for cls in self.program.classes():
            found[self.program.scope(cls).name].append(cls)
        return found

    def are_mapped(self, kinds: Kinds) -> bool:
        """Are they classes that have columns, of their own or as what all of these are derived from?"""
        is_a = self.inference.classes.is_a
        return bool(kinds) and all(
            isinstance(kind, Cls)
            and (self._has_table(kind.key) or any(is_a(kind.key, base) for base in _BASES))
            for kind in kinds
        )

    def _has_table(self, cls: Key) -> bool:
        is_named = any(word in table for table in self._names(cls) for word in _TABLES)
        return is_named or cls in self.imperative.values()

    def _names(self, cls: Key) -> Iterator[Mapping[str, object]]:
        return (self.program.modules[step.path].names[step.scope] for step in self._own_bases(cls))

    def _own_bases(self, cls: Key) -> list[Key]:
        """The class, and those of its bases that the project has."""
        return [step for step in self.inference.classes.mro(cls) if isinstance(step, Key)]

    def _value(self, owner: Key, target: Key, says: Mapping[str, Expr]) -> Kinds:
        """One object or a list of them, by who holds the foreign key; both where that is not seen."""
        single = one(Obj(target))
        several = one(Inst("builtins.list", (single,)))
        if says.get("uselist") == Const("bool", number=0):
            return single
        if "secondary" in says:
            return several
        if owner == target:
            return several if self._names_keys(owner, says.get("remote_side")) else single
        here, there = self._points(owner, target), self._points(target, owner)
        return single | several if here == there else single if here else several

    def _points(self, cls: Key, target: Key) -> bool:
        """Has the class a foreign key to the table of the other?"""
        name = self.program.scope(target).name
        tables = {name, name.lower(), f"{name.lower()}s"}
        for binding in self.program.modules[target.path].names[target.scope].get("__tablename__", ()):
            tables.add(_text(binding.value))
        return any(key.rpartition(".")[0].rpartition(".")[2] in tables for _, key in self._foreign_keys(cls))

    def _names_keys(self, cls: Key, remote: Expr | None) -> bool:
        """Whether the far side of a tree, if any is said, holds the keys: those are the children."""
        columns = remote.items if isinstance(remote, Display) else [remote]
        names = {last_name(each) or _text(each).strip("[]").rpartition(".")[2] for each in columns if each}
        return not names or any(name in names for name, _ in self._foreign_keys(cls))

    def _foreign_keys(self, cls: Key) -> Iterator[tuple[str, str]]:
        """The column, and `users.id` of `Column(Integer, ForeignKey("users.id"))`, `User.id` of
        `ForeignKey(User.id)`."""
        for step in self._own_bases(cls):
            bound = [(binding.name, binding.value) for binding in self.program.scope(step).bindings]
            declared = [(name, Call(call.index)) for owner, name, call in self.declared if owner == step]
            for column_name, value in (*bound, *declared):
                column = self._call(step, value)
                for argument in column.args if column is not None else ():
                    key = self._call(step, argument)
                    if key is not None and key.args and last_name(key.func) == "ForeignKey":
                        first = key.args[0]
                        owner = last_name(first.value) if isinstance(first, Attr) else ""
                        key_of = f"{owner}.{first.attr}" if isinstance(first, Attr) else _text(first)
                        yield column_name, key_of

    def _call(self, where: Key, expr: object) -> CallSite | None:
        return self.program.call(CallKey(where.path, expr.index)) if isinstance(expr, Call) else None


def _declares(decorator: Expr) -> bool:
    """`@declared_attr`, `@declared_attr.directive`"""
    return _DECLARED in (last_name(decorator), last_name(getattr(decorator, "value", decorator)))


def _items(properties: Expr | None) -> Iterator[tuple[Expr, Expr]]:
    if isinstance(properties, DictDisplay):
        yield from zip(properties.keys, properties.values, strict=True)


def _text(expr: object) -> str:
    return expr.text if isinstance(expr, Const) else ""
