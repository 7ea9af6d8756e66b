"""Which functions give what is gone through step by step, and do nothing else when they are called.

def rows(self): ...; yield row             generators,
def rows(self): return self.repo.rows()    what hands a fresh one on,
@abstractmethod                            abstract methods in whose place one stands
def rows(self): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...index.bindings import ScopeKind
from ...index.expr import Call
from ...link.infer import Inference
from ...link.kinds import Ext, Fn
from ...link.program import CallKey, Key

_PLAIN_DECORATORS = (Ext("builtins.staticmethod"), Ext("builtins.classmethod"))


class Stepping:
    def __init__(self, inference: Inference, runs_uncalled: Callable[[Key], Iterable[object]]) -> None:
        """`runs_uncalled`: what runs in the frame of a function without a call."""
        self.inference = inference
        self.program = inference.program
        self.runs_uncalled = runs_uncalled
        self._found: dict[Key, bool] = {}

    def gives_steps(self, function: Key) -> bool:
        if function not in self._found:
            self._found[function] = False  # one that hands itself on has no end
            scope = self.program.scope(function)
            self._found[function] = scope.has_yield or (
                scope.kind is ScopeKind.FUNCTION
                and not scope.is_async
                and (bool(self.handed_on(function)) or self._is_filled_in(function))
            )
        return self._found[function]

    def handed_on(self, function: Key) -> frozenset[Key]:
        """The functions whose steps it gives as its own, if it does nothing but that."""
        scope = self.program.scope(function)
        calls = {call.index for call, _ in self.program.calls_of(function)}
        returned = {value.index for value in scope.returned if isinstance(value, Call)}
        if not calls or calls != returned or len(returned) < len(scope.returned) or scope.has_yield:
            return frozenset()
        if scope.decorators and not self.inference.classes.decorators(function) <= {*_PLAIN_DECORATORS}:
            return frozenset()
        kinds = [kind for index in calls for kind in self.inference.callees(CallKey(function.path, index))]
        given = frozenset(kind.key for kind in kinds if isinstance(kind, Fn) and self._is_fresh(kind.key))
        is_all = {kind.key if isinstance(kind, Fn) else None for kind in kinds} == given
        return given if is_all and not any(self.runs_uncalled(function)) else frozenset()

    def _is_fresh(self, function: Key) -> bool:
        """It gives steps of its own at each call, and no context manager."""
        return (
            self.gives_steps(function)
            and not self.program.scope(function).is_async
            and self.inference.results.context_wrapper(function) is None
            and not self.inference.decorators.wrappers(function)
        )

    def _is_filled_in(self, function: Key) -> bool:
        if not self.program.scope(function).is_stub or self.program.enclosing_class(function) is None:
            return False
        family = self.inference.classes.family(function)
        filled = [member for member in family if not self.program.scope(member).is_stub]
        return bool(filled) and all(map(self._is_fresh, sorted(filled)))
