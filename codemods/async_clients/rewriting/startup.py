"""A client that is made when the application starts, on its event loop: its twin is made there as well.

app.state.cache = redis.Redis(host=HOST)      ->   app.state.cache = Redis(host=HOST)
yield                                              yield
app.state.cache.close()                            await app.state.cache.aclose()

request.app.state.cache.get(key)              ->   await request.app.state.cache.get(key)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.program import Key
from ...analysis.view import Views
from ...model import Edit
from ..making.dependencies import is_awaited_as_written, is_dependency
from ..making.places import check_calls
from ..objects.client_object import ClientObject
from ..objects.hidden_reads import check_all
from ..objects.patched import check_patches
from ..objects.uses import Objects
from ..twin import NoTwinError
from .declared import declaration_edits
from .handed import taker_edits
from .renaming import Renaming, renamed


def edits_at_start(
    objects: Objects, views: Views, client: ClientObject, classes: Renaming, *, is_chain: bool = False
) -> Iterator[tuple[str, Edit]]:
    """The annotations that name the class of the client, or what comes from it; `is_chain`: what is called on
    it is awaited as it is written, whatever stands before it. Raises `NoTwinError`."""
    world = objects.world
    _check(objects, client, classes.what)
    for function in sorted(client.returned_by):
        # says where tests put something else in its place
        if is_dependency(world, function, turns=False) and not is_chain:
            _check_called(objects, function, classes.what)
        node = world.node(function)
        if node is not None:
            file = world.syntax.file(function.path)
            yield from renamed(world, file, Key(function.path, 0), node.returns, classes)
    yield from taker_edits(objects, client, classes)
    yield from declaration_edits(objects, views, client.holders, classes)


def _check_called(objects: Objects, function: Key, what: str) -> None:
    """`get_redis().ttl(key)` of one that is injected, too: it may become a coroutine function, and only what
    is awaited as it is written gets along with that."""
    world = objects.world
    for caller in world.callers.calls(function):
        file = world.syntax.file(caller.call.path)
        call = file.call(objects.program.call(caller.call).span)
        is_asked = call is not None and isinstance(file.parents[call], ast.Attribute)
        if call is not None and is_asked and not is_awaited_as_written(world, file, call):
            name = objects.program.scope(function).name
            raise NoTwinError(f"{name}, which gives {what}, is injected and called, too")


def _check(objects: Objects, client: ClientObject, what: str) -> None:
    """Nothing is done with it but to call it, to hand it to the project's functions, and to ask whether it is
    there; and not by tests, which may put something else on the application, too."""
    check_calls(objects.world, client, what)
    for path, span in client.escapes:
        raise NoTwinError(f"{what} is handed on ({path}:{span.line})")
    for path, span in client.reads:
        raise NoTwinError(f"{what} is set up after it is made ({path}:{span.line})")
    for path, span in client.passes:
        passed = objects.node(path, span)
        if passed is None or isinstance(objects.world.syntax.file(path).parents[passed], ast.withitem):
            raise NoTwinError(f"{what} is entered by a `with` ({path}:{span.line})")
    if any(objects.program.modules[call.path].facts.is_test for call in client.calls):
        raise NoTwinError(f"tests use {what}")
    for holder in sorted(client.holders):
        check_patches(objects.world, holder, what)
    check_all(objects.world, {holder.name for holder in client.holders if holder.on_instance}, what)
