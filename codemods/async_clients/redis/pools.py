"""A pool of connections that Redis clients share -> one for each event loop.

    pool = redis.ConnectionPool(host=HOST)              @per_event_loop
    cache = redis.Redis(connection_pool=pool)           def pool() -> ConnectionPool:
                                                            return ConnectionPool(host=HOST)
                                                ->
                                                        @per_event_loop
                                                        def cache() -> Redis:
                                                            return Redis(connection_pool=pool())

A pool turns with all its clients, or none does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

import msgspec
from msgspec.structs import replace

from ...analysis.link.kinds import Fn
from ...analysis.syntax import FileSyntax, span_of
from ...model import Code, Edit, Note, ReplaceCall
from ..making.at_start import is_awaited_at_start, made_at_start
from ..making.names import import_edits, renamed_place
from ..making.places import Place, place_of_client
from ..objects.client_object import ClientObject
from ..objects.uses import Objects
from ..rewriting.passing import Spelling
from ..twin import NoTwinError, World
from .made import LIMITED, POOLS, factory, making

_WHAT = "the pool of Redis connections"
_KEYWORD = "connection_pool"
_CLOSES = {"close": "aclose", "disconnect": "disconnect"}


class Pool(msgspec.Struct, frozen=True, dict=True):
    """One pool, and the clients that take their connections from it."""

    objects: Objects
    made: ClientObject
    clients: tuple[ClientObject, ...]
    declared: str

    @property
    def world(self) -> World:
        return self.objects.world

    @cached_property
    def place(self) -> Place | None:
        """None for one that is made when the application starts. Raises `NoTwinError`."""
        if made_at_start(self.world, self.made) is not None:
            return None
        return renamed_place(self.objects, place_of_client(self.world, self.made, _WHAT))

    def spelled(self, file: FileSyntax, node: ast.expr) -> str:
        return Spelling(self.objects, self.place).client(file, node)

    def turned(self) -> tuple[tuple[tuple[str, Edit], ...], tuple[Note, ...]]:
        """The edits of the pool itself, and what there is to tell of it. Raises `NoTwinError`."""
        (key,) = self.made.made
        file = self.world.syntax.file(key.path)
        call = file.call(self.world.effects.program.call(key).span)
        assert call is not None
        made = making(self.world, file, call, self.declared, _WHAT)
        edits = (made.edit,) if self.place is None else factory(self.world, self.place, made, _WHAT)
        notes = (LIMITED,) if made.is_limited else ()
        imports = import_edits(self.objects, self.place) if self.place is not None else ()
        return (*((file.path, edit) for edit in edits), *imports, *self._closing()), notes

    def _closing(self) -> Iterator[tuple[str, Edit]]:
        """`pool.disconnect()` after the last request."""
        for key, attributes in sorted(self.made.calls.items()):
            name = attributes[-1]
            file = self.world.syntax.file(key.path)
            node = file.call(self.world.effects.program.call(key).span)
            if len(attributes) != 1 or name not in _CLOSES or not is_awaited_at_start(self.world, key):
                raise NoTwinError(f".{'.'.join(attributes)}() of {_WHAT} has no exact twin")
            assert node is not None
            assert isinstance(node.func, ast.Attribute)
            callee = f"{self.spelled(file, node.func.value)}.{_CLOSES[name]}"
            yield key.path, ReplaceCall(span_of(node), Code(callee), awaited=True)


class Pools:
    """The pools of a program."""

    def __init__(self, clients: Objects, declared: str) -> None:
        self.clients = clients
        self.declared = declared
        self.objects = Objects(clients.world, POOLS)

    def of(self, client: ClientObject) -> Pool | None:
        """The pool that a client is made with; None for one that has its own."""
        return next((pool for pool in self._all if client in pool.clients), None)

    @cached_property
    def _all(self) -> tuple[Pool, ...]:
        return tuple(self._pool(made) for made in self.objects.all)

    def _pool(self, made: ClientObject) -> Pool:
        taking = {(path, span_of(node)): client for client, path, node in self._arguments()}
        clients = [taking[escape] for escape in made.escapes if escape in taking]
        clients += (client for client, path, node in self._arguments() if self._gives(made, path, node))
        others = [escape for escape in made.escapes if escape not in taking]
        return Pool(self.objects, replace(made, escapes=others), tuple(clients), self.declared)

    def _gives(self, pool: ClientObject, path: str, node: ast.expr) -> bool:
        """`redis.Redis(connection_pool=get_pool())`"""
        key = self.clients.world.call_key(path, node) if isinstance(node, ast.Call) else None
        callees = self.clients.inference.callees(key) if key is not None else ()
        return any(isinstance(kind, Fn) and kind.key in pool.returned_by for kind in callees)

    def _arguments(self) -> Iterator[tuple[ClientObject, str, ast.expr]]:
        for client in self.clients.all:
            for key in client.made:
                file = self.clients.world.syntax.file(key.path)
                call = file.call(self.clients.program.call(key).span)
                argument = pool_argument(call) if call is not None else None
                if argument is not None:
                    yield client, key.path, argument


def pool_argument(call: ast.Call) -> ast.expr | None:
    """`redis.Redis(connection_pool=pool)`"""
    return next((keyword.value for keyword in call.keywords if keyword.arg == _KEYWORD), None)
