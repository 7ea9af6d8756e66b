"""Where functions write into the memory of the process.

language = word                     with `global language`; `store.language = word`; `self.language = word`
TICKETS[number] = to                `TICKETS.append(to)`, by whatever name: `table = TICKETS`, `fill(TICKETS)`
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from ....analysis.index.bindings import How, Import, ScopeKind
from ....analysis.index.expr import Attr, Call, Const, Expr, Item, Name, last_name
from ....analysis.link import names
from ....analysis.link.constructed import at_construction
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Cls, Fn, Inst, Obj, may_be
from ....analysis.link.program import CallKey, Key
from .places import ENVIRONMENT, Place, Places

_OF_LISTS = ("append", "appendleft", "extend", "setdefault")
"""Methods that hardly anything but a list or a dict has; clients put, add, insert and update elsewhere."""
_FUNCTIONS = (ScopeKind.FUNCTION, ScopeKind.LAMBDA)


_DEPTH = 3
_MAKES = ("__init__", "__post_init__", "__new__", "model_post_init")


class _Fill(NamedTuple):
    by: Key
    """The scope that fills it."""
    where: Key
    target: Expr
    """What it is, as that scope calls it."""
    as_written: tuple[Key, Expr, str]
    """Where it is filled, under which name and by which method; empty for `x[key] = value`."""


class Write(NamedTuple):
    by: Key
    """The scope that writes."""
    fills: bool
    """Does it put something into what is there, or put another value in its place?"""


class Writes:
    def __init__(self, inference: Inference, places: Places) -> None:
        self.inference = inference
        self.program = inference.program
        self.places = places
        self._known: dict[Place, tuple[Write, ...]] = {}
        self._names: dict[str, bool] = {}
        self._callers: dict[Key, tuple[Key, ...]] = {}

    def of(self, place: Place) -> tuple[Write, ...]:
        """Outside of tests; what gives a new object its attributes is none."""
        if place not in self._known:
            self._known[place] = (*self._sets(place), *self._fills(place))
        return self._known[place]

    def mention(self, name: str) -> bool:
        """May anything of that name be written? Quicker to tell than of which place it is."""
        if name not in self._names:
            by_name = (self._globals, self.program.attributes_by_name, self._by_text)
            is_set = "" in self._by_text or any(name in table for table in by_name)
            self._names[name] = is_set or next(self._filled(name), None) is not None
        return self._names[name]

    def around(self, key: Key) -> Iterator[Key]:
        """The functions in which it stands, innermost first, itself included."""
        while key.scope:
            if self.program.scope(key).kind in _FUNCTIONS:
                yield key
            key = self.program.parent(key)

    def outermost(self, key: Key) -> Key | None:
        """The function or method at the top; None for what runs when the module is loaded."""
        return next(reversed([*self.around(key)]), None)

    def callers(self, function: Key) -> tuple[Key, ...]:
        """The scopes in which it is called, or decorates something; of tests as well."""
        if function not in self._callers:
            name = self.program.scope(function).name
            calls = self.program.calls_by_name.get(name, ())
            under = self.program.decorators_by_name.get(name, ())
            self._callers[function] = (
                *(
                    Key(call.path, self.program.call(call).scope)
                    for call in calls
                    if may_be(self.inference.callees(call), function)
                ),
                *(
                    self.program.parent(key)
                    for key in under
                    if may_be(self.inference.classes.decorators(key), function)
                ),
            )
        return self._callers[function]

    def _is_test(self, path: str) -> bool:
        return self.program.modules[path].facts.is_test

    # another value ----------------------------------------------------------------------------------------

    def _sets(self, place: Place) -> Iterator[Write]:
        for key in self._globals.get(place.name, ()):
            if self.program.modules[key.path].facts.module == place.owner:
                yield Write(key, fills=False)
        named = [
            (Key(path, binding.scope), binding.target)
            for path, binding in self.program.attributes_by_name.get(place.name, ())
        ]
        for key, target in (*named, *self._by_text.get(place.name, ()), *self._by_text.get("", ())):
            whole = Attr(target, place.name)
            if not self._is_new(key, whole) and place in self.places.set_by(key, whole):
                yield Write(key, fills=False)
        if place.owner == ENVIRONMENT:
            yield from (Write(key, fills=False) for key in self._variables.get(place.name, ()))

    @cached_property
    def _by_text(self) -> Mapping[str, tuple[tuple[Key, Expr], ...]]:
        """`setattr(settings, "name", value)`; under no name what is set by any."""
        found: dict[str, list[tuple[Key, Expr]]] = defaultdict(list)
        for call in self.program.calls_by_name.get("setattr", ()):
            site = self.program.call(call)
            if len(site.args) == len(("object", "name", "value")) and not self._is_test(call.path):
                key, (owner, name, _) = Key(call.path, site.scope), site.args
                text = name.text if isinstance(name, Const) else ""
                if text or self.places.of(key, owner):
                    found[text].append((key, owner))
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def _variables(self) -> Mapping[str, tuple[Key, ...]]:
        """Those of the environment that something sets."""
        set_by: list[tuple[Key, Expr]] = [
            (Key(path, store.scope), Item(store.target, store.key))
            for path, store in self.program.stores_by_name.get("environ", ())
        ]
        set_by += [
            (Key(call.path, self.program.call(call).scope), Call(call.index))
            for name in ("putenv", "setdefault", "update")
            for call in self.program.calls_by_name.get(name, ())
        ]
        found: dict[str, list[Key]] = defaultdict(list)
        for key, expr in set_by:
            for name in self.places.environment.variables(key, expr) if not self._is_test(key.path) else ():
                found[name].append(key)
        return {name: tuple(keys) for name, keys in found.items()}

    @cached_property
    def _globals(self) -> Mapping[str, tuple[Key, ...]]:
        """Names that functions declare `global` and bind."""
        found: dict[str, list[Key]] = defaultdict(list)
        for path, module in self.program.modules.items():
            for number, scope in enumerate(module.facts.scopes if not self._is_test(path) else ()):
                for name in scope.globals if number else ():
                    if any(binding.name == name for binding in scope.bindings):
                        found[name].append(Key(path, number))
        return {name: tuple(keys) for name, keys in found.items()}

    def _is_new(self, key: Key, target: Expr) -> bool:
        """What is put there while an object is made all objects have, and nobody else has what the function
        made itself."""
        outer = self.outermost(key)
        scope = self.program.scope(outer) if outer is not None else None
        root = _root(target)
        if scope is None or not isinstance(root, Name) or root == target:
            return False
        is_self = bool(scope.parameters) and root.id == scope.parameters[0].name
        return (is_self and self._constructs(outer, _DEPTH)) or self._is_made(key, root, _DEPTH)

    def _constructs(self, method: Key | None, depth: int) -> bool:
        """Does it run only while an object is made? As validators do, and what they and `__init__` call."""
        cls = self.program.enclosing_class(method) if method is not None and depth else None
        if method is None or cls is None:
            return False
        if self.program.scope(method).name in _MAKES or method in at_construction(self.inference, cls):
            return True
        callers = self.callers(method)
        return bool(callers) and all(self._constructs(self.outermost(each), depth - 1) for each in callers)

    def _is_made(self, key: Key, value: Expr | Import | None, depth: int) -> bool:
        """`Mailer()`, a name for it, and what a function gives that makes it."""
        if isinstance(value, Name):
            found = names.lookup(self.program, key, value.id)
            bound = (
                [b for b in found if b.binding.how is not How.ANNOTATION] if isinstance(found, list) else []
            )
            is_own = bool(bound) and all(b.home.scope and b.binding.how is How.ASSIGN for b in bound)
            return is_own and all(self._is_made(b.home, b.binding.value, depth) for b in bound)
        if not isinstance(value, Call) or not depth:
            return False
        callees = self.inference.callees(CallKey(key.path, value.index))
        return bool(callees) and all(
            isinstance(kind, Cls)
            or (
                isinstance(kind, Fn)
                and bool(self.program.scope(kind.key).returned)
                and all(self._is_made(kind.key, e, depth - 1) for e in self.program.scope(kind.key).returned)
            )
            for kind in callees
        )

    # what is put into it ----------------------------------------------------------------------------------

    def _fills(self, place: Place) -> Iterator[Write]:
        for fill in self._filled(place.name):
            is_there = not self._is_new(fill.by, fill.target) and self._is_container(fill)
            if is_there and place in self.places.of(fill.where, fill.target):
                yield Write(fill.by, fills=True)

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
            is_given = reference.call >= 0 and not self._is_test(path)
            if is_given and last_name(facts.calls[reference.call].func) in self._fillers:
                where = Key(path, reference.scope)
                for fill in self._by_taker(CallKey(path, reference.call), reference.position):
                    yield fill._replace(by=where, where=where, target=reference.expr)

    def _directly(self, name: str) -> Iterator[_Fill]:
        for call in self.program.growth_by_name.get(name, ()):
            func = self.program.call(call).func
            if isinstance(func, Attr) and not self._is_test(call.path):
                yield self._fill(Key(call.path, self.program.call(call).scope), func.value, func.attr)
        for path, store in self.program.stores_by_name.get(name, ()):
            if not self._is_test(path):
                yield self._fill(Key(path, store.scope), store.target)

    def _fill(self, key: Key, target: Expr, method: str = "") -> _Fill:
        held, _ = self.program.held_in(key.path, target)
        return _Fill(key, key, held or target, (key, held or target, method))

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
        for name in {*self.program.growth_by_name, *self.program.stores_by_name}:
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
        for kind in self.inference.callees(call):
            if isinstance(kind, Fn):
                parameters = [p.name for p in self.program.scope(kind.key).parameters][kind.bound :]
                taken = (
                    position if isinstance(position, str) else "".join(parameters[position : position + 1])
                )
                yield from (fill for fill in fillers.get(kind.key, ()) if fill.target == Name(taken))


def _root(expr: Expr) -> Expr:
    while isinstance(expr, (Attr, Item)):
        expr = expr.value
    return expr
