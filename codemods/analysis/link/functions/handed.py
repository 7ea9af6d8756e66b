"""Functions read as values: by a library that calls them with what stands beside them, or with each item of
it, or by anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ...index.bindings import ScopeKind
from ...index.expr import Attr, Expr, Lambda, Opaque
from ...index.facts import CallSite, Reference, Use
from ..kinds import NOTHING, Ext, Inst, Kind, Kinds, Member, describe, may_be, ordered, union, unknown
from ..program import CallKey, Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

MAX_REFERENCES = 200
_CALL_WITH_THE_REST = {
    # where the function stands; what follows it are its arguments
    "starlette.concurrency.run_in_threadpool": 0,
    "fastapi.concurrency.run_in_threadpool": 0,
    "asyncio.to_thread": 0,
    "anyio.to_thread.run_sync": 0,
    "anyio.from_thread.run": 0,
    "anyio.from_thread.run_sync": 0,
    "anyio.run": 0,
    "starlette.background.BackgroundTask": 0,
}
_APPLY = {
    "builtins.map", "builtins.filter", "itertools.takewhile", "itertools.dropwhile", "itertools.filterfalse",
    "concurrent.futures.Executor.map", "functools.reduce",
}  # fmt: skip
_BY_KEY = {"builtins.sorted", "builtins.min", "builtins.max", "itertools.groupby", "builtins.list.sort"}
_METHODS = {"run_in_executor": 1, "submit": 0, "add_task": 0}
_OWNERS = ("asyncio.", "concurrent.futures.", "fastapi.", "starlette.background.")


class PassedOn(NamedTuple):
    """A call that a library makes."""

    scope: Key
    """Where its arguments are read."""
    site: CallSite
    """As if it stood there itself."""
    item_by_item: bool
    """It is called with each item of its arguments."""


class HandedOn:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self._known: dict[tuple[str, int, int | str], PassedOn | None] = {}

    def calls(self, key: Key) -> list[PassedOn]:
        """Calls of the function that a library makes."""
        found = []
        is_test = self.program.modules[key.path].facts.is_test
        for path, reference in self._references(key) or ():
            if is_test or not self.program.modules[path].facts.is_test:  # what tests pass are doubles
                call = self._passed_on(path, reference)
                if call is not None and self.is_of(path, reference, key):
                    found.append(call)
        return found

    def _passed_on(self, path: str, reference: Reference) -> PassedOn | None:
        number, position = reference.call, reference.position
        if number < 0:
            return None
        place, call = (path, number, position), CallKey(path, number)
        compose = self.inference.solver.compose
        return compose(self._known, place, lambda: self._passed_on_by(call, position))

    def _passed_on_by(self, call: CallKey, position: int | str) -> PassedOn | None:
        site, kinds = self.program.call(call), self.inference.callees(call)
        items = self.items(call, position)
        if items:
            site = msgspec.structs.replace(site, args=items, keywords=())
            return PassedOn(Key(call.path, site.scope), site, True)
        if position == 0 and self._handed(kinds):
            first = msgspec.structs.replace(site, args=(Opaque(), *site.args[1:]))
            return PassedOn(Key(call.path, site.scope), first, False)
        if calls_with_the_rest(kinds, position):
            rest = msgspec.structs.replace(site, args=site.args[int(position) + 1 :])
            return PassedOn(Key(call.path, site.scope), rest, False)
        return None

    def filled(self, key: Key, position: int) -> Kinds:
        """What libraries hand to the function themselves: the transaction that it works in."""
        if position != int(self.inference.classes.takes_self(key)):
            return NOTHING
        return union(
            [
                self._handed(self.inference.callees(CallKey(path, reference.call)))
                for path, reference in self._references(key) or ()
                if reference.call >= 0 and reference.position == 0 and self.is_of(path, reference, key)
            ]
        )

    def _handed(self, kinds: Kinds) -> Kinds:
        names = {self.program.catalogue.handed(describe(kind)) for kind in kinds if isinstance(kind, Member)}
        return frozenset(Inst(name) for name in names if name is not None)

    def items(self, call: CallKey, position: int | str) -> tuple[Expr, ...]:
        """Whose items the function at this place among the arguments is called with: of the rows in
        `map(f, rows)` and `sorted(rows, key=f)`."""
        site = self.program.call(call)
        for kind in ordered(self.inference.callees(call)):
            name = describe(kind) if isinstance(kind, (Ext, Member)) else ""
            if name in _APPLY and position == 0:
                return site.args[1:2] * 2 if name == "functools.reduce" else site.args[1:]
            if name in _BY_KEY and position == "key":
                return (
                    (site.func.value,) if isinstance(site.func, Attr) and kind != Ext(name) else site.args[:1]
                )
        return ()

    def escapes(self, key: Key) -> bool:
        """Is the function read as a value somewhere, so that its callers cannot all be seen?"""
        answer = lambda: unknown("handed on") if self._is_read(key) else NOTHING  # noqa: E731
        return bool(self.inference.solver.solve(("escapes", key), answer))

    def _is_read(self, key: Key) -> bool:
        found = self._references(key)
        if found is None:
            return True
        return any(
            not reference.use & Use.DECORATOR
            and not self._is_marked(path, reference)
            and not self._is_completed(path, reference, key)
            and self._passed_on(path, reference) is None
            and self.is_of(path, reference, key)
            for path, reference in found
        )

    def _is_marked(self, path: str, reference: Reference) -> bool:
        """`orders.create.return_value = order`: something is set on it, and nobody gets it."""
        stored = self.program.modules[path].attributes_by_scope.get(reference.scope, ())
        line, expr = reference.span.line, reference.expr
        return any(each.line == line and each.target == expr for each in stored)

    def _is_completed(self, path: str, reference: Reference, key: Key) -> bool:
        """`return partial(decorator, ...)` in a decorator: what it stands on is known all the same."""
        return (
            reference.call >= 0
            and self.program.owner_of(path, reference.scope) == key
            and Ext("functools.partial") in self.inference.callees(CallKey(path, reference.call))
            and self.inference.decorators.is_decorator(key)
        )

    def _references(self, key: Key) -> list[tuple[str, Reference]] | None:
        """Values under one of its names; None when it has none, or there are too many."""
        own = self.own_names(key)
        words = [each for name in own for each in (name, *self.program.aliases.get(name, ()))]
        found = [each for word in words for each in self.program.references_by_name.get(word, ())]
        if not own or len(found) > MAX_REFERENCES:
            return None
        return [(path, self.program.modules[path].facts.references[number]) for path, number in found]

    def own_names(self, key: Key) -> list[str]:
        """The name of a function; those that a lambda is bound to."""
        scope = self.program.scope(key)
        if scope.kind is ScopeKind.FUNCTION:
            return [scope.name]
        parent = self.program.scope(self.program.parent(key))
        return [b.name for b in parent.bindings if b.value == Lambda(key.scope)]

    def is_of(self, path: str, reference: Reference, key: Key) -> bool:
        """Is it this function that is read there?"""
        kinds = self.inference.kinds(Key(path, reference.scope), reference.expr, reference.span.line)
        return may_be(kinds, key)


def calls_with_the_rest(kinds: Kinds, position: int | str) -> bool:
    """Does a library call what stands at this place of its arguments, with those that follow?"""
    return bool(kinds) and all(_position(kind) == position for kind in kinds)


def _position(kind: Kind) -> int | None:
    if isinstance(kind, Ext):
        return _CALL_WITH_THE_REST.get(kind.name)
    if isinstance(kind, Member) and kind.owner.startswith(_OWNERS):
        return _METHODS.get(kind.attr)
    return None
