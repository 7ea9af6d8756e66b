"""Who runs a function: the application at any time, or files when they are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ....analysis.index.bindings import ScopeKind
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import may_be
from ....analysis.link.program import Key

_FUNCTIONS = (ScopeKind.FUNCTION, ScopeKind.LAMBDA)


class Run(NamedTuple):
    late: bool
    """Does the application run it, when all is loaded?"""
    files: frozenset[str]
    """Those that run it when they are loaded."""


class Running:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program
        self._callers: dict[Key, tuple[Key, ...]] = {}
        self._runs: dict[Key, Run] = {}

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

    def of(self, function: Key) -> Run:
        """A handler is run by FastAPI alone; what only tests run never is."""
        if function not in self._runs:
            late, files, seen, stack = False, set[str](), {function}, [function]
            while stack:
                places = self.callers(stack.pop())
                late |= not places
                for place in places:
                    outer = self.outermost(place)
                    is_test = self.is_test(place.path)
                    if outer is None and not is_test:
                        files.add(place.path)
                    if outer is not None and not is_test and outer not in seen:
                        seen.add(outer)
                        stack.append(outer)
            self._runs[function] = Run(late, frozenset(files))
        return self._runs[function]

    def is_test(self, path: str) -> bool:
        return self.program.modules[path].facts.is_test
