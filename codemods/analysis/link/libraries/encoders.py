"""What `json` asks for that which it cannot write itself, and what it hands over.

json.dumps(order, cls=Encoder)                 Encoder.default(order)
json.dumps({"order": order}, default=encode)   encode(order)

https://docs.python.org/3/library/json.html#json.JSONEncoder.default
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.expr import Attr, Expr, last_name
from ...index.facts import CallSite
from ..kinds import NOTHING, Cls, Inst, Kinds, Obj, may_be, one, ordered
from ..program import Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

_WRITERS = ("dumps", "dump")
_METHODS = ("encode", "iterencode")
_ENCODERS = ("json.JSONEncoder", "simplejson.JSONEncoder")
_TAKEN_APART = frozenset({"builtins.dict", "builtins.list", "builtins.tuple"})
_WRITTEN = frozenset({"builtins.bool", "builtins.float", "builtins.int", "builtins.str", "builtins.None"})


class Encoders:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def by_call(self, where: Key, site: CallSite) -> Iterator[Key]:
        """The `default` that runs in `json.dumps(.., cls=Encoder)` and `Encoder().encode(..)`; what is handed
        over as `default=` is seen as any function."""
        name, func = last_name(site.func), site.func
        if name in _WRITERS and (given := dict(site.keywords).get("cls")) is not None:
            kinds = self.inference.kinds(where, given, site.span.line)
            yield from self._defaults(kind.key for kind in ordered(kinds) if isinstance(kind, Cls))
        elif name in _METHODS and isinstance(func, Attr) and "default" in self.program.methods:
            kinds = self.inference.kinds(where, func.value, site.span.line)
            yield from self._defaults(kind.key for kind in ordered(kinds) if isinstance(kind, Obj))

    def _defaults(self, classes: Iterable[Key]) -> Iterator[Key]:
        for cls in classes:
            method = self.inference.classes.method(cls, "default") if self._is_encoder(cls) else None
            if method is not None:
                yield method

    def _is_encoder(self, cls: Key) -> bool:
        return any(self.inference.classes.is_a(cls, name) for name in _ENCODERS)

    def parameter(self, function: Key, position: int) -> Kinds:
        """What is handed to a function, or to the method of an encoder, that makes something of it."""
        cls = self.program.enclosing_class(function)
        name = self.program.scope(function).name
        if position != int(self.inference.classes.takes_self(function)):
            return NOTHING
        if cls is None or name != "default":
            named = self._by_function.get(name, ())
            found = [call for call, value in named if may_be(self._kinds(call, value), function)]
        else:
            found = list(self._by_encoder(cls)) if self._is_encoder(cls) else []
        return frozenset().union(*(self._unwritten(call) for call in found))

    def _by_encoder(self, cls: Key) -> Iterator[tuple[Key, CallSite]]:
        classes = {cls, *self.inference.classes.subclasses.get(cls, ())}
        for call, value in self._by_class:
            if any(isinstance(kind, Cls) and kind.key in classes for kind in self._kinds(call, value)):
                yield call
        for call in self._calls(_METHODS):
            func = call[1].func
            kinds = self._kinds(call, func.value) if isinstance(func, Attr) else NOTHING
            if any(isinstance(kind, Obj) and kind.key in classes for kind in kinds):
                yield call

    def _kinds(self, call: tuple[Key, CallSite], expr: Expr) -> Kinds:
        return self.inference.kinds(call[0], expr, call[1].span.line)

    def _unwritten(self, call: tuple[Key, CallSite]) -> Kinds:
        """What is in the first argument that JSON has no words for."""
        found: Kinds = NOTHING
        pending, seen = [*self._kinds(call, call[1].args[0])] if call[1].args else [], set()
        while pending:
            kind = pending.pop()
            if isinstance(kind, Inst) and kind.name in _TAKEN_APART:
                pending += [each for inner in kind.args for each in inner if each not in seen]
                seen.update(pending)
            elif not (isinstance(kind, Inst) and kind.name in _WRITTEN):
                found |= one(kind)
        return found

    @cached_property
    def _by_class(self) -> Sequence[tuple[tuple[Key, CallSite], Expr]]:
        return [(call, value) for call in self._calls(_WRITERS) for value in _given(call[1], "cls")]

    @cached_property
    def _by_function(self) -> Mapping[str, Sequence[tuple[tuple[Key, CallSite], Expr]]]:
        """By the name under which a function is handed over."""
        found: dict[str, list[tuple[tuple[Key, CallSite], Expr]]] = defaultdict(list)
        for call in self._calls(_WRITERS):
            for value in _given(call[1], "default"):
                if name := last_name(value):
                    found[name].append((call, value))
        return found

    def _calls(self, names: Iterable[str]) -> Iterator[tuple[Key, CallSite]]:
        for call in (each for name in names for each in self.program.calls_by_name.get(name, ())):
            site = self.program.call(call)
            yield Key(call.path, site.scope), site


def _given(site: CallSite, word: str) -> Iterator[Expr]:
    return (value for name, value in site.keywords if name == word)
