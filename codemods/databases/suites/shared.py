"""Tests that hand the application their own session: what a request commits expires the objects of the test.

def override_get_db():
    yield db                          # of a fixture around it

client.post("/notes", json=..)        client.post("/notes", json=..)
assert user.name == "ann"       ->    await db.refresh(user)
                                      assert user.name == "ann"

Tests without a session at hand, which stay `def`, get objects that do not expire.
"""

from __future__ import annotations

import ast

from ...analysis.link.kinds import Fn
from ...analysis.link.libraries.fixtures import is_fixture, name_of
from ...analysis.link.program import Key, Program
from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FunctionNode
from ...analysis.view import View, Views
from ..draft import Draft
from ..objects.expiry.expiry import Expiry
from ..words import SESSIONS, TEST_CLIENTS
from .overrides import OVERRIDES, given_by, given_instead, provider_of, statements_of

_CHANGING = frozenset({"post", "put", "patch", "delete", "request"})
"""Requests after which something may be committed; `get` is taken to read."""


class Requests:
    """Of all tests, where any of those that have sessions shares its own with the application."""

    def __init__(self, views: Views, draft: Draft, tests: tuple[str, ...]) -> None:
        modules = views.inference.program.modules.items()
        is_shared = any(_shares(views, views.of(path), draft) for path in tests)
        self.tests = frozenset(path for path, each in modules if each.facts.is_test and is_shared)

    def may_commit(self, view: View, call: ast.Call) -> bool:
        func = call.func
        return (
            view.path in self.tests
            and isinstance(func, ast.Attribute)
            and func.attr in _CHANGING
            and view.instance(func.value) in TEST_CLIENTS
        )


def turn_sharing(expiry: Expiry, draft: Draft, paths: frozenset[str]) -> None:
    """Tests with the session at hand can load their objects again, in files that may change."""
    for function, view, node, statement, call in expiry.commits.of_sync_tests():
        can_turn = _may_turn(view, function, node) and expiry.commits.own_session(view, call) is not None
        if can_turn and function.path in paths and expiry.expires(view, node, statement, call):
            draft.functions.add(function)


def keep_for_sync_tests(expiry: Expiry, draft: Draft) -> None:
    for _, view, node, statement, call in expiry.commits.of_sync_tests():
        if expiry.expires(view, node, statement, call):
            draft.keep_loaded(view, statement, "a test reads its objects after a request")


def keep_for_fixtures(expiry: Expiry, draft: Draft) -> None:
    """What a fixture gives is expired by what another one commits, and read later by a function that it has
    made: nobody can load it again there."""
    program = expiry.program
    fixtures = {
        function: name_of(program, function)
        for function in sorted(expiry.commits.committing & draft.functions)
        if program.modules[function.path].facts.is_test and is_fixture(program, function)
    }
    for function, name in fixtures.items():
        view = expiry.views.of(function.path)
        node = view.file.function(program.scope(function).span)
        others = frozenset(fixtures.values()) - {name}
        if node is None:
            continue
        given = [each for statement in statements_of(node) if (each := given_by(statement)) is not None]
        is_beside = _asks_beside(program, name, others) and any(_holds(expiry, view, g) for g in given)
        if is_beside or _is_kept(expiry, view, node):
            draft.keep_loaded(view, node, f"what {node.name} gives is read after other commits")


def _asks_beside(program: Program, name: str, others: frozenset[str]) -> bool:
    """Does a test, or a fixture, ask for it and for another one?"""
    scopes = (program.scope(key) for key in program.functions() if program.modules[key.path].facts.is_test)
    asked = ({parameter.name for parameter in scope.parameters} for scope in scopes)
    return any(name in each and others & each for each in asked)


def _holds(expiry: Expiry, view: View, given: ast.expr) -> bool:
    values = given.elts if isinstance(given, ast.Tuple) else [given]
    return any(expiry.mapped.holds(view.kinds(value)) is not None for value in values)


def _is_kept(expiry: Expiry, view: View, node: FunctionNode) -> bool:
    """`app.dependency_overrides[get_user] = lambda: user`"""
    inner = [each for each in walk(node) if isinstance(each, (*FUNCTIONS, ast.Lambda)) and each is not node]
    names = (name for each in inner for name in ast.walk(each) if isinstance(name, ast.Name))
    return any(expiry.mapped.holds(view.kinds(name)) is not None for name in names)


def _may_turn(view: View, function: Key, node: FunctionNode) -> bool:
    """A function that pytest calls, and nobody else."""
    cls = view.program.enclosing_class(function)
    is_plain = cls is None or not view.program.scope(cls).bases
    marks = (ast.unparse(each).startswith("pytest.mark.") for each in node.decorator_list)
    return is_plain and node.name.startswith("test") and all(marks)


def _shares(views: Views, view: View, draft: Draft) -> bool:
    for node in walk(view.file.tree) if OVERRIDES in view.file.text else ():
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            continue
        if provider_of(views, view, draft, node) is None:
            continue
        if any(_gives_own(views, view, value) for value in given_instead(view, node)):
            return True
    return False


def _gives_own(views: Views, view: View, value: ast.expr) -> bool:
    """Is it a session that was there before the application asked for one?"""
    if isinstance(value, ast.Lambda):
        return isinstance(value.body, ast.Name) and view.instance(value.body) in SESSIONS
    for kind in view.kinds(value):
        home = views.of(kind.key.path) if isinstance(kind, Fn) else view
        node = home.file.function(home.program.scope(kind.key).span) if isinstance(kind, Fn) else None
        bound = (
            {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            if node
            else ()
        )
        for statement in statements_of(node) if node is not None else ():
            given = given_by(statement)
            if isinstance(given, ast.Name) and given.id not in bound and home.instance(given) in SESSIONS:
                return True
    return False
