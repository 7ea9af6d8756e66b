"""Where functions change what a container of the process holds, by whatever name.

TICKETS[number] = to         TICKETS.append(to)              TICKETS.pop(0)       del TICKETS[number]
table = TICKETS              table[number] = to              heappush(TICKETS, to)
fill(TICKETS, to)            a function that changes what it is given
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from ....analysis.index.bindings import How
from ....analysis.index.expr import Attr, Expr, Name, last_name
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Inst, Obj
from ....analysis.link.program import GROWS, CallKey, Key
from ...words import BUILTIN_CHANGES, CHANGE_FIRST, CHANGEABLE, CHANGING_METHODS, words
from .made import Made
from .places import Place, Places
from .taken import taken

_OF_LISTS = words(
    """append appendleft extend extendleft setdefault popitem popleft sort reverse rotate move_to_end"""
)
"""Methods that hardly anything but a list or a dict has; clients put, add, insert and update elsewhere."""


class _Fill(NamedTuple):
    by: Key
    """The scope that fills it."""
    where: Key
    target: Expr
    """What it is, as that scope calls it."""
    as_written: tuple[Key, Expr, str]
    """Where it is filled, under which name and by which method; empty for `x[key] = value` and what else only
    containers bear."""


class Fills:
    """Outside of tests."""

    def __init__(self, inference: Inference, places: Places, made: Made) -> None:
        self.inference = inference
        self.program = inference.program
        self.places = places
        self.made = made
        self.is_test = made.running.is_test

    def mention(self, name: str) -> bool:
        """May anything of that name be filled? Quicker to tell than of which place it is."""
        return next(self._filled(name), None) is not None

    def of(self, place: Place) -> Iterator[Key]:
        """The scopes that fill it."""
        for fill in self._filled(place.name):
            is_there = not self.made.is_new(fill.by, fill.target) and self._is_container(fill)
            if is_there and place in self.places.of(fill.where, fill.target):
                yield fill.by

    def _filled(self, name: str) -> Iterator[_Fill]:
        """Where anything of that name gets more, by whatever other name."""
        yield from self._directly(name)
        for key, alias in self._aliases.get(name, ()):
            for fill in self._directly(alias):
                owner = self.program.owner_of(fill.by.path, fill.by.scope)
                if fill.target == Name(alias) and owner == key:
                    yield fill
        for path, number in self.program.references_by_name.get(name, ()):
            facts = self.program.modules[path].facts
            reference = facts.references[number]
            is_given = reference.call >= 0 and not self.is_test(path)
            if is_given and last_name(facts.calls[reference.call].func) in self._fillers:
                where = Key(path, reference.scope)
                for fill in self._by_taker(CallKey(path, reference.call), reference.position):
                    yield fill._replace(by=where, where=where, target=reference.expr)

    def _directly(self, name: str) -> Iterator[_Fill]:
        yield from (fill for fill in self._changes.get(name, ()) if not self.is_test(fill.by.path))

    @cached_property
    def _changes(self) -> Mapping[str, tuple[_Fill, ...]]:
        """By the name of what is changed."""
        found: dict[str, list[_Fill]] = defaultdict(list)
        for key, target, method in (*self._by_methods(), *self._by_functions(), *self._by_items()):
            held, _ = self.program.held_in(key.path, target)
            if name := last_name(held):
                found[name].append(_Fill(key, key, held or target, (key, held or target, method)))
        return {name: tuple(fills) for name, fills in found.items()}

    def _by_methods(self) -> Iterator[tuple[Key, Expr, str]]:
        for method in sorted(CHANGING_METHODS.union(GROWS)):
            for call in self.program.calls_by_name.get(method, ()):
                site = self.program.call(call)
                if isinstance(site.func, Attr):
                    is_unbound = isinstance(site.func.value, Name) and site.func.value.id in CHANGEABLE
                    target = site.args[0] if is_unbound and site.args else site.func.value
                    yield Key(call.path, site.scope), target, "" if is_unbound else method

    def _by_functions(self) -> Iterator[tuple[Key, Expr, str]]:
        for function in sorted(CHANGE_FIRST - BUILTIN_CHANGES):
            for call in self.program.calls_by_name.get(function, ()):
                site = self.program.call(call)
                if site.args:
                    yield Key(call.path, site.scope), site.args[0], ""

    def _by_items(self) -> Iterator[tuple[Key, Expr, str]]:
        for path, module in self.program.modules.items():
            for implicit in module.facts.implicits:
                if implicit.kind in ("[]=", "del"):
                    yield Key(path, implicit.scope), implicit.expr, ""

    def _is_container(self, fill: _Fill) -> bool:
        """`box.add(..)` of an object of the project, or of a client, is what its class makes of it."""
        key, target, method = fill.as_written
        if not method:
            return True
        known = [k for k in self.inference.kinds(key, target) if isinstance(k, (Inst, Obj))]
        if not known:
            return method in _OF_LISTS
        return any(isinstance(k, Inst) and k.name.startswith(("builtins.", "collections.")) for k in known)

    @cached_property
    def _aliases(self) -> Mapping[str, tuple[tuple[Key, str], ...]]:
        """`TICKETS` of `table = store.TICKETS` -> the function, and what it calls it."""
        found: dict[str, list[tuple[Key, str]]] = defaultdict(list)
        for key in self.program.functions():
            for binding in self.program.scope(key).bindings:
                if binding.how is How.ASSIGN and isinstance(binding.value, (Name, Attr)) and not binding.path:
                    found[last_name(binding.value)].append((key, binding.name))
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def _fillers(self) -> Mapping[str, Mapping[Key, tuple[_Fill, ...]]]:
        """Functions that fill what they are given, by name."""
        found: dict[str, dict[Key, list[_Fill]]] = defaultdict(lambda: defaultdict(list))
        for name in self._changes:
            for fill in self._directly(name):
                owner = self.program.owner_of(fill.by.path, fill.by.scope)
                scope = self.program.scope(owner)
                if fill.target == Name(name) and any(p.name == name for p in scope.parameters):
                    found[scope.name][owner].append(fill)
        return {name: {key: tuple(fills) for key, fills in by.items()} for name, by in found.items()}

    def may_fill(self, name: str) -> bool:
        """Does a function of that name fill what it is given?"""
        return name in self._fillers

    def is_filled(self, call: CallKey, position: int | str) -> bool:
        """Does what is called fill that argument?"""
        return any(map(self._is_container, self._by_taker(call, position)))

    def _by_taker(self, call: CallKey, position: int | str) -> Iterator[_Fill]:
        """What the called functions do with that argument."""
        fillers = self._fillers[last_name(self.program.call(call).func)]
        for key, name in taken(self.inference, call, position):
            yield from (fill for fill in fillers.get(key, ()) if fill.target == Name(name))
