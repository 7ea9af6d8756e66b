"""Queries that go through functions: helpers that build on them, and functions that return them.

def page(query, number):                       notes = page(db.query(Note), 2).all()
    return query.offset(number * 10)      ->   notes = (await db.scalars(page(select(Note), 2))).all()

def active(db):                                users = active(db).all()
    return db.query(User).filter(..)      ->   users = (await db.scalars(active(db))).all()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...analysis.handed_over import parameter_taking
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, given_to, target_of, walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View, Views
from .asked import is_compared
from .terminals import Statement

if TYPE_CHECKING:
    from .rewriting import Queries


def builder_chains(
    views: Views, call: ast.Call, node: ast.expr, view: View, builders: frozenset[str]
) -> tuple[View, list[ast.Call]] | None:
    """The calls by which a helper builds on the query that it is handed and returns; None when it does
    anything else."""
    keys = view.functions_called(call)
    if len(keys) != 1:
        return None
    scope = views.inference.program.scope(keys[0])
    other = views.of(keys[0].path)
    function = other.file.function(scope.span)
    name = parameter_taking(view, call, node, keys[0])
    if function is None or name is None or scope.has_yield:
        return None
    found: list[ast.Call] = []
    for use in _names(function, name):
        if isinstance(use.ctx, ast.Store):
            values = [value for _, value in bound_plainly(other.file.parents[use])]
            if not values or _root(values[0]) != name:
                return None
            continue
        end, calls = _climb(other, use)
        above = other.file.parents[end]
        if any(getattr(c.func, "attr", "") not in builders for c in calls):
            return None
        target = target_of(above)
        is_kept = target is not None and ast.unparse(target) == name
        is_asked = is_compared(above) and not calls
        if not (is_kept or is_asked or isinstance(above, ast.Return)):
            return None
        found += calls
    returns = [n for n in walk(function) if isinstance(n, ast.Return)]
    if not returns or any(r.value is None or _root(r.value) != name for r in returns):
        return None
    return other, found


def gives_query(view: View, call: ast.Call, *, is_async: bool) -> ast.expr | None:
    """The call of a function that gives a query, or the `await` of one that does so as a coroutine."""
    above = view.file.parents[call]
    is_awaited = isinstance(above, ast.Await)
    if is_awaited != is_async:
        return None
    return above if isinstance(above, ast.Await) else call


def _names(function: FunctionNode, name: str) -> Iterator[ast.Name]:
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name:
            yield node


def _climb(view: View, node: ast.expr) -> tuple[ast.expr, list[ast.Call]]:
    """The whole chain that begins with `node`, and its calls."""
    calls: list[ast.Call] = []
    current = node
    while True:
        above = view.file.parents[current]
        call = view.file.parents.get(above)
        if isinstance(above, ast.Attribute) and isinstance(call, ast.Call) and call.func is above:
            calls.append(call)
            current = call
        else:
            return current, calls


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return node.id if isinstance(node, ast.Name) else ""


def session_at(view: View, call: ast.Call, function: Key, written: str) -> str | None:
    """How the caller of a function that returns a query spells the session: what it hands over for it, or
    the same attribute."""
    for argument in given_to(call):
        is_it = parameter_taking(view, call, argument, function) == written
        if is_it and isinstance(argument, (ast.Name, ast.Attribute)):
            return view.source(argument)
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if written.startswith("self.") and isinstance(owner, ast.Name):
        return f"{owner.id}.{written.removeprefix('self.')}"
    return None


def follow_returned(queries: Queries, node: ast.expr, above: ast.Return, statement: Statement) -> None:
    """Every call of a function that returns a query is a query."""
    view, peers = queries.view, queries.peers
    queries.texts.keep(statement, node)
    owner = view.owner(above)
    if peers.callers.inference.program.scope(owner).has_yield:
        queries.refuse(above, "a generator returns a query")
        return
    if peers.callers.inference.classes.is_property(owner):
        name = view.program.scope(owner).name
        if not peers.attributes.follow(view, node, name, statement):
            queries.refuse(above, "a property gives a query whose session is not known where it is read")
        return
    for caller in peers.callers.calls(owner):
        peer = peers.of(caller.call.path)
        call = peer.view.node_of(caller.call)
        session = session_at(peer.view, call, owner, statement.session) if call else None
        whole = gives_query(peer.view, call, is_async=peers.is_async(owner)) if call else None
        if whole is None or session is None:
            peer.refuse(call or above, "a query of a session that is not known here")
        else:
            peer.follow(whole, replace(statement, variable="()", session=session, options=(), renames=()))
