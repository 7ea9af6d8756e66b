"""Calls that no line of the code shows: by a text, by reflection, or by a library that was handed the object.

queue.enqueue("app.cache.clean")                  inspect.getmembers(jobs)
import_module(name).run()                         logger.addFilter(noise)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from ...arguments import placed
from ...index.expr import Attr, Call, Const, Joined, Name
from ...link.kinds import Cls, Ext, Inst, Kind, Kinds, Member, Mod, Obj, describe
from ...link.program import CallKey, Key
from .by_text import LOADED, LOADS, QUOTED
from .callers import Callers

_WITH_ALL_OF_ITS_MODULE = "fire.Fire"
_ONLY_KEEP = ("builtins", "typing", "typing_extensions", "fastapi", "starlette", "functools", "contextvars",
              "dataclasses", "abc", "copy", "weakref", "asyncio")  # fmt: skip
_OF_STATEMENTS = re.compile(
    r"(?:sqlalchemy(?:\.orm|\.sql(?:\.expression)?)?|sqlmodel)\."
    r"(?:(?:Session|Query|Select|func)\.|"
    r"(?:\w+load|contains_eager|aliased|select|update|delete|insert|exists|and_|or_|not_|desc|asc|distinct)$)"
)
"""What a session or a statement is given it loads and writes, and calls nothing of its own accord."""
_READS_ITS_KEYS = "builtins.dict"
_TEXTS = (Const, Joined)
"""Neither is an object of a class of the project, nor holds one."""


class Unseen:
    def __init__(self, callers: Callers, read: Callable[[str], str], outside: Iterable[str]) -> None:
        """`outside` are the dotted names that stand in files around the code."""
        self.callers = callers
        self.inference = callers.inference
        self.program = callers.program
        self.read = read
        self.outside = outside
        self._whole: dict[str, bool] = {}
        """Files of which all functions may be called."""

    def may_call(self, function: Key) -> bool:
        if self._is_named(function) or self._is_got(function):
            return True
        cls = self.program.enclosing_class(function)
        if cls is not None:
            made = (cls, *self.inference.classes.subclasses.get(cls, ()))
            return (
                any(map(self._is_named, made))
                or any(isinstance(kind, Cls) and kind.key in made for kind in self._with_all_names)
                or self._is_handed_out(cls)
                or self._is_of_mapping(cls, function)
            )
        return self._may_call_all(function.path) or (
            self._loads_modules and any(self._calls_on_modules(function))
        )

    # by a text ----------------------------------------------------------------------------------------------

    @cached_property
    def _paths(self) -> Mapping[str, frozenset[str]]:
        """Last part of each dotted text -> all that stands before it; an empty text for what is computed."""
        found: dict[str, set[str]] = defaultdict(set)
        texts = (text for path in self.program.modules for text in QUOTED.findall(self.read(path)))
        for text in (*self.outside, *texts):
            *before, last = re.split("[.:]", text)
            found[last].update(before)
        return {last: frozenset(before) for last, before in found.items()}

    def _is_named(self, key: Key) -> bool:
        """`"app.cache:clean"`, or by any package above it, which may give the name on; a class so that its
        objects are made elsewhere: `"()": "app.log.NoiseFilter"`."""
        before = self._paths.get(self.program.scope(key).name, frozenset())
        home = self.program.modules[key.path].facts.module.split(".")
        return not before.isdisjoint(("", *home))

    # by reflection ------------------------------------------------------------------------------------------

    @cached_property
    def _loads_modules(self) -> bool:
        """Does the code import what it has the name of in a variable?"""
        return any(LOADS.search(self.read(path)) for path in self.program.modules)

    def _calls_on_modules(self, function: Key) -> Iterator[CallKey]:
        """`module.run()` of what was loaded, `sys.modules[name].run()`."""
        yield from self.callers.unresolved_namesakes(function)
        for call in self.program.calls_by_name.get(self.program.scope(function).name, ()):
            site = self.program.call(call)
            where = Key(call.path, site.scope)
            if isinstance(site.func, Attr) and LOADED in self.inference.kinds(
                where, site.func.value, site.span.line
            ):
                yield call

    def _is_got(self, function: Key) -> bool:
        """`getattr(thing, name)(..)`: any method where neither is known; where modules are loaded, any
        function."""
        if self.program.enclosing_class(function) is not None:
            return self._calls_anything
        return self._loads_modules and any(self.callers.lookups.of_unknown(self.program.scope(function).name))

    @cached_property
    def _calls_anything(self) -> bool:
        return any(self._is_called(call) for call in self.callers.lookups.of_unknown(""))

    def _is_called(self, got: CallKey) -> bool:
        facts, value = self.program.modules[got.path].facts, Call(got.index)
        names = {
            Name(binding.name)
            for binding in facts.scopes[self.program.call(got).scope].bindings
            if binding.value == value
        }
        return any(site.func == value or site.func in names for site in facts.calls)

    def _may_call_all(self, path: str) -> bool:
        if path not in self._whole:
            self._whole[path] = self._is_read_whole(path) or self._runs_all(path)
        return self._whole[path]

    def _is_read_whole(self, path: str) -> bool:
        """Is the module a value somewhere (`getmembers(jobs)`), or are its names read by `jobs.__dict__`?"""
        module = self.program.modules[path].facts.module
        last = module.rpartition(".")[2]
        for name in (last, *self.program.aliases.get(last, ())):
            if any(self._is_module(kind, module) for kind in self._read_as(name)):
                return True
        return any(self._is_module(kind, module) for kind in self._with_all_names)

    @cached_property
    def _with_all_names(self) -> frozenset[Kind]:
        """What has all of its names read: `jobs.__dict__`, `vars(Cache)`."""
        found = set(self._read_as("__dict__", owner=True))
        for call in self.program.calls_by_name.get("vars", ()):
            site = self.program.call(call)
            for value in site.args[:1]:
                found |= self.inference.kinds(Key(call.path, site.scope), value, site.span.line)
        return frozenset(found)

    def _read_as(self, name: str, *, owner: bool = False) -> Iterator[Kind]:
        """What a name is wherever it is read, tests apart, or what has an attribute of the name."""
        for path, number in self.program.references_by_name.get(name, ()):
            facts = self.program.modules[path].facts
            reference = facts.references[number]
            expr = reference.expr
            if owner and isinstance(expr, Attr):
                expr = expr.value
            if not facts.is_test:
                yield from self.inference.kinds(Key(path, reference.scope), expr, reference.span.line)

    def _is_module(self, kind: Kind, module: str) -> bool:
        return isinstance(kind, Mod) and kind.name == module

    def _runs_all(self, path: str) -> bool:
        """`fire.Fire()` makes a command of every function of the file."""
        return any(
            not site.args and Ext(_WITH_ALL_OF_ITS_MODULE) in self.inference.callees(CallKey(path, number))
            for number, site in enumerate(self.program.modules[path].facts.calls)
        )

    # by those who have the object ---------------------------------------------------------------------------

    def _is_of_mapping(self, cls: Key, function: Key) -> bool:
        """`{**settings}` asks for the keys."""
        is_keys = self.program.scope(function).name == "keys"
        return is_keys and self.inference.classes.method(cls, "__getitem__") is not None

    def _is_handed_out(self, cls: Key) -> bool:
        """Is an object of the class, or of one below it, or the class itself an argument of a library's
        function, or an attribute of a library's object? Both may call any method."""
        return cls in self._handed_out

    @cached_property
    def _handed_out(self) -> frozenset[Key]:
        classes = self.inference.classes
        keys = {key for kinds in self._given() for key in _classes(kinds)}
        return frozenset(step for key in keys for step in classes.mro(key) if isinstance(step, Key))

    def _given(self) -> Iterator[Kinds]:
        """What libraries get, tests apart."""
        for path, module in self.program.modules.items():
            if module.facts.is_test:
                continue
            for number, site in enumerate(module.facts.calls):
                values = [value for _, value in placed(site) if not isinstance(value, _TEXTS)]
                if values and any(map(_may_ask, self.inference.callees(CallKey(path, number)))):
                    where = Key(path, site.scope)
                    yield from (self.inference.kinds(where, value, site.span.line) for value in values)
            for set_ in module.facts.attributes:
                where = Key(path, set_.scope)
                if set_.value is not None and any(
                    map(_may_ask, self.inference.kinds(where, set_.target, set_.line))
                ):
                    yield self.inference.kinds(where, set_.value, set_.line)


def _may_ask(kind: Kind) -> bool:
    """Is it of a library that may call methods of what it gets? What an unknown function is given comes back
    to the code."""
    name = describe(kind)
    return isinstance(kind, (Ext, Member, Inst)) and (
        name == _READS_ITS_KEYS or not (name.partition(".")[0] in _ONLY_KEEP or _OF_STATEMENTS.match(name))
    )


def _classes(kinds: Kinds) -> Iterator[Key]:
    """Of the objects, and of those in containers."""
    for kind in kinds:
        if isinstance(kind, (Obj, Cls)):
            yield kind.key
        elif isinstance(kind, Inst):
            for inner in kind.args:
                yield from _classes(inner)
