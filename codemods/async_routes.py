"""`def` handlers and dependencies -> `async def`.

    @router.get("/users")                   @router.get("/users")
    def list_users():              ->       async def list_users():
        return cache["users"]                   return cache["users"]

FastAPI runs `def` in a thread and `async def` on the event loop: https://fastapi.tiangolo.com/async/
"""

from __future__ import annotations

from .analysis.index.bindings import Scope
from .model import EntryKind, Span, TurnAsync

_HANDLERS = frozenset({EntryKind.ROUTE, EntryKind.WEBSOCKET, EntryKind.EXCEPTION_HANDLER})


def wants_to_turn(kind: EntryKind, scope: Scope, *, is_harmless: bool, has_native: bool) -> bool:
    """Should this entry point be `async def`, if nothing stands in the way?

    A `def` dependency runs in a thread already: turning it pays only when it awaits something, or has
    nothing to wait for. Generators and classes stay as they are. Handlers of start-up and shut-down run
    before and after all requests, and threads go through the generators of responses: they turn for what
    they must await. Resolvers of GraphQL run on the event loop: those that wait for something turn.
    """
    if scope.is_async:
        return False
    if kind in _HANDLERS:
        return True
    if kind is EntryKind.LIFESPAN:
        return has_native and not scope.has_yield
    if kind is EntryKind.STREAM:
        return has_native
    if kind is EntryKind.RESOLVER:
        return has_native or not is_harmless
    if kind is not EntryKind.DEPENDENCY or scope.has_yield:
        return False
    is_class = scope.name.startswith("__") and scope.name != "__call__"
    return not is_class and (is_harmless or has_native)


def turn(function: Span, name: str = "") -> TurnAsync:
    return TurnAsync(function, name)
