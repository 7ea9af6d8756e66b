"""How long objects live: are they made once, in a module, or kept by a cache?"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis.index.expr import Call as CallFact
from ...analysis.link.decorators import CACHES
from ...analysis.link.kinds import Cls, Ext
from ...analysis.link.program import CallKey, Key
from ..twin import NoTwinError, World

_OWN_CLASS = "cls"
"""Its name in `@classmethod def get(cls): return cls()`."""


def check_made_once(world: World, cls: Key, what: str) -> None:
    """Raises `NoTwinError` where more than one object of the class may be made."""
    program = world.effects.program
    name, calls = program.scope(cls).name, list(calls_of(world, cls))
    if world.effects.inference.classes.subclasses.get(cls):
        raise NoTwinError(f"{name} has subclasses")
    again = next((call for call in calls if not is_made_once(world, call)), None)
    if again is not None or not calls:
        where = f"in a function ({program.call_location(again)})" if again is not None else "nowhere"
        raise NoTwinError(f"{name}, which holds {what}, is made {where}")


def calls_of(world: World, cls: Key) -> Iterator[CallKey]:
    """The calls that make objects of the class."""
    program, name = world.effects.program, world.effects.program.scope(cls).name
    for spelled in (name, _OWN_CLASS, *sorted(program.aliases.get(name, ()))):
        for call in program.calls_by_name.get(spelled, ()):
            if any(isinstance(k, Cls) and k.key == cls for k in world.effects.inference.callees(call)):
                yield call


def is_made_once(world: World, call: CallKey) -> bool:
    """In a module, or in `@lru_cache def get_service():`."""
    program = world.effects.program
    scope = program.call(call).scope
    owner = program.owner_of(call.path, scope)
    return scope == 0 or (owner.scope == scope and is_cached(world, owner))


def is_cached(world: World, function: Key) -> bool:
    """Does a cache keep the one thing that the function gives?"""
    scope = world.effects.program.scope(function)
    found = [
        kind
        for decorator in scope.decorators
        for kind in (
            world.effects.inference.callees(CallKey(function.path, decorator.index))
            if isinstance(decorator, CallFact)
            else world.kinds(world.effects.program.parent(function), decorator, scope.span.line)
        )
    ]
    is_cache = len(found) == 1 and isinstance(found[0], Ext) and found[0].name in CACHES
    return is_cache and len(scope.decorators) == 1 and not scope.parameters


def references_of(world: World, cls: Key) -> Iterator[tuple[str, int]]:
    """Where the class is a value: `Depends(Writer)`, which FastAPI makes in a thread, or `map(Writer)`."""
    program = world.effects.program
    name = program.scope(cls).name
    for spelled in (name, *sorted(program.aliases.get(name, ()))):
        for path, number in program.references_by_name.get(spelled, ()):
            reference = program.modules[path].facts.references[number]
            key = Key(path, reference.scope)
            kinds = world.effects.inference.kinds(key, reference.expr, reference.span.line)
            if any(isinstance(kind, Cls) and kind.key == cls for kind in kinds):
                yield path, reference.span.line
