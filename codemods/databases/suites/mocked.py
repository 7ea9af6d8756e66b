"""Tests that hand the application a mock of a session: what they tell `query()` to give, nobody would ask.

session = MagicMock(spec=Session)
session.query().filter().first.return_value = user
app.dependency_overrides[get_db] = lambda: session
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.kinds import Fn
from ...analysis.nodes import walk
from ...analysis.view import View, Views
from ..draft import Draft
from .async_mocks import MOCKS
from .overrides import OVERRIDES, given_by, given_instead, provider_of, statements_of


def check_mocked(views: Views, draft: Draft, tests: tuple[str, ...]) -> None:
    for path in tests:
        view = views.of(path)
        for node in walk(view.file.tree) if OVERRIDES in view.file.text else ():
            if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
                continue
            if provider_of(views, view, draft, node) is None:
                continue
            for value in given_instead(view, node):
                if any(home.instance(given) in MOCKS for home, given in _what(views, view, value)):
                    draft.obstacle(view, value, "a test hands the application a mock of a session")


def _what(views: Views, view: View, value: ast.expr) -> Iterator[tuple[View, ast.expr]]:
    """What the application is given by a lambda or by a function."""
    if isinstance(value, ast.Lambda):
        yield view, value.body
    for kind in view.kinds(value):
        if isinstance(kind, Fn):
            home = views.of(kind.key.path)
            node = home.file.function(view.program.scope(kind.key).span)
            for statement in statements_of(node) if node is not None else ():
                given = given_by(statement)
                if given is not None:
                    yield home, given
