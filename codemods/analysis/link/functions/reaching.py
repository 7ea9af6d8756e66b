"""The calls of a function: by its name, those of variables that hold it, and of parameters it is given to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ...index.bindings import How
from ...index.expr import Starred
from ...index.facts import Reference, Use
from ..kinds import Cls, Fn, Kinds, Obj, Unknown, ordered
from ..program import CallKey, Key, Program
from .handed import MAX_REFERENCES, HandedOn

if TYPE_CHECKING:
    from ..infer import Inference

_MAX_CALL_SITES = 60
_MAX_WORDS = 12


class Reaching(NamedTuple):
    call: CallKey
    is_unbound: bool
    """Whether `self` is among the arguments."""


class ReachingCalls:
    def __init__(self, program: Program, inference: Inference, handed: HandedOn) -> None:
        self.program = program
        self.inference = inference
        self.handed = handed
        self._known: dict[Key, list[Reaching | Unknown]] = {}

    def of(self, key: Key) -> list[Reaching | Unknown]:
        """The calls that reach `key`, and the callees that may; asked for each of its parameters."""
        return self.inference.solver.compose(self._known, key, lambda: [*self._find(key)])

    def _find(self, key: Key) -> Iterator[Reaching | Unknown]:
        is_method, name = self.inference.classes.takes_self(key), self.program.scope(key).name
        for call in self._sites(key) or ():
            callees = self.inference.callees(call)
            if is_method and getattr(self.program.call(call).func, "attr", "") == name:
                yield from [kind for kind in ordered(callees) if isinstance(kind, Unknown)][:1]
            is_unbound = self._calls(callees, key)
            if is_unbound is not None:
                yield Reaching(call, is_unbound)

    def _sites(self, key: Key) -> list[CallKey] | None:
        """The calls that may reach `key`, by the names it is known under; None when there are too many."""
        scope = self.program.scope(key)
        cls = self.program.enclosing_class(key)
        words = self._words(key)
        if cls is not None and scope.name in ("__init__", "__call__", "__new__"):
            for each in (cls, *self.inference.classes.subclasses.get(cls, ())):
                words += [self.program.scope(each).name, *self._kept_as(each)]
            words.append("cls")
        is_test = self.program.modules[key.path].facts.is_test
        found: list[CallKey] = []
        nameless = 0
        for word in dict.fromkeys(words):
            for spelled in (word, *sorted(self.program.aliases.get(word, ()))):
                for call in self.program.calls_by_name.get(spelled, ()):
                    # what tests pass are doubles
                    if is_test or not self.program.modules[call.path].facts.is_test:
                        found.append(call)
                        nameless += not word
        if len(found) - nameless > _MAX_CALL_SITES and self._is_called_as_written(key):
            found = [*self._fitting(key, found)]
            nameless = 0
        return found if len(found) - nameless <= _MAX_CALL_SITES else None

    def _is_called_as_written(self, key: Key) -> bool:
        classes = self.inference.classes
        is_plain = classes.is_classmethod(key) or classes.is_static(key)
        return is_plain or not self.program.scope(key).decorators

    def _fitting(self, key: Key, calls: Iterable[CallKey]) -> Iterator[CallKey]:
        """Those that can be one of it, by the number and names of what they pass: `data.get("id")` is none of
        `get(db, key)`."""
        parameters = self.program.scope(key).parameters
        names, kinds = {each.name for each in parameters}, {each.kind for each in parameters}
        needed = sum(each.default is None and each.kind not in ("*", "**") for each in parameters)
        needed -= self.inference.classes.takes_self(key)
        most = len(parameters) if kinds.isdisjoint(("*", "**")) else None
        for call in calls:
            site = self.program.call(call)
            words = [word for word, _ in site.keywords]
            given = len(site.args) + len(words)
            is_open = not all(words) or any(isinstance(each, Starred) for each in site.args)
            is_named = "**" in kinds or names.issuperset(words)
            if is_open or (is_named and needed <= given and (most is None or given <= most)):
                yield call

    def _words(self, key: Key) -> list[str]:
        """The names a function goes by: its own, those of variables, and of parameters it is given to."""
        words = self.handed.own_names(key)
        for word in words:
            for path, number in self.program.references_by_name.get(word, ())[:MAX_REFERENCES]:
                reference = self.program.modules[path].facts.references[number]
                if reference.use & Use.DECORATOR or not self.handed.is_of(path, reference, key):
                    continue
                words += [each for each in self._taken_as(path, reference) if each not in words]
            if len(words) > _MAX_WORDS:
                break
        return [*words, ""]  # calls of what is no name: `make()(argument)`

    def _kept_as(self, cls: Key) -> Iterator[str]:
        """The names of variables, attributes and parameters that hold a class: `handler_class = Handler`."""
        for path, number in self.program.references_by_name.get(self.program.scope(cls).name, ())[
            :_MAX_WORDS
        ]:
            reference = self.program.modules[path].facts.references[number]
            names = [*self._taken_as(path, reference)]
            where = Key(path, reference.scope)
            if names and any(
                isinstance(kind, Cls) and kind.key == cls
                for kind in self.inference.kinds(where, reference.expr, reference.span.line)
            ):
                yield from names

    def _taken_as(self, path: str, reference: Reference) -> Iterator[str]:
        scope = self.program.modules[path].facts.scopes[reference.scope]
        for binding in scope.bindings:
            if binding.value == reference.expr and binding.how is How.ASSIGN:
                yield binding.name
        for stored in self.program.modules[path].attributes_by_scope.get(reference.scope, ()):
            if stored.value == reference.expr:
                yield stored.attr
        if reference.call < 0:
            return
        for kind in ordered(self.inference.callees(CallKey(path, reference.call))):
            function = kind.key if isinstance(kind, Fn) else None
            if isinstance(kind, Cls):
                function = self.inference.classes.method(kind.key, "__init__")
            if function is None:
                continue
            parameters = self.program.scope(function).parameters
            if isinstance(reference.position, str):
                yield reference.position
            else:
                shift = int(isinstance(kind, Cls) or (isinstance(kind, Fn) and kind.bound))
                if 0 <= reference.position + shift < len(parameters):
                    yield parameters[reference.position + shift].name

    def _calls(self, callees: Kinds, key: Key) -> bool | None:
        """Does a call reach `key`: True when `self` is among its arguments, None when it does not."""
        functions, classes, objects = _by_what_they_are(callees)
        if key in functions:
            return functions[key]
        method = self.inference.classes.method
        is_made = any(method(cls, "__init__") == key for cls in classes)
        return False if is_made or any(method(cls, "__call__") == key for cls in objects) else None


@lru_cache(maxsize=1 << 12)
def _by_what_they_are(callees: Kinds) -> tuple[dict[Key, bool], tuple[Key, ...], tuple[Key, ...]]:
    """Functions, with whether `self` is to be given, classes, and classes of objects."""
    return (
        {kind.key: not kind.bound for kind in ordered(callees) if isinstance(kind, Fn)},
        tuple(kind.key for kind in callees if isinstance(kind, Cls)),
        tuple(kind.key for kind in callees if isinstance(kind, Obj)),
    )
