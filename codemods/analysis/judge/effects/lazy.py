"""What a call gives that does its work later: generators, `map`, objects that are read piece by piece."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from ...index.expr import Expr, last_name
from ...link.decorators.standing import entered
from ...link.infer import Inference
from ...link.kinds import CONTEXT, GENERATOR, Ext, Fn, Inst, Kinds, Unknown, is_lazy_function
from ...link.program import CallKey, Key, Program
from ...link.values.asked import VIEWS
from .site import Site

_KEEPS = {"enter_context", "push", "callback", "defaultdict"}
"""They call what they are given, or something of it, at another time."""
_STREAMS = {"stream", "iterator", "chunksize"}
"""Keywords that make of the result something to be read bit by bit."""
_DEEP = 3


class Given(str, Enum):
    """When the work of a call is done."""

    VALUE = "at once"
    PERHAPS_LAZY = "perhaps when the result is iterated"
    """A class outside the project of which nobody knows how it is read."""
    GENERATOR = "when the result is iterated, and nothing before"
    LAZY = "when the result is iterated, too"
    MANAGER = "when something is entered, left or looked up"


def latest(found: Collection[Given]) -> Given:
    """Of several that may be called at one place."""
    if Given.GENERATOR in found and len(set(found)) > 1:
        return max(*found, Given.LAZY, key=list(Given).index)
    return max(found, key=list(Given).index, default=Given.VALUE)


class Laziness:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self._held: dict[tuple[Kinds, int], Given] = {}

    def of(self, site: Site) -> Given:
        if site.call is None:
            return Given.VALUE
        if any(
            isinstance(kind, Ext) and is_lazy_function(kind.name)
            for kind in self.inference.callees(site.call)
        ):
            return Given.GENERATOR
        if site.form == "callback" and self._keeps(site.call):
            return Given.MANAGER
        if site.form == "callback" and site.target is not None and self._called(site.call) in VIEWS:
            return Given.LAZY
        if site.form != "call":
            return Given.VALUE
        if site.target is not None:
            is_around = self._is_around(site.call, site.target)
            return Given.VALUE if is_around else self.of_function(site.target)
        if any(name in _STREAMS for name, _ in self.program.call(site.call).keywords):
            return Given.PERHAPS_LAZY
        result = self.inference.call_result(site.call)
        given = self._of_kinds(result)
        is_unknown = given is Given.VALUE and any(isinstance(kind, Unknown) for kind in result)
        return Given.PERHAPS_LAZY if is_unknown else given

    def of_function(self, function: Key) -> Given:
        """What a call of a project function gives; what is returned says more than what is promised."""
        scope = self.program.scope(function)
        if scope.is_async:
            return Given.VALUE
        if scope.has_yield and self.inference.results.context_wrapper(function) is None:
            return Given.GENERATOR
        if scope.returns is None or not scope.returned:
            return self._of_kinds(self.inference.function_result(function))
        lines = zip(scope.returned, scope.returned_lines, strict=True)
        found = {self.of_value(function, value, line) for value, line in lines}
        return latest(found)

    def of_value(self, scope: Key, value: Expr, line: int) -> Given:
        return self._of_kinds(self.inference.kinds(scope, value, line))

    def _of_kinds(self, kinds: Kinds, depth: int = _DEEP) -> Given:
        """Remembered: a list of objects that hold lists of each other holds the same in many places."""
        if (kinds, depth) not in self._held:
            self._held[kinds, depth] = self._look_into(kinds, depth)
        return self._held[kinds, depth]

    def _look_into(self, kinds: Kinds, depth: int) -> Given:
        for kind in kinds:
            if isinstance(kind, Inst):
                if kind.name in (GENERATOR, CONTEXT):
                    return Given.LAZY if kind.name == GENERATOR else Given.MANAGER
                inside = (*kind.args, *(values for _, values in kind.items))
                if depth and any(self._of_kinds(each, depth - 1) is Given.LAZY for each in inside):
                    return Given.LAZY
        return Given.VALUE

    def _is_around(self, call: CallKey, manager: Key) -> bool:
        """Does it stand on what is called: entered and left by the time the call is over?"""
        called = (kind.key for kind in self.inference.callees(call) if isinstance(kind, Fn))
        return any(manager in entered(self.inference, each) for each in called)

    def _keeps(self, call: CallKey) -> bool:
        return self._called(call) in _KEEPS

    def _called(self, call: CallKey) -> str:
        return last_name(self.program.call(call).func)
