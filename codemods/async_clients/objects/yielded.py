"""Generators from which FastAPI takes a client."""

from __future__ import annotations

from ...analysis.link.injection import DEPENDS
from ...analysis.link.kinds import Ext
from ...analysis.link.program import CallKey, Key
from ..twin import World


def is_injected_generator(world: World, function: Key) -> bool:
    """Is it read by FastAPI and by nobody else?"""
    scope = world.effects.program.scope(function)
    if not scope.has_yield or scope.decorators or world.callers.calls(function):
        return False
    references = [*world.callers.references(function)]
    return bool(references) and all(
        reference.call >= 0 and _injects(world, CallKey(path, reference.call))
        for path, reference in references
    )


def _injects(world: World, call: CallKey) -> bool:
    kinds = world.effects.inference.callees(call)
    return bool(kinds) and all(isinstance(kind, Ext) and kind.name in DEPENDS for kind in kinds)
