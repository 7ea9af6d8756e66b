"""A client that every object of a class makes for itself, always in the same way -> one for each event loop.

class Writer:                                       class Writer:
    def __init__(self, model):                          def __init__(self, model):
        self.model = model                                  self.model = model
        self.llm = OpenAI(api_key=KEY)      ->              self.llm = openai_client()

def write(text): return Writer("m").ask(text)       async def write(text): return await Writer("m").ask(text)

The objects must be made where the event loop runs: in functions that turn, and nowhere else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import target_of, walk
from ...analysis.scopes import FUNCTIONS, own_nodes
from ...analysis.syntax import FileSyntax, span_of
from ..objects.client_object import ClientObject
from ..objects.hidden_reads import check_attributes
from ..objects.patched import check_patches
from ..objects.uses import Objects
from ..twin import NoTwinError
from .kept_sources import is_kept
from .lifetimes import calls_of, is_made_once, references_of

_DEPTH = 3


def makers_of(objects: Objects, client: ClientObject, maker: Key, what: str) -> frozenset[Key]:
    """The functions that make the objects; none where the client is no such one. Raises `NoTwinError` where
    one of them may be made elsewhere than on the event loop."""
    program = objects.program
    cls = program.enclosing_class(maker)
    kept = [holder for holder in client.holders if is_kept(objects, holder)]
    if cls is None or program.scope(maker).name != "__init__" or len(kept) != 1:
        return frozenset()
    (holder,) = kept
    calls = list(calls_of(objects.world, cls))
    if not holder.on_instance or not calls or any(is_made_once(objects.world, call) for call in calls):
        return frozenset()
    name = program.scope(cls).name
    if objects.inference.classes.subclasses.get(cls):
        raise NoTwinError(f"{name}, which makes {what}, has subclasses")
    for path, line in references_of(objects.world, cls):
        raise NoTwinError(f"{name}, which makes {what}, is handed on as a class ({path}:{line})")
    check_patches(objects.world, holder, what)
    check_attributes(objects.world, [holder], what)
    for call in calls:
        if not _is_short_lived(objects, call, _DEPTH):
            place = program.call_location(call)
            raise NoTwinError(f"an object of {name}, which makes {what}, may be kept ({place})")
    made = [site for call in calls for site in objects.world.effects.of_call(call)]
    for site in (*made, *objects.world.effects.sites(maker)):
        if site.target != maker and site.call not in client.made and not _is_harmless(objects, site):
            raise NoTwinError(f"{name}, which makes {what}, does more that may block when it is made")
    owners = {
        owner
        for call in calls
        for owner in _where(objects, program.owner_of(call.path, program.call(call).scope), maker)
    }
    if any(program.modules[owner.path].facts.is_test for owner in owners):
        raise NoTwinError(f"tests make objects of {name}, which makes {what}")
    return frozenset(owners)


def _where(objects: Objects, owner: Key, made: Key, depth: int = _DEPTH) -> Iterator[Key]:
    """The functions that must run on the event loop: the callers of one which only makes it."""
    sites = objects.world.effects.sites(owner) if owner.scope else ()
    callers = objects.world.callers.calls(owner) if owner.scope else ()
    is_injected = any(True for _ in objects.world.callers.references(owner)) if callers else True
    only_makes = all(site.target == made or _is_harmless(objects, site) for site in sites)
    if is_injected or depth == 0 or not only_makes:
        yield owner
        return
    for caller in callers:
        yield from _where(objects, caller.owner, owner, depth - 1)


def _is_short_lived(objects: Objects, call: CallKey, depth: int) -> bool:
    """Is what the call gives for one request only: used at once, or under a name of the function's own?"""
    file = objects.world.syntax.file(call.path)
    node = file.call(objects.program.call(call).span)
    return node is not None and depth > 0 and _is_used_up(objects, file, node, depth)


def _is_used_up(objects: Objects, file: FileSyntax, node: ast.expr, depth: int) -> bool:
    parent = file.parents[node]
    if isinstance(parent, ast.Await) or (isinstance(parent, ast.IfExp) and parent.test is not node):
        return _is_used_up(objects, file, parent, depth)
    if isinstance(parent, ast.Return):
        return _is_for_requests(objects, file, parent, depth)
    if isinstance(parent, ast.withitem):
        target: ast.expr | None = parent.optional_vars
    elif isinstance(parent, (ast.Attribute, ast.Expr)):
        return True
    elif (target := target_of(parent)) is None:
        return False
    return target is None or (isinstance(target, ast.Name) and _is_own_name(objects, file, target, depth))


def _is_own_name(objects: Objects, file: FileSyntax, target: ast.Name, depth: int) -> bool:
    function = next((above for above in file.above(target) if isinstance(above, FUNCTIONS)), None)
    if function is None:
        return False
    own = set(own_nodes(function))
    for node in walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)) and target.id in node.names:
            return False
        if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load):
            parent = file.parents[node]
            is_returned = isinstance(parent, ast.Return) and _is_for_requests(objects, file, parent, depth)
            if node not in own or not (is_returned or isinstance(parent, ast.Attribute)):
                return False
    return True


def _is_for_requests(objects: Objects, file: FileSyntax, statement: ast.Return, depth: int) -> bool:
    """By a function that FastAPI injects, or whose callers use it up."""
    function = next(above for above in file.above(statement) if isinstance(above, FUNCTIONS))
    number = objects.program.modules[file.path].functions.get(span_of(function))
    if number is None or function.decorator_list:  # a cache would keep it
        return False
    callers = objects.world.callers.calls(Key(file.path, number))
    return all(_is_short_lived(objects, caller.call, depth - 1) for caller in callers)


def _is_harmless(objects: Objects, site: Site) -> bool:
    if site.target is not None:
        return objects.world.effects.once.weighs_nothing(site.target)
    return site.kind is SiteKind.FAST
