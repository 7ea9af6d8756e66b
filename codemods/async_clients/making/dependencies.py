"""Functions that give a client to FastAPI: they become `async def`, for a `def` one runs in a thread, where
there is no event loop. Whoever calls them as well awaits them.

def b():                                        async def b():
    return get_redis().get("b")         ->          return await (await get_redis()).get("b")
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.index.expressions import SUBSCRIPT
from ...analysis.judge.callers.overriding import is_override
from ...analysis.judge.effects.site import Site
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import target_of, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax
from ...catalogue import CallForm
from ..twin import NoTwinError, World


def is_dependency(world: World, function: Key, *, turns: bool = True) -> bool:
    """Is it injected? Then whoever calls it directly must be able to await it, where it `turns`."""
    references = list(world.callers.references(function))
    program = world.effects.program
    name = program.scope(function).name
    if any(program.modules[path].facts.is_test for path, _ in references):
        raise NoTwinError(f"tests put something else in the place of {name}")
    for path, read in references:
        stores = program.modules[path].facts.stores
        stands_in = any(each.value == read.expr and each.line == read.span.line for each in stores)
        if read.position == SUBSCRIPT or (is_override(program, path, read) and not stands_in):
            raise NoTwinError(f"{name}, which gives it, is overridden ({path}:{read.span.line})")
    if turns and references:
        for caller in world.callers.calls(function):
            if not _is_asked_at_once(world, caller.call):
                place = program.call_location(caller.call)
                raise NoTwinError(f"{name} is injected and called, too ({place})")
    return bool(references)


def _is_asked_at_once(world: World, key: CallKey) -> bool:
    """`get_redis().get(key)`, or `cache = get_redis()` of which nothing is done but to call its methods.

    Who asks and hands nothing on is on the event loop with the client, or the client does not turn."""
    file = world.syntax.file(key.path)
    call = file.call(world.effects.program.call(key).span)
    if call is None or world.effects.program.modules[key.path].facts.is_test:
        return False
    if _called_on(file, call) is not None:
        return _is_kept_as_written(world, file, call)
    function = next((each for each in file.above(call) if isinstance(each, FUNCTIONS)), None)
    return function is not None and _is_only_called(file, function, call, frozenset())


def _is_only_called(file: FileSyntax, function: ast.AST, client: ast.expr, seen: frozenset[str]) -> bool:
    """Here, or under the name that the function gives to it or to a part of it: `users = db["users"]`"""
    if _called_on(file, client) is not None:
        return True
    named = _part(file, client)
    above = file.parents[named]
    target = target_of(above)
    if not isinstance(target, ast.Name) or target.id in seen:
        return False
    uses = [use for use in _names(function, target.id) if use is not target]
    return bool(uses) and all(
        isinstance(use.ctx, ast.Load) and _is_only_called(file, function, use, seen | {target.id})
        for use in uses
    )


def _called_on(file: FileSyntax, client: ast.expr) -> ast.Call | None:
    """The call of a method of it, or of one of its parts, where that is what is done with it:
    `client.get(key)`, `client.chat.completions.create()`, `db["users"].find()`"""
    part = _part(file, client)
    above = file.parents[part]
    is_called = isinstance(part, ast.Attribute) and isinstance(above, ast.Call) and above.func is part
    return above if is_called and isinstance(above, ast.Call) else None


def _part(file: FileSyntax, client: ast.expr) -> ast.expr:
    """The whole of `client.chat.completions`."""
    while isinstance(above := file.parents[client], (ast.Attribute, ast.Subscript)) and above.value is client:
        client = above
    return client


def is_awaited_as_written(world: World, file: FileSyntax, client: ast.expr) -> bool:
    """Is something called on it that is awaited, and changed in no other way?"""
    sites = _sites(world, file, client)
    return bool(sites) and all(_is_in(site, CallForm.AWAIT) for site in sites)


def _is_kept_as_written(world: World, file: FileSyntax, client: ast.expr) -> bool:
    """Does what is called on it stay as it is? Then there is room for an `await` inside."""
    above = file.parents.get(_called_on(file, client) or client)
    forms = {CallForm.AWAIT, CallForm.KEEP}
    if isinstance(above, (ast.For, ast.comprehension)):
        forms |= {CallForm.ASYNC_FOR, CallForm.AWAIT_ASYNC_FOR}
    return all(_is_in(site, *forms) for site in _sites(world, file, client))


def _sites(world: World, file: FileSyntax, client: ast.expr) -> tuple[Site, ...]:
    called = _called_on(file, client)
    key = world.call_key(file.path, called) if called is not None else None
    return tuple(world.effects.of_call(key)) if key is not None else ()


def _is_in(site: Site, *forms: CallForm) -> bool:
    # calls over HTTP get other arguments and other answers
    return site.entry is not None and site.entry.call_form in forms and site.entry.category != "http"


def _names(function: ast.AST, name: str) -> Iterator[ast.Name]:
    return (node for node in walk(function) if isinstance(node, ast.Name) and node.id == name)
