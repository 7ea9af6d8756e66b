"""Functions read as values: by a library that calls them with what stands beside them, or by anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..index.bindings import ScopeKind
from ..index.expr import Lambda
from ..index.facts import CallSite, Reference, Use
from .kinds import NOTHING, Ext, Fn, Kind, Member, unknown
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

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
_METHODS = {"run_in_executor": 1, "submit": 0, "add_task": 0}
_OWNERS = ("asyncio.", "concurrent.futures.", "fastapi.", "starlette.background.")


class HandedOn:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def calls(self, key: Key) -> list[tuple[Key, CallSite]]:
        """Calls of the function that a library makes: where the arguments are read, and the call as if it
        stood there itself."""
        found = []
        is_test = self.program.modules[key.path].facts.is_test
        for path, reference in self._references(key) or ():
            if is_test or not self.program.modules[path].facts.is_test:  # what tests pass are doubles
                site = self._passed_on(path, reference)
                if site is not None and self.is_of(path, reference, key):
                    found.append((Key(path, site.scope), site))
        return found

    def _passed_on(self, path: str, reference: Reference) -> CallSite | None:
        if reference.call < 0 or not isinstance(reference.position, int):
            return None
        site = self.program.call(CallKey(path, reference.call))
        first = reference.position + 1
        kinds = self.inference.callees(CallKey(path, reference.call))
        if kinds and all(_position(kind) == reference.position for kind in kinds):
            return msgspec.structs.replace(site, args=site.args[first:])
        return None

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
            and not self._is_completed(path, reference, key)
            and self._passed_on(path, reference) is None
            and self.is_of(path, reference, key)
            for path, reference in found
        )

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
        return any(isinstance(kind, Fn) and kind.key == key for kind in kinds)


def _position(kind: Kind) -> int | None:
    if isinstance(kind, Ext):
        return _CALL_WITH_THE_REST.get(kind.name)
    if isinstance(kind, Member) and kind.owner.startswith(_OWNERS):
        return _METHODS.get(kind.attr)
    return None
