"""A client that is handed to functions of the project: they take the async one, if all are async.

def ask(client: httpx.Client, url):                     async def ask(client: httpx.AsyncClient, url):
    return client.get(url).json()               ->          return (await client.get(url)).json()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.kinds import Unknown
from ...analysis.link.program import Key
from ...model import Edit
from ..objects.client_object import NO_KEEPERS, ClientObject, Holder, Keepers
from ..objects.uses import Objects
from ..twin import NoTwinError, World
from .renaming import Renaming, giver_type, renamed


def taker_edits(
    objects: Objects, client: ClientObject, renaming: Renaming, keepers: Keepers = NO_KEEPERS
) -> Iterator[tuple[str, Edit]]:
    """The annotations of the parameters that take the client. Raises `NoTwinError` where one of them may take
    something else."""
    world = objects.world
    for taker, position in _takers(world, client):
        _check(world, objects, client, taker, position, renaming.what)
        node = world.node(taker)
        parameter = world.effects.program.scope(taker).parameters[position]
        for argument in ast.walk(node.args) if node is not None else ():
            if isinstance(argument, ast.arg) and argument.arg == parameter.name:
                file = world.syntax.file(taker.path)
                is_giver = Holder(taker.path, taker.scope, parameter.name) in keepers.holders
                edits_of = giver_type if is_giver else renamed
                yield from edits_of(world, file, taker, argument.annotation, renaming)


def _takers(world: World, client: ClientObject) -> Iterator[tuple[Key, int]]:
    """Functions that take the client, with the position of the parameter."""
    for holder in sorted(client.holders):
        key = Key(holder.path, holder.scope)
        if holder.scope and not holder.on_instance:
            for position, parameter in enumerate(world.effects.program.scope(key).parameters):
                if parameter.name == holder.name:
                    yield key, position


def _check(
    world: World, objects: Objects, client: ClientObject, taker: Key, position: int, what: str
) -> None:
    program = world.effects.program
    scope = program.scope(taker)
    is_injected = objects.is_injected(client, taker, scope.parameters[position])
    if any(program.modules[caller.call.path].facts.is_test for caller in world.callers.calls(taker)):
        raise NoTwinError(f"tests call {scope.qualname} with {what} of their own")
    if Holder(taker.path, taker.scope, scope.parameters[position].name) in client.filled:
        return
    given = world.effects.inference.parameters.given(taker, position)
    if not is_injected and (scope.parameters[position].default is not None or given is None):
        raise NoTwinError(f"{scope.qualname} may be called without {what}")
    for each in given or ():
        if (
            isinstance(each, Unknown)
            or each.is_element
            or not objects.is_it(client, each.scope, each.expr, each.line)
        ):
            raise NoTwinError(f"{scope.qualname} may be given something else than {what}")
