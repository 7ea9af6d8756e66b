"""What tests put in the place of a provider, where they follow the application: it must be known.

def temp_db(test):
    def func(SessionLocal, *args):          # pytest finds the fixture by the name of the parameter
        def override_get_db():
            db = SessionLocal()             # async from now on, and `close()` would not be awaited
            yield db
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ...analysis.link.kinds import Fn, is_known
from ...analysis.nodes import walk
from ...analysis.view import View, Views
from ..draft import Draft
from .overrides import given_by, given_instead, provider_of, statements_of


def check_unknown_sessions(views: Views, draft: Draft, tests: Iterable[str]) -> None:
    for path in tests:
        view = views.of(path)
        for node in walk(view.file.tree):
            is_read = isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
            if isinstance(node, ast.expr) and is_read and provider_of(views, view, draft, node) is not None:
                for value in given_instead(view, node):
                    _check(views, view, draft, value)


def _check(views: Views, view: View, draft: Draft, value: ast.expr) -> None:
    for kind in view.kinds(value):
        home = views.of(kind.key.path) if isinstance(kind, Fn) else view
        scope = view.program.scope(kind.key) if isinstance(kind, Fn) else None
        node = home.file.function(scope.span) if scope is not None and not scope.is_async else None
        for given in map(given_by, statements_of(node)) if node is not None else ():
            if given is not None and not is_known(home.kinds(given)):
                text = f"a test gives the application {home.in_a_line(given)}, and nobody knows what that is"
                draft.obstacle(home, given, text, "annotate the value with its class")
