"""A client that is made when the application starts, on its event loop: its twin is made there as well.

app.state.cache = redis.Redis(host=HOST)      ->   app.state.cache = Redis(host=HOST)
yield                                              yield
app.state.cache.close()                            await app.state.cache.aclose()

request.app.state.cache.get(key)              ->   await request.app.state.cache.get(key)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.judge.site import SiteKind
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax
from ...analysis.view import View, Views
from ...model import Edit
from ..http.errors import fact_of
from ..http.response import is_test
from ..twin import Call, NoTwinError, World
from .client_object import ClientObject
from .handed import taker_edits
from .hidden_reads import check_all
from .patched import check_patches
from .places import check_calls, is_dependency
from .renaming import Renaming, renamed
from .uses import Objects


def made_at_start(world: World, client: ClientObject) -> CallKey | None:
    """The one call that makes the client, if it runs before the first request, and only then."""
    (made, *others) = sorted(client.made)
    return made if not others and is_made_at_start(world, made) else None


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


def calls_at_start(world: World, client: ClientObject) -> Iterator[Call]:
    """The blocking calls on the client of which `is_awaited_at_start` is true."""
    program = world.effects.program
    for key in sorted(client.calls):
        site = next((s for s in world.effects.of_call(key) if s.kind is SiteKind.BLOCKING), None)
        owner, file = program.owner_of(key.path, program.call(key).scope), world.syntax.file(key.path)
        node, call = world.node(owner) if owner.scope else None, file.call(program.call(key).span)
        if site is not None and node is not None and call is not None and is_awaited_at_start(world, key):
            yield Call(world, owner, site, file, node, call)


def _runs_at_start(world: World, function: Key, above: tuple[Key, ...]) -> bool:
    """A script may also call what an application registers, and use the client on another event loop."""
    calls = world.callers.calls(function)
    is_registered = function in world.startup
    is_handed_on = not is_registered and any(world.callers.references(function))
    if function in above or is_handed_on or not (calls or is_registered):
        return False
    return all(_runs_at_start(world, each.owner, (*above, function)) for each in calls)


def edits_at_start(
    objects: Objects, views: Views, client: ClientObject, classes: Renaming
) -> Iterator[tuple[str, Edit]]:
    """The annotations that name the class of the client, or what comes from it. Raises `NoTwinError`."""
    world = objects.world
    _check(objects, client, classes.what)
    for function in sorted(client.returned_by):
        is_dependency(world, function)  # says where tests put something else in its place
        node = world.node(function)
        if node is not None:
            file = world.syntax.file(function.path)
            yield from renamed(world, file, Key(function.path, 0), node.returns, classes)
    yield from taker_edits(objects, client, classes)
    for home in sorted({holder.path for holder in client.holders} - {""}):
        view = views.of(home)
        for declared in walk(view.file.tree):
            if isinstance(declared, ast.AnnAssign) and _is_declared(objects, view, client, declared.target):
                yield from renamed(world, view.file, view.key(declared), declared.annotation, classes)


def _is_declared(objects: Objects, view: View, client: ClientObject, target: ast.expr) -> bool:
    """`cache: redis.Redis` of a module or a class, `self.cache: redis.Redis` of an instance."""
    key, fact = view.key(target), fact_of(target)
    if isinstance(target, ast.Name):
        name = key.path, key.scope, target.id
        return any((each.path, each.scope, each.name) == name for each in client.holders)
    return fact is not None and not client.holders.isdisjoint(objects.holders(key, fact, target.lineno))


def _check(objects: Objects, client: ClientObject, what: str) -> None:
    """Nothing is done with it but to call it, to hand it to the project's functions, and to ask whether it is
    there; and not by tests, which may put something else on the application, too."""
    check_calls(objects.world, client, what)
    for path, span in client.escapes:
        file, node = objects.world.syntax.file(path), objects.node(path, span)
        if node is None or not (is_test(file, node) or _is_compared(file, node)):
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


def _is_compared(file: FileSyntax, node: ast.expr) -> bool:
    """`cache is None`"""
    parent = file.parents[node]
    return isinstance(parent, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops)
