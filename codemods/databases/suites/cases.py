"""Tests of unittest that turn: another base class awaits them.

    class TestUsers(unittest.TestCase):                class TestUsers(unittest.IsolatedAsyncioTestCase):
        def setUp(self):                         ->        async def asyncSetUp(self):
            self.db = SessionLocal()                           self.db = SessionLocal()

https://docs.python.org/3/library/unittest.html#unittest.IsolatedAsyncioTestCase
"""

from __future__ import annotations

import ast

from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.callers.entered import new_name
from ...analysis.link.classes.hooks import TEST_CASES
from ...analysis.link.libraries.fixtures import is_fixture
from ...analysis.link.program import Key
from ...analysis.syntax import span_of
from ...analysis.view import Views
from ...model import Code, ImportNeed, ReplaceExpression, slot
from ..draft import Draft
from .loops import bound_in_tests

_ASYNC = ImportNeed("unittest", "IsolatedAsyncioTestCase")


def is_test_case(views: Views, cls: Key | None) -> bool:
    """Does unittest run its tests?"""
    return cls is not None and any(step in TEST_CASES for step in views.inference.classes.mro(cls))


def turn_test_cases(views: Views, callers: Callers, draft: Draft) -> None:
    """Puts the base class of all that turns in its place."""
    program = views.inference.program
    turned: set[Key] = set()
    for function in sorted(draft.functions):
        cls = program.enclosing_class(function)
        if cls is not None and is_test_case(views, cls):
            turned.add(cls)
            is_called = new_name(views.inference, function) and callers.calls(function)
            if is_called or is_fixture(program, function):
                view, name = views.of(function.path), program.scope(function).qualname
                node = view.file.function(program.scope(function).span) or view.file.tree
                draft.obstacle(view, node, f"{name} is run by more than unittest, which awaits it")
    classes = views.inference.classes
    for step in sorted({step for cls in turned for step in classes.mro(cls) if isinstance(step, Key)}):
        view = views.of(step.path)
        span = program.scope(step).span
        bases = [base for n in view.file.of_kind(ast.ClassDef) if span_of(n) == span for base in n.bases]
        for base in bases:
            if view.external(base) not in TEST_CASES:
                continue
            text, needs = slot(0), [_ASYNC]
            if isinstance(base, ast.Attribute):
                text, needs = f"{view.source(base.value)}.{_ASYNC.name}", []
            draft.edit(view, ReplaceExpression(span_of(base), Code(text, tuple(needs))))
            if bound := bound_in_tests(views, draft):
                own = min(bound).partition("+")[2]
                said = f"unittest has a loop for each test, and connections of {own} belong to one loop"
                draft.obstacle(view, base, said)
