"""Where functions put another value into a place of the process.

language = word          with `global language`; `store.language = word`; `self.language = word`
setattr(settings, "language", word)
os.environ["LANG"] = word
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from ....analysis.index.expr import Attr, Call, Const, Expr, Item, Name, last_name
from ....analysis.link.program import CallKey, Key
from .made import Made
from .places import ENVIRONMENT, Place, Places
from .taken import taken


class Sets:
    """Outside of tests."""

    def __init__(self, places: Places, made: Made) -> None:
        self.program = places.program
        self.places = places
        self.made = made
        self.is_test = made.running.is_test

    def mention(self, name: str) -> bool:
        """May anything of that name be set? Quicker to tell than of which place it is."""
        by_name = (self._globals, self.program.attributes_by_name, self._by_text)
        return "" in self._by_text or any(name in table for table in by_name)

    def of(self, place: Place) -> Iterator[Key]:
        """The scopes that set it."""
        for key in self._globals.get(place.name, ()):
            if self.program.modules[key.path].facts.module == place.owner:
                yield key
        named = [
            (Key(path, binding.scope), binding.target)
            for path, binding in self.program.attributes_by_name.get(place.name, ())
        ]
        for key, target in (*named, *self._by_text.get(place.name, ()), *self._by_text.get("", ())):
            whole = Attr(target, place.name)
            if not self.made.is_new(key, whole) and place in self.places.set_by(key, whole):
                yield key
        if place.owner == ENVIRONMENT:
            yield from self._variables.get(place.name, ())

    def may_set(self, name: str) -> bool:
        """Does a function of that name set attributes of what it is given?"""
        return name in self._setters

    def is_set(self, call: CallKey, position: int | str) -> bool:
        """Does what is called set one of that argument?"""
        setters = self._setters[last_name(self.program.call(call).func)]
        return not setters.isdisjoint(taken(self.places.inference, call, position))

    @cached_property
    def _setters(self) -> Mapping[str, set[tuple[Key, str]]]:
        """Name of a function -> those of that name, each with a parameter of which it sets an attribute."""
        found: dict[str, set[tuple[Key, str]]] = defaultdict(set)
        for every in self.program.attributes_by_name.values():
            for path, binding in every:
                whole: Expr = binding.target
                while isinstance(whole, Attr):
                    whole = whole.value
                owner = self.program.owner_of(path, binding.scope)
                parameters = [each.name for each in self.program.scope(owner).parameters]
                if isinstance(whole, Name) and whole.id in parameters:
                    found[self.program.scope(owner).name].add((owner, whole.id))
        return found

    @cached_property
    def _by_text(self) -> Mapping[str, tuple[tuple[Key, Expr], ...]]:
        """`setattr(settings, "name", value)`; under no name what is set by any."""
        found: dict[str, list[tuple[Key, Expr]]] = defaultdict(list)
        for call in self.program.calls_by_name.get("setattr", ()):
            site = self.program.call(call)
            if len(site.args) == len(("object", "name", "value")) and not self.is_test(call.path):
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
            for name in self.places.environment.variables(key, expr) if not self.is_test(key.path) else ():
                found[name].append(key)
        return {name: tuple(keys) for name, keys in found.items()}

    @cached_property
    def _globals(self) -> Mapping[str, tuple[Key, ...]]:
        """Names that functions declare `global` and bind."""
        found: dict[str, list[Key]] = defaultdict(list)
        for path, module in self.program.modules.items():
            for number, scope in enumerate(module.facts.scopes if not self.is_test(path) else ()):
                for name in scope.globals if number else ():
                    if any(binding.name == name for binding in scope.bindings):
                        found[name].append(Key(path, number))
        return {name: tuple(keys) for name, keys in found.items()}
