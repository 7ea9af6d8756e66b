"""Functions that nobody calls: they turn with a client that they use, and keep nobody else from it.

class Cache:
    def get(self, key): return self.client.get(key)        # of a handler
    def clear(self): self.client.flushdb()                  # of nobody, so far
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ..analysis.index.bindings import ScopeKind
from ..analysis.link.program import Key
from .outcome import Outcome
from .twin import TwinPlan, World


def idle_users(
    world: World, outcome: Outcome, plans: Iterable[TwinPlan], judged: Collection[Key], declared: str
) -> frozenset[Key]:
    """Those that hold the only calls which keep a client from turning. `judged` are handlers and what they
    run; `declared` is the text of files that may name functions as commands."""
    program, found = world.effects.program, set[Key]()
    for whole in {plan.whole for plan in plans if plan.whole is not None}:
        missing = whole.calls - outcome.twinned.keys()
        if not missing or not whole.calls & outcome.twinned.keys():
            continue
        owners = {program.owner_of(call.path, program.call(call).scope) for call in missing}
        if all(owner not in judged and _is_idle(world, owner, declared) for owner in owners):
            found |= owners
    return frozenset(found)


def _is_idle(world: World, function: Key, declared: str) -> bool:
    program = world.effects.program
    scope = program.scope(function)
    is_other = scope.is_async or scope.has_yield or scope.decorators
    return (
        scope.kind is ScopeKind.FUNCTION
        and not is_other
        and not scope.name.startswith("__")
        and not program.modules[function.path].facts.is_test
        and not world.callers.calls(function)
        and not any(True for _ in world.callers.references(function))
        and not re.search(rf"\b{scope.name}\b", declared)
    )
