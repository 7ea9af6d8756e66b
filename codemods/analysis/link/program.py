"""All facts of a project under one roof: modules, functions and classes, found by key or by id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from ...catalogue import Catalogue
from ...model import ClassId, FunctionId, Location
from ..index.bindings import AttributeBinding, How, Import, Scope, ScopeKind
from ..index.expr import Attr, Call, Expr, Item, last_name
from ..index.facts import CallSite, ModuleFacts, Store
from .module import ELSEWHERE, FUNCTIONS, INLINE, CallKey, Key, Module
from .second_names import SecondNames

GROWS = (
    *("append", "add", "insert", "extend", "update", "setdefault", "appendleft", "put", "put_nowait"),
    "set",  # of a context variable
)
"""Methods of containers that put a value in."""

_NUMBER = re.compile(r"@\d+")


def unnumbered(name: str) -> str:
    """The name of a function without its number among several of one name, which any edit may change."""
    return _NUMBER.sub("", name)


class Program:
    """The linked facts of all files. Everything here is derived from `facts` and never changes."""

    def __init__(self, facts: Iterable[ModuleFacts], catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.modules: Mapping[str, Module] = {f.path: Module(f) for f in facts}
        self._ids: dict[Key, FunctionId] = {}
        self._second_names = SecondNames(self)
        self._by_name: dict[tuple[str, str], str] = {}
        self._roots_by_name: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.modules):
            f = self.modules[path].facts
            self._by_name.setdefault((f.root, f.module), path)
            self._roots_by_name[f.module].append(path)
        self._packages = {
            ".".join(f.module.split(".")[:length])
            for f in (module.facts for module in self.modules.values())
            for length in range(1, f.module.count(".") + 1)
        }

    # modules --------------------------------------------------------------------------------------------

    def module_path(self, name: str, near: str = "") -> str | None:
        """The file of a dotted module name; of several import roots the one of `near` wins."""
        if near and (path := self._by_name.get((self.modules[near].facts.root, name))):
            return path
        return next(iter(self._roots_by_name.get(name, ())), None)

    def is_package(self, name: str) -> bool:
        """Is `name` a package or namespace package of the project, `__init__.py` or not."""
        return name in self._packages or name in self._roots_by_name

    def absolute(self, imported: Import, path: str) -> str:
        """The dotted module that an import statement in `path` names."""
        facts = self.modules[path].facts
        if not imported.level:
            return self._second_names.module_of(imported, path)
        parts = facts.module.split(".") if facts.module else []
        keep = len(parts) - imported.level + (1 if facts.is_package else 0)
        base = parts[: max(keep, 0)]
        return ".".join([*base, *([imported.module] if imported.module else [])])

    # scopes ---------------------------------------------------------------------------------------------

    def scope(self, key: Key) -> Scope:
        return self.modules[key.path].facts.scopes[key.scope]

    def call(self, key: CallKey) -> CallSite:
        return self.modules[key.path].facts.calls[key.index]

    def calls_of(self, key: Key) -> Iterator[tuple[CallKey, CallSite]]:
        """The calls in a function's own frame in source order: comprehensions, but no nested functions."""
        module = self.modules[key.path]
        numbers = [n for scope in module.frame(key.scope) for n in module.calls_by_scope.get(scope, ())]
        for number in sorted(numbers):
            yield CallKey(key.path, number), module.facts.calls[number]

    def owner_of(self, path: str, scope: int) -> Key:
        module = self.modules[path]
        return module.keys[module.owner(scope)]

    def parent(self, key: Key) -> Key:
        return Key(key.path, self.scope(key).parent)

    def enclosing_class(self, key: Key) -> Key | None:
        """The class a function is a method of."""
        scope = self.scope(key)
        if scope.parent >= 0 and self.modules[key.path].facts.scopes[scope.parent].kind is ScopeKind.CLASS:
            return Key(key.path, scope.parent)
        return None

    def functions(self) -> Iterator[Key]:
        for path in sorted(self.modules):
            yield from self.functions_of(path)

    def functions_of(self, path: str) -> Iterator[Key]:
        module = self.modules[path]
        for key, scope in zip(module.keys, module.facts.scopes, strict=True):
            if scope.kind is ScopeKind.FUNCTION:
                yield key

    def classes(self) -> Iterator[Key]:
        for path in sorted(self.modules):
            yield from self.classes_of(path)

    def classes_of(self, path: str) -> Iterator[Key]:
        module = self.modules[path]
        for key, scope in zip(module.keys, module.facts.scopes, strict=True):
            if scope.kind is ScopeKind.CLASS:
                yield key

    # ids ------------------------------------------------------------------------------------------------

    def id(self, key: Key) -> FunctionId:
        if key not in self._ids:
            self._ids[key] = self._id(key)
        return self._ids[key]

    def _id(self, key: Key) -> FunctionId:
        facts = self.modules[key.path].facts
        prefix = facts.module
        if self._roots_by_name[facts.module][0] != key.path:
            prefix = key.path  # two modules of one name: the path tells them apart
        scope = facts.scopes[key.scope]
        twins = self._same_qualname[key.path].get(scope.qualname, ())
        # of several definitions the last one counts at run time; the others are numbered
        suffix = f"@{list(twins).index(key.scope) + 1}" if len(twins) > 1 and twins[-1] != key.scope else ""
        return FunctionId(f"{prefix}:{scope.qualname}{suffix}")

    def class_id(self, key: Key) -> ClassId:
        return ClassId(self.id(key))

    @cached_property
    def _same_qualname(self) -> Mapping[str, Mapping[str, Sequence[int]]]:
        tables: dict[str, dict[str, list[int]]] = {}
        for path, module in self.modules.items():
            table: dict[str, list[int]] = defaultdict(list)
            for number, scope in enumerate(module.facts.scopes):
                table[scope.qualname].append(number)
            tables[path] = table
        return tables

    @cached_property
    def _keys(self) -> Mapping[FunctionId, Key]:
        return {
            self.id(Key(path, number)): Key(path, number)
            for path, module in self.modules.items()
            for number in range(len(module.facts.scopes))
        }

    def key(self, function: FunctionId) -> Key | None:
        return self._keys.get(function)

    def location(self, key: Key) -> Location:
        span = self.scope(key).span
        return Location(key.path, span.line, span.col + 1)

    def call_location(self, key: CallKey) -> Location:
        span = self.call(key).span
        return Location(key.path, span.line, span.col + 1)

    # by simple name, for looking callers up ---------------------------------------------------------------

    @cached_property
    def calls_by_name(self) -> Mapping[str, tuple[CallKey, ...]]:
        """Last component of the callee as written -> calls; an empty text where it is no name."""
        table: dict[str, list[CallKey]] = defaultdict(list)
        for path in sorted(self.modules):
            for number, call in enumerate(self.modules[path].facts.calls):
                name = last_name(call.func)
                table[name].append(CallKey(path, number))
        return {name: tuple(found) for name, found in table.items()}

    @cached_property
    def calls_by_keyword(self) -> Mapping[str, tuple[CallKey, ...]]:
        """Name of an argument -> calls that give one; an empty text for `**` arguments."""
        table: dict[str, list[CallKey]] = defaultdict(list)
        for path in sorted(self.modules):
            for number, call in enumerate(self.modules[path].facts.calls):
                for word in {word for word, _ in call.keywords}:
                    table[word].append(CallKey(path, number))
        return {name: tuple(found) for name, found in table.items()}

    @cached_property
    def classes_by_base(self) -> Mapping[str, tuple[Key, ...]]:
        """Last component of a base as written -> classes over it."""
        table: dict[str, list[Key]] = defaultdict(list)
        for key in self.classes():
            for name in {last_name(base) for base in self.scope(key).bases}:
                table[name].append(key)
        return {name: tuple(found) for name, found in table.items()}

    @cached_property
    def references_by_name(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """Last component of a reference as written -> (path, number in `references`)."""
        table: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for path in sorted(self.modules):
            for number, reference in enumerate(self.modules[path].facts.references):
                name = last_name(reference.expr)
                if name:
                    table[name].append((path, number))
        return {name: tuple(found) for name, found in table.items()}

    @cached_property
    def attributes_by_name(self) -> Mapping[str, tuple[tuple[str, AttributeBinding], ...]]:
        """`x.attr = value` outside of tests: attribute -> (path, binding)."""
        table: dict[str, list[tuple[str, AttributeBinding]]] = defaultdict(list)
        for path in sorted(self.modules):
            if not self.modules[path].facts.is_test:
                for binding in self.modules[path].facts.attributes:
                    table[binding.attr].append((path, binding))
        return {name: tuple(found) for name, found in table.items()}

    def held_in(self, path: str, target: Expr | None) -> tuple[Expr | None, bool]:
        """`rows` of `rows[key]` and `rows.setdefault(key, [])`; is it another container than `target`?"""
        outer = target
        while True:
            func = self.modules[path].facts.calls[outer.index].func if isinstance(outer, Call) else None
            if isinstance(func, Attr) and func.attr == "setdefault":
                outer = func.value
            elif isinstance(outer, Item):
                outer = outer.value
            else:
                return outer, outer is not target

    @cached_property
    def stores_by_name(self) -> Mapping[str, tuple[tuple[str, Store], ...]]:
        """`x.name[key] = value`, `name[key][other] = value`: name of the container -> (path, store)."""
        table: dict[str, list[tuple[str, Store]]] = defaultdict(list)
        for path in sorted(self.modules):
            for store in self.modules[path].facts.stores:
                target, _ = self.held_in(path, store.target)
                name = last_name(target)
                if name:
                    table[name].append((path, store))
        return {name: tuple(found) for name, found in table.items()}

    @cached_property
    def growth_by_name(self) -> Mapping[str, tuple[CallKey, ...]]:
        """Calls such as `x.name.append(value)`: last component of what grows -> calls."""
        table: dict[str, list[CallKey]] = defaultdict(list)
        for method in GROWS:
            for call in self.calls_by_name.get(method, ()):
                value, _ = self.held_in(call.path, getattr(self.call(call).func, "value", None))
                name = last_name(value)
                if name:
                    table[name].append(call)
        return {name: tuple(found) for name, found in table.items()}

    @cached_property
    def methods(self) -> frozenset[str]:
        """Names of all functions that stand in a class."""
        return frozenset(
            scope.name
            for module in self.modules.values()
            for scope in module.facts.scopes
            if scope.kind is ScopeKind.FUNCTION
            and scope.parent >= 0
            and module.facts.scopes[scope.parent].kind is ScopeKind.CLASS
        )

    @cached_property
    def decorators_by_name(self) -> Mapping[str, tuple[Key, ...]]:
        """Last component of a decorator as written, its arguments taken off -> what it decorates."""
        table: dict[str, list[Key]] = defaultdict(list)
        for path in sorted(self.modules):
            facts = self.modules[path].facts
            for number, scope in enumerate(facts.scopes):
                for decorator in scope.decorators:
                    func = facts.calls[decorator.index].func if isinstance(decorator, Call) else decorator
                    name = last_name(func)
                    if name:
                        table[name].append(Key(path, number))
        return {name: tuple(found) for name, found in table.items()}

    @cached_property
    def imported_in(self) -> Mapping[str, frozenset[str]]:
        """Dotted name -> the files with an import of it, be it a module or what is in one."""
        table: dict[str, set[str]] = defaultdict(set)
        for path, module in self.modules.items():
            for value in (binding.value for scope in module.facts.scopes for binding in scope.bindings):
                if isinstance(value, Import):
                    for name in (self.absolute(value, path), f"{self.absolute(value, path)}.{value.name}"):
                        table[name].add(path)
        return {name: frozenset(paths) for name, paths in table.items()}

    @cached_property
    def aliases(self) -> Mapping[str, frozenset[str]]:
        """Imported name -> the names it is bound to somewhere (`from a import f as g`)."""
        table: dict[str, set[str]] = defaultdict(set)
        for module in self.modules.values():
            for scope in module.facts.scopes:
                for binding in scope.bindings:
                    if binding.how is How.IMPORT and isinstance(binding.value, Import):
                        imported = binding.value.name or binding.value.module.rpartition(".")[2]
                        if imported != binding.name:
                            table[imported].add(binding.name)
        return {name: frozenset(found) for name, found in table.items()}


__all__ = ["ELSEWHERE", "FUNCTIONS", "INLINE", "CallKey", "Key", "Module", "Program", "unnumbered"]
