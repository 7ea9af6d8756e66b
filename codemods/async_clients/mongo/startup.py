"""A client that is made when the application starts, on its event loop: its twin is made there as well.

app.mongodb_client = MongoClient(URL)              app.mongodb_client = AsyncMongoClient(URL)
app.database = app.mongodb_client["shop"]     ->   app.database = app.mongodb_client["shop"]
yield                                              yield
app.mongodb_client.close()                         await app.mongodb_client.close()

request.app.database["books"].find_one()      ->   await request.app.database["books"].find_one()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import last_name, span_of
from ...model import Code, Edit, ReplaceCall, slot
from ..objects.client_object import ClientObject
from ..objects.handed import taker_edits
from ..objects.places import is_dependency
from ..objects.renaming import Renaming, renamed
from ..twin import World
from .definitions import ASYNC
from .handles import CLIENT, Handles


def is_made_at_start(world: World, call: CallKey) -> bool:
    """Does it run before the first request, and only then?"""
    program = world.effects.program
    owner = program.owner_of(call.path, program.call(call).scope)
    return bool(owner.scope) and _runs_at_start(world, owner, ())


def is_awaited_at_start(world: World, call: CallKey) -> bool:
    """Does it run in an async function before the first request, or after the last?

    Nobody waits meanwhile, so that nothing there is mended for the sake of the loop.
    """
    program = world.effects.program
    owner = program.owner_of(call.path, program.call(call).scope)
    return program.scope(owner).is_async and is_made_at_start(world, call)


def _runs_at_start(world: World, function: Key, above: tuple[Key, ...]) -> bool:
    if function in world.startup:
        return True
    calls = world.callers.calls(function)
    if not calls or function in above or any(world.callers.references(function)):
        return False
    return all(_runs_at_start(world, each.owner, (*above, function)) for each in calls)


def edits_at_start(
    handles: Handles, client: ClientObject, made: ast.Call, path: str, classes: Renaming
) -> Iterator[tuple[str, Edit]]:
    """The class that is made, and annotations that name it or what comes from it. Raises `NoTwinError`."""
    world = handles.world
    yield path, ReplaceCall(span_of(made), Code(slot(0), (ASYNC[CLIENT],)))
    for function in sorted(client.returned_by):
        is_dependency(world, function)  # says where tests put something else in its place
        node = world.node(function)
        if node is not None:
            file = world.syntax.file(function.path)
            yield from renamed(world, file, Key(function.path, 0), node.returns, classes)
    yield from taker_edits(world, handles, client, classes)
    names = {holder.name for holder in client.holders}
    for home in sorted({holder.path for holder in client.holders} - {""}):
        view = handles.views.of(home)
        for declared in walk(view.file.tree):
            if isinstance(declared, ast.AnnAssign) and last_name(declared.target) in names:
                yield from renamed(world, view.file, view.key(declared), declared.annotation, classes)
