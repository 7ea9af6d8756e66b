"""Functions that are looked up by their names: `getattr(x, "name")`, `globals()["name"]`, or with all others
of their class: `inspect.getmembers(x)`, `vars(cls).items()`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from ...index.bindings import How
from ...index.expr import Attr, Call, Const, Expr, Name
from ...link import names
from ...link.classes.proxies import behind, forwards
from ...link.infer import Inference
from ...link.kinds import Cls, Kind, Kinds, Mod, Obj, Vars, is_known, may_be, ordered, union
from ...link.program import CallKey, Key, Program
from ...link.words import Texts
from .members import Found, Members
from .registering import registers
from .spellings import means, spellings

_LOOKS_UP = ("get", "pop")
_COLUMNS = ("columns", "c", "column_attrs")
_OF_COLUMNS = ("name", "key")
_BY_TEXT = ("methodcaller", "attrgetter", "__getattribute__")


class _Got(NamedTuple):
    """A call of `getattr`: the objects that it asks, and the names."""

    call: CallKey
    owners: Kinds
    names: Texts


class Lookups:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self.members = Members(inference)
        self._registered: dict[Key, bool] = {}
        self._holders: dict[Key, frozenset[Key] | None] = {}

    def of(self, function: Key) -> Iterator[Found]:
        """The look-ups that may give `function`; a computed name may be that of any plain function there."""
        name, place = self.program.scope(function).name, self.program.call_location
        for word in _BY_TEXT:
            for call in self.program.calls_by_name.get(word, ()):
                if any(isinstance(a, Const) and a.text == name for a in self.program.call(call).args):
                    yield Found(place(call), None)
        for got in self._that_may_ask(function, name):
            if self._may_give(got, function, name):
                yield self.members.found(got.call)
        for call, path in self._namespaces:
            if self._is_in_namespace(call, path, function):
                yield Found(place(call), None)
        yield from self.members.taken(function, self._has)

    def of_unknown(self, name: str) -> Iterator[CallKey]:
        """Look-ups in what nobody knows, of the name or of one that is computed."""
        for got in self._got:
            if not is_known(got.owners) and (got.names is None or name in got.names):
                yield got.call

    def of_name(self, name: str) -> Iterator[CallKey]:
        """Look-ups of the name, in whatever it is."""
        for got in self._got:
            if got.names is not None and name in got.names:
                yield got.call

    @cached_property
    def _got(self) -> Sequence[_Got]:
        """But for what a proxy forwards: those who read an attribute of one are asked themselves."""
        found: list[_Got] = []
        for call in self.program.calls_by_name.get("getattr", ()):
            site = self.program.call(call)
            if len(site.args) < 2 or forwards(self.program, call):
                continue
            where, line = Key(call.path, site.scope), site.span.line
            if self._is_column(where, site.args[1], line):
                continue
            owners = self._with_inner(self.inference.kinds(where, site.args[0], line))
            found.append(_Got(call, owners, self.inference.words.of(where, site.args[1], line)))
        return found

    def _that_may_ask(self, function: Key, name: str) -> Iterator[_Got]:
        """Those of the name, and those of a computed one in what may have the function: large programs have
        thousands of others."""
        home, holders = self.program.modules[function.path].facts.module, self._holders_of(function)
        owners: Iterable[Key | str] = (*(self._computed if holders is None else holders), home)
        numbers = {*self._named.get(name, ()), *(n for each in owners for n in self._computed.get(each, ()))}
        return (self._got[number] for number in sorted(numbers))

    @cached_property
    def _named(self) -> Mapping[str, Sequence[int]]:
        """Name -> where in `_got` it is looked up."""
        found = defaultdict[str, list[int]](list)
        for number, got in enumerate(self._got):
            for name in got.names or ():
                found[name].append(number)
        return found

    @cached_property
    def _computed(self) -> Mapping[Key | str, Sequence[int]]:
        """Class or module -> where in `_got` a computed name is looked up in it."""
        found = defaultdict[Key | str, list[int]](list)
        for number, got in enumerate(self._got):
            for owner in got.owners if got.names is None else ():
                if isinstance(owner, (Obj, Cls)):
                    for cls in self.inference.classes.line(owner.key):
                        found[cls].append(number)
                elif isinstance(owner, Mod):
                    found[owner.name].append(number)
        return found

    def _is_column(self, where: Key, name: Expr, line: int) -> bool:
        """`getattr(self, c.name) for c in self.__table__.columns`: no function is called so."""
        each = name.value if isinstance(name, Attr) and name.attr in _OF_COLUMNS else None
        found = names.lookup(self.program, where, each.id, line) if isinstance(each, Name) else None
        return isinstance(found, list) and all(
            bound.binding.how is How.FOR
            and isinstance(bound.binding.value, Attr)
            and bound.binding.value.attr in _COLUMNS
            for bound in found
        )

    def _with_inner(self, owners: Kinds) -> Kinds:
        """The objects, and those behind them if they are proxies."""
        found = owners
        while owners:
            owners = union([behind(self.inference, kind) for kind in ordered(owners)]) - found
            found |= owners
        return found

    def _may_give(self, got: _Got, function: Key, name: str) -> bool:
        if got.names is None:
            return any(self._has(kind, function) for kind in got.owners)
        if name not in got.names:
            return False
        if may_be(self.inference.call_result(got.call), function):
            return True
        return not is_known(got.owners) and self.program.enclosing_class(function) is not None

    def _has(self, owner: Kind, function: Key) -> bool:
        if isinstance(owner, (Obj, Cls)):
            if not self._may_have(owner.key, function) or self._is_registered(function):
                return False  # a handler is not called by reflection
            found = self.inference.classes.instance_attribute(owner.key, self.program.scope(function).name)
            return may_be(found, function)
        home = self.program.modules[function.path].facts.module
        return isinstance(owner, Mod) and owner.name == home and self._is_plain(function)

    def _may_have(self, cls: Key, function: Key) -> bool:
        """Seen at a glance: most classes have nothing of this name, or define another method under it."""
        holders = self._holders_of(function)
        return holders is None or not holders.isdisjoint(self.inference.classes.line(cls))

    def _holders_of(self, function: Key) -> frozenset[Key] | None:
        if function not in self._holders:
            self._holders[function] = self._holding(function)
        return self._holders[function]

    def _holding(self, function: Key) -> frozenset[Key] | None:
        """The classes whose bodies may bind the function to its name; None where objects get it set."""
        name, classes = self.program.scope(function).name, self.inference.classes
        if name in self._set:
            return None
        return frozenset(
            cls
            for cls in classes.binding.get(name, ())
            if not all(
                each.how is How.DEF and self._is_another(Key(cls.path, each.scope), function)
                for each in self.program.modules[cls.path].names[cls.scope][name]
            )
        )

    @cached_property
    def _set(self) -> frozenset[str]:
        """What is written as `x.name = ..` anywhere."""
        modules = self.program.modules.values()
        return frozenset(binding.attr for module in modules for binding in module.facts.attributes)

    def _is_another(self, method: Key, function: Key) -> bool:
        """Without a decorator, which might give anything."""
        return method != function and not self.program.scope(method).decorators

    def _is_registered(self, function: Key) -> bool:
        if function not in self._registered:
            scope = self.program.scope(function)
            self._registered[function] = any(
                registers(self.inference, self.program.parent(function), each, scope.span.line)
                for each in scope.decorators
            )
        return self._registered[function]

    def _is_plain(self, function: Key) -> bool:
        scope = self.program.scope(function)
        return scope.parent == 0 and not scope.decorators

    @cached_property
    def _namespaces(self) -> Sequence[tuple[CallKey, str]]:
        """The calls of `globals()` and `vars(module)`, each with the file of the module."""
        return [
            (call, path)
            for word in ("globals", "vars")
            for call in self.program.calls_by_name.get(word, ())
            for kind in ordered(self.inference.call_result(call))
            if isinstance(kind, Vars) and isinstance(kind.owner, Mod)
            if (path := self.program.module_path(kind.owner.name, kind.owner.near)) is not None
        ]

    def _is_in_namespace(self, call: CallKey, path: str, function: Key) -> bool:
        """Does the namespace of the file hold it, and can what is taken out be it?"""
        held = {
            name for name in spellings(self.program, function) if means(self.inference, path, name, function)
        }
        texts = self._taken_out(call) if held else ()
        return any(each & held if each is not None else self._is_plain(function) for each in texts)

    def _taken_out(self, call: CallKey) -> Iterator[Texts]:
        """The names that are read from the dictionary; None where it is handed on, or a name is computed."""
        facts, value = self.program.modules[call.path].facts, Call(call.index)
        line = self.program.call(call).span.line
        is_seen = False
        for implicit in facts.implicits:
            if implicit.expr == value and implicit.kind == "[]" and implicit.right is not None:
                is_seen = True
                yield self.inference.words.of(Key(call.path, implicit.scope), implicit.right, line)
            elif value in (implicit.expr, implicit.right) and implicit.kind in ("in", "[]=", "del"):
                is_seen = True
        for site in facts.calls:
            if isinstance(site.func, Attr) and site.func.value == value and site.func.attr in _LOOKS_UP:
                is_seen = True
                key: Expr = site.args[0]
                yield self.inference.words.of(Key(call.path, site.scope), key, line)
        if not is_seen:
            yield None
