"""Clients of MongoDB with the databases and collections that come from them, under whatever names they go.

client = MongoClient(URL)
db = client["shop"]                    each of these names
users = db.users
users.find_one({"_id": 1})             a use: `users`, and the call on it
db["orders"].find({"open": True})      a use: `db`, and the call on `db["orders"]`
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set
from functools import cached_property

import msgspec

from ...analysis.index.expr import Attr, Call, Expr, Item
from ...analysis.link.kinds import Fn, Inst, describe
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import BINDINGS, bound_plainly, walk
from ...analysis.spelled import fact_of
from ...analysis.syntax import last_name
from ...analysis.view import View, Views
from ..objects.asked_for import is_asked_for
from ..objects.client_object import ClientObject, Holder
from ..objects.said import Names
from ..objects.uses import Objects
from ..twin import NoTwinError, World

CLIENT = "pymongo.MongoClient"
DATABASE = "pymongo.database.Database"
COLLECTION = "pymongo.collection.Collection"
HANDLES = frozenset({CLIENT, DATABASE, COLLECTION})
WHAT = "the MongoDB client"
_SHOWN_BY = frozenset({"builtins.print", "builtins.repr", "builtins.str"})
_DERIVING = frozenset({"get_collection", "get_database", "get_default_database", "with_options"})


class Use(msgspec.Struct, frozen=True):
    """One place where something is done with a client, or with what comes from it."""

    path: str
    root: ast.expr
    """The name, attribute or call that gives it: `db` in `db["users"].find()`."""
    end: ast.expr
    """All that is a client, database or collection: `db["users"]`."""
    holder: Holder | None
    """What the root is the name of."""
    call: ast.Call | None
    """The call on it; without one it is bound to a name, returned or handed on."""


class Handles(Objects):
    """The clients of a program, each with all names of what comes from it."""

    through_items = True

    def __init__(self, world: World, views: Views) -> None:
        super().__init__(world, frozenset({CLIENT}))
        self.views = views

    def is_it(self, client: ClientObject, key: Key, expr: Expr, line: int) -> bool:
        if super().is_it(client, key, expr, line):
            return True
        inner = self._inner(key, expr)
        return inner is not None and self.is_it(client, key, inner, line) and self._is_handle(key, expr, line)

    def _inner(self, key: Key, expr: Expr) -> Expr | None:
        """`db` in `db["users"]`, `db.users` and `db.get_collection("users")`."""
        if isinstance(expr, (Attr, Item)):
            return expr.value
        if isinstance(expr, Call):
            func = self.program.call(CallKey(key.path, expr.index)).func
            return func.value if isinstance(func, Attr) and func.attr in _DERIVING else None
        return None

    def _is_handle(self, key: Key, expr: Expr, line: int) -> bool:
        kinds = self.inference.kinds(key, expr, line)
        return bool(kinds) and all(isinstance(kind, Inst) and kind.name in HANDLES for kind in kinds)

    def _uses(self, client: ClientObject) -> None:
        """They are asked for where they are needed."""

    def uses(self, client: ClientObject, anew: Sequence[ast.AST] = ()) -> Iterator[Use]:
        """But for those in functions that are written anew. Raises `NoTwinError` for what cannot be
        followed."""
        called = Names(self.program, client)
        for path in sorted(self.program.modules):
            words = self._words(called, path)
            said = self._said(path) if words else None
            if said is not None and (said.calls(words) or said.references(words)):
                yield from self._uses_in(client, self.views.of(path), words, anew)

    def _uses_in(
        self, client: ClientObject, view: View, words: Set[str], anew: Sequence[ast.AST]
    ) -> Iterator[Use]:
        own = {node for function in anew for node in walk(function)}
        for node in walk(view.file.tree):
            if node in own:
                continue
            name = last_name(node.func if isinstance(node, ast.Call) else node)
            if name not in words or isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
                continue
            if isinstance(node, ast.Call):
                key = view.call_key(node)
                if key is not None and self._gives(client, key):
                    yield self._use(client, view, node, None)
            elif isinstance(node, (ast.Name, ast.Attribute)) and (fact := view.expr(node)) is not None:
                found = {*self.holders(view.key(node), fact, node.lineno)} & client.holders
                if found or self.is_property(client, view.key(node), fact, node.lineno):
                    yield self._use(client, view, node, min(found, default=None))

    @cached_property
    def calls(self) -> Sequence[CallKey]:
        """All calls of methods of clients, databases and collections, wherever these come from."""
        owners = [owner for name in HANDLES if (owner := self.program.catalogue.owner(name)) is not None]
        methods = sorted({method for owner in owners for method in owner.calls} - _DERIVING)
        return [
            call
            for method in methods
            for call in self.program.calls_by_name.get(method, ())
            if any(describe(k).rpartition(".")[0] in HANDLES for k in self.inference.callees(call))
        ]

    def _gives(self, client: ClientObject, call: CallKey) -> bool:
        given = (isinstance(k, Fn) and k.key in client.returned_by for k in self.inference.callees(call))
        return call in client.made or any(given)

    def _use(self, client: ClientObject, view: View, root: ast.expr, holder: Holder | None) -> Use:
        if self.program.modules[view.path].facts.is_test:
            raise NoTwinError(f"tests use {WHAT}")
        end, call = _climbed(view, root)
        if view.instance(end) not in HANDLES:
            raise NoTwinError(f"what {view.source(end)} is cannot be told ({view.path}:{root.lineno})")
        if call is None and not self._is_followed(client, view, end):
            raise NoTwinError(f"{WHAT} is handed on ({view.path}:{root.lineno})")
        return Use(view.path, root, end, holder, call)

    def _is_followed(self, client: ClientObject, view: View, node: ast.expr) -> bool:
        """Does it get one of the names that are known, or is it returned?"""
        parent = view.file.parents[node]
        if isinstance(parent, (ast.Return, ast.Yield)):
            return view.owner(node) in client.returned_by
        if isinstance(parent, BINDINGS) and parent.value is node:
            return all(client.holders & {*self.named(view, target)} for target, _ in bound_plainly(parent))
        if view.function(node) is not None and is_asked_for(view.file, node):
            return True
        if isinstance(parent, ast.keyword):
            return self._is_accepted(client, view, view.file.parents[parent], parent.arg or "")
        if isinstance(parent, ast.Call) and node in parent.args:
            return self._is_accepted(client, view, parent, parent.args.index(node))
        return False

    def named(self, view: View, target: ast.expr) -> Iterator[Holder]:
        """What a name or attribute is that something is bound to."""
        fact = fact_of(target)
        if isinstance(target, ast.Name):
            key = view.key(target)
            home = 0 if target.id in self.program.scope(key).globals else key.scope
            yield Holder(view.path, home, target.id)
        elif fact is not None:
            yield from self.holders(view.key(target), fact, target.lineno)

    def _is_accepted(self, client: ClientObject, view: View, call: ast.AST, position: int | str) -> bool:
        if isinstance(call, ast.Call) and view.external(call.func) in _SHOWN_BY:
            return True
        key = view.call_key(call) if isinstance(call, ast.Call) else None
        taken = self.parameters_given(key, position) if key is not None else frozenset()
        return bool(taken) and taken <= client.holders


def _climbed(view: View, root: ast.expr) -> tuple[ast.expr, ast.Call | None]:
    """All of the expression that is a client, a database or a collection, and the call on it."""
    node, parents = root, view.file.parents
    while True:
        parent = parents[node]
        if isinstance(parent, ast.Attribute):
            call = parents[parent]
            if not isinstance(call, ast.Call) or call.func is not parent:
                if view.instance(parent) not in HANDLES:
                    raise NoTwinError(f".{parent.attr} of {WHAT} is read ({view.path}:{node.lineno})")
                node = parent
            elif parent.attr in _DERIVING:
                node = call
            else:
                return node, call
        elif isinstance(parent, ast.Subscript) and parent.value is node:
            node = parent
        else:
            return node, None
