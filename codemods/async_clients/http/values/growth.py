"""What is put into a dict after it was made: by its name, by another name, by a function that gets it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from ....analysis.index.bindings import How, Import
from ....analysis.index.expr import Attr, Expr, Name
from ....analysis.index.facts import CallSite, Store
from ....analysis.link import names
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Fn, Mod
from ....analysis.link.program import CallKey, Key, Program

_ADDS = ("update", "setdefault")


class Growth:
    """The places in the whole program where something is put into a dict, by the name it has there."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    def stored(self, home: Key | None, name: str) -> Iterator[tuple[Key, Expr, Expr, int]]:
        """Keys and values of `name[key] = value`; those of any attribute `name` where `home` is None."""
        for key, store in self._stores.get(name, ()):
            if self._is(key, store.target, home, name):
                yield key, store.key, store.value, store.line

    def calls(self, home: Key | None, name: str) -> Iterator[tuple[Key, CallSite]]:
        """`name.update(...)`, `name.setdefault(...)`."""
        for key, target, site in self._adding.get(name, ()):
            if self._is(key, target, home, name):
                yield key, site

    def aliases(self, home: Key, name: str) -> Iterator[tuple[Key, str]]:
        """The other names of the same dict: `other = name`, and the parameter of a function that gets it."""
        for found in self.program.modules[home.path].names[home.scope].values():
            for binding in found:
                if binding.how is How.ASSIGN and binding.value == Name(name) and binding.name != name:
                    yield home, binding.name
        for call, position in self._handed.get((home.path, name), ()):
            site = self.program.call(call)
            if self._is(Key(call.path, site.scope), Name(name), home, name):
                for kind in self.inference.callees(call):
                    if isinstance(kind, Fn) and (parameter := self._parameter(kind, position)):
                        yield kind.key, parameter

    def _parameter(self, function: Fn, position: int | str) -> str:
        if isinstance(position, str):
            return position
        parameters = self.program.scope(function.key).parameters[int(function.bound) :]
        return parameters[position].name if position < len(parameters) else ""

    def _is(self, key: Key, target: Expr, home: Key | None, name: str) -> bool:
        """Does the name or attribute mean what `home` has under `name`?"""
        if home is None:
            return isinstance(target, Attr)
        if isinstance(target, Attr):
            kinds = self.inference.kinds(key, target.value) if home.scope == 0 else ()
            return any(
                isinstance(kind, Mod) and self.program.module_path(kind.name, kind.near) == home.path
                for kind in kinds
            )
        found = names.lookup(self.program, key, name)
        if isinstance(found, names.Parameter):
            return found.function == home
        return any(bound.home == home or self._imports(bound, home) for bound in found or ())

    def _imports(self, bound: names.Bound, home: Key) -> bool:
        value = bound.binding.value
        if not isinstance(value, Import):
            return False
        found = names.imported(self.program, value, bound.home.path)
        return isinstance(found, list) and any(inner.home == home for inner in found)

    @cached_property
    def _stores(self) -> Mapping[str, list[tuple[Key, Store]]]:
        found: dict[str, list[tuple[Key, Store]]] = defaultdict(list)
        for path, module in self.program.modules.items():
            for store in module.facts.stores:
                found[_name(store.target)].append((Key(path, store.scope), store))
        return found

    @cached_property
    def _adding(self) -> Mapping[str, list[tuple[Key, Expr, CallSite]]]:
        found: dict[str, list[tuple[Key, Expr, CallSite]]] = defaultdict(list)
        for method in _ADDS:
            for call in self.program.calls_by_name.get(method, ()):
                site = self.program.call(call)
                if isinstance(site.func, Attr):
                    entry = (Key(call.path, site.scope), site.func.value, site)
                    found[_name(site.func.value)].append(entry)
        return found

    @cached_property
    def _handed(self) -> Mapping[tuple[str, str], list[tuple[CallKey, int | str]]]:
        found: dict[tuple[str, str], list[tuple[CallKey, int | str]]] = defaultdict(list)
        for path, module in self.program.modules.items():
            for number, site in enumerate(module.facts.calls):
                given: list[tuple[int | str, Expr]] = [*enumerate(site.args), *site.keywords]
                for position, value in given:
                    if isinstance(value, Name):
                        found[path, value.id].append((CallKey(path, number), position))
        return found


def _name(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""
