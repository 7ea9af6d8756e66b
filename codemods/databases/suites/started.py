"""Tests that never started the application, which did at import what it does at its start from now on.

client = TestClient(app)        ->      client = TestClient(app)


                                        @pytest.fixture(scope="module", autouse=True)
                                        def started_application() -> Iterator[None]:
                                            with client:
                                                yield

https://fastapi.tiangolo.com/advanced/testing-events/
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from ...analysis.link.libraries.fixtures import is_fixture
from ...analysis.nodes import BINDINGS, bound_alone, walk
from ...analysis.scopes import own_nodes
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View, Views
from ...async_generators.bodies import free_name
from ...model import (
    Code,
    EnterUntil,
    ImportNeed,
    InsertStatements,
    ReplaceExpression,
    ReplaceStatements,
    Startup,
    slot,
)
from ..draft import ENTERED, Draft
from ..words import TEST_CLIENTS
from .clients import starts_by_itself

_FIXTURE = "started_application"
_ITERATOR = ImportNeed("collections.abc", "Iterator")


def start_clients(views: Views, draft: Draft) -> None:
    """Every `TestClient` is entered, where that starts nothing but what was done at import; what is not
    followed is told by the note that the start has."""
    if not any(isinstance(each, Startup) for each in draft.support) or starts_by_itself(views):
        return
    is_done = True
    modules = views.inference.program.modules
    for path in sorted(path for path in modules if modules[path].facts.is_test):
        view = views.of(path)
        for node in ast.walk(view.file.tree):
            if isinstance(node, ast.Call) and view.external(node.func) in TEST_CLIENTS:
                is_done = _entered(view, draft, node) and is_done
    if is_done:
        draft.notes = [replace(note, hint="") if note.hint == ENTERED else note for note in draft.notes]


def _entered(view: View, draft: Draft, call: ast.Call) -> bool:
    statement, function = view.file.statement(call), view.function(call)
    if isinstance(statement, ast.With) and any(item.context_expr is call for item in statement.items):
        return True
    target, made = bound_alone(statement)
    if isinstance(statement, BINDINGS) and target is not None and made is call:
        if not isinstance(target, ast.Name) or f"with {target.id}" in view.file.text:
            return False
        if function is None:
            return _of_module(view, draft, statement, target.id)
        return _until_the_end(view, draft, function, statement, target.id)
    is_given = isinstance(statement, ast.Return) or isinstance(getattr(statement, "value", None), ast.Yield)
    if function is None or not is_given or getattr(statement, "value", call) is not _value(statement, call):
        return False
    return _of_fixture(view, draft, function, statement, call)


def _value(statement: ast.stmt, call: ast.Call) -> ast.expr | None:
    """`return call`, `yield call`: the value of the statement if it gives nothing but the call."""
    value: ast.expr | None = getattr(statement, "value", None)
    given = value.value if isinstance(value, ast.Yield) else value
    return value if given is call else None


def _of_module(view: View, draft: Draft, statement: ast.stmt, name: str) -> bool:
    if statement not in view.file.tree.body or _FIXTURE in view.file.text or _is_of_unittest(view):
        return False
    if any(_named(node, name) and view.function(node) is None for node in walk(view.file.tree)):
        return False  # it is asked at import already, before any fixture
    scope = "session" if view.path.endswith("conftest.py") else "module"
    text = (
        f'@{slot(0)}.fixture(scope="{scope}", autouse=True)\n'
        f"def {_FIXTURE}() -> {slot(1)}[None]:\n"
        f"    with {name}:\n"
        "        yield\n"
    )
    code = Code(text, (ImportNeed("pytest"), _ITERATOR))
    draft.edit(view, InsertStatements(span_of(statement), code, after=True))
    return True


def _is_of_unittest(view: View) -> bool:
    """Its runner knows no fixtures, and pytest need not be there."""
    classes = (node for node in view.file.tree.body if isinstance(node, ast.ClassDef))
    return any(view.external(base).startswith("unittest.") for each in classes for base in each.bases)


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _of_fixture(
    view: View, draft: Draft, function: FunctionNode, statement: ast.stmt, call: ast.Call
) -> bool:
    if not _gives_once(view, function, statement):
        return False
    name = free_name(function, "client")
    made, needs = draft.rendered(view, call)
    text = f"{view.file.comments_above(statement)}with {made} as {name}:\n    yield {name}"
    draft.edit(view, ReplaceStatements(span_of(statement), span_of(statement), Code(text, needs)))
    if isinstance(statement, ast.Return):
        _annotate(view, draft, function)
    return True


def _until_the_end(view: View, draft: Draft, function: FunctionNode, statement: ast.stmt, name: str) -> bool:
    """The rest of a test or fixture stands below the `with`."""
    last = function.body[-1]
    if statement not in function.body or last is statement:
        return False
    if is_fixture(view.program, view.owner(statement)) and isinstance(last, ast.Return):
        if not isinstance(last.value, ast.Name) or last.value.id != name:
            return False
        if not _gives_once(view, function, last):
            return False
        draft.edit(view, ReplaceStatements(span_of(last), span_of(last), Code(f"yield {name}")))
        _annotate(view, draft, function)
    draft.edit(view, EnterUntil(span_of(statement), span_of(last), is_async=False))
    return True


def _gives_once(view: View, function: FunctionNode, statement: ast.stmt) -> bool:
    """Is it a fixture, and this all that it gives?"""
    gives = [n for n in own_nodes(function) if isinstance(n, (ast.Return, ast.Yield, ast.YieldFrom))]
    return is_fixture(view.program, view.owner(statement)) and len(gives) == 1


def _annotate(view: View, draft: Draft, function: FunctionNode) -> None:
    if function.returns is not None:
        code = Code(f"{slot(0)}[{view.source(function.returns)}]", (_ITERATOR,))
        draft.edit(view, ReplaceExpression(span_of(function.returns), code))
