"""Generators from which FastAPI takes a client, or that a `with` enters for it."""

from __future__ import annotations

import ast

from ...analysis.link.kinds import Ext
from ...analysis.link.libraries.injection import DEPENDS
from ...analysis.link.program import CallKey, Key
from ...async_generators.signatures import MANAGER
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


def is_manager(world: World, function: Key) -> bool:
    """Is it a `@contextmanager`, and entered wherever it is called?"""
    scope, program = world.effects.program.scope(function), world.effects.program
    kinds = [
        kind
        for decorator in scope.decorators
        for kind in world.kinds(program.parent(function), decorator, scope.span.line)
    ]
    if not scope.has_yield or kinds != [Ext(MANAGER)] or [*world.callers.references(function)]:
        return False
    files = ((caller, world.syntax.file(caller.call.path)) for caller in world.callers.calls(function))
    calls = [(file, file.call(program.call(caller.call).span)) for caller, file in files]
    return all(node is not None and isinstance(file.parents[node], ast.withitem) for file, node in calls)


def _injects(world: World, call: CallKey) -> bool:
    kinds = world.effects.inference.callees(call)
    return bool(kinds) and all(isinstance(kind, Ext) and kind.name in DEPENDS for kind in kinds)
