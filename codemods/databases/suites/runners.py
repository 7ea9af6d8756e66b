"""Test suites whose tests or fixtures turn: somebody has to run their coroutines.

anyio's plugin comes with Starlette; one fixture for the whole session makes it run every coroutine on one
loop:
https://anyio.readthedocs.io/en/stable/testing.html#specifying-the-backends-to-run-on
"""

from __future__ import annotations

import ast
import os.path

from ...analysis.link.libraries.fixtures import is_fixture
from ...analysis.link.program import Key
from ...analysis.syntax import span_of
from ...analysis.view import Views
from ...model import (
    AddDecorator,
    AppendCode,
    Code,
    ImportNeed,
    InsertStatements,
    NewFile,
    ReplaceExpression,
    slot,
)
from ..connections.drivers import Declared
from ..draft import Draft
from .cases import is_test_case
from .loops import bound_in_tests

_ONE_LOOP = r"asyncio_default_test_loop_scope\W+session"
_PYTEST = ImportNeed("pytest")
_BACKEND = '@{0}.fixture(scope="session", autouse=True)\ndef anyio_backend() -> str:\n    return "asyncio"\n'


def run_coroutines(views: Views, draft: Draft, declared: Declared) -> None:
    program = views.inference.program
    turned = sorted(
        f for f in draft.functions if program.modules[f.path].facts.is_test and not program.scope(f).is_async
    )
    turned = [f for f in turned if not is_test_case(views, program.enclosing_class(f))]
    ours = [f for f in turned if program.scope(f).name.startswith("test") or is_fixture(program, f)]
    if not ours:
        return
    if declared.has(r"pytest[-_.]asyncio"):
        if (bound := bound_in_tests(views, draft)) and not declared.has(_ONE_LOOP):
            view = views.of(ours[0].path)
            node = view.file.function(program.scope(ours[0]).span) or view.file.tree
            driver = min(bound).partition("+")[2]
            text = f"pytest-asyncio has a loop for each test, and connections of {driver} belong to one loop"
            hint = 'set asyncio_default_fixture_loop_scope and asyncio_default_test_loop_scope to "session"'
            draft.obstacle(view, node, text, hint)
        if not declared.has(r"asyncio_mode\W+auto"):
            _mark(views, draft, ours)
        return
    paths = sorted({f.path for f in ours})
    conftest = conftest_above(views, paths)
    backends = _backends(views)
    if any(is_autouse and _reaches(path, paths) for path, (_, is_autouse) in backends.items()):
        return
    if conftest in backends:
        _use_always(views, draft, conftest, backends[conftest][0])
    elif conftest in program.modules:
        _insert(views, draft, conftest)
    else:
        draft.support.append(NewFile(conftest, "import pytest\n\n\n" + _BACKEND.format("pytest")))


def conftest_above(views: Views, paths: list[str]) -> str:
    """The outermost conftest above all of them, or the place for a new one."""
    folder = os.path.dirname(paths[0])
    while not all(path.startswith(f"{folder}/") for path in paths) and folder:
        folder = os.path.dirname(folder)
    program = views.inference.program
    found = [p for p in program.modules if os.path.basename(p) == "conftest.py"]
    above = [p for p in found if not os.path.dirname(p) or f"{folder}/".startswith(f"{os.path.dirname(p)}/")]
    return min(above, key=len) if above else f"{folder}/conftest.py".lstrip("/")


def _backends(views: Views) -> dict[str, tuple[ast.expr, bool]]:
    """The suite's own `anyio_backend` fixtures by file: the decorator, and whether every test uses it."""
    found: dict[str, tuple[ast.expr, bool]] = {}
    program = views.inference.program
    for key in program.decorators_by_name.get("fixture", ()):
        view = views.of(key.path)
        node = view.file.function(program.scope(key).span)
        if node is None or node.name != "anyio_backend":
            continue
        for decorator in node.decorator_list:
            func = decorator.func if isinstance(decorator, ast.Call) else decorator
            if view.external(func) != "pytest.fixture":
                continue
            given = decorator.keywords if isinstance(decorator, ast.Call) else []
            always = any(k.arg == "autouse" and ast.unparse(k.value) == "True" for k in given)
            found[key.path] = (decorator, always)
    return found


def _reaches(path: str, paths: list[str]) -> bool:
    """Are the fixtures of the file seen by all of the others?"""
    folder = os.path.dirname(path)
    is_shared = os.path.basename(path) == "conftest.py"
    return all(p == path or (is_shared and (not folder or p.startswith(f"{folder}/"))) for p in paths)


def _use_always(views: Views, draft: Draft, path: str, decorator: ast.expr) -> None:
    """A fixture that only marked tests ask for runs nothing in the others."""
    view = views.of(path)
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    given = [*decorator.args, *decorator.keywords] if isinstance(decorator, ast.Call) else []
    kept = [view.source(each) for each in given if getattr(each, "arg", None) != "autouse"]
    text = f"{view.source(func)}({', '.join([*kept, 'autouse=True'])})"
    draft.edit(view, ReplaceExpression(span_of(decorator), Code(text)))


def _insert(views: Views, draft: Draft, path: str) -> None:
    """Above the first definition of the conftest."""
    view = views.of(path)
    code = Code(_BACKEND.format(slot(0)), (_PYTEST,))
    body = view.file.tree.body
    anchor = next(
        (s for s in body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))), None
    )
    if anchor is not None:
        draft.edit(view, InsertStatements(span_of(anchor), code))
    elif body:
        draft.edit(view, InsertStatements(span_of(body[-1]), code, after=True))
    else:
        draft.edit(view, AppendCode(code))


def _mark(views: Views, draft: Draft, functions: list[Key]) -> None:
    """pytest-asyncio in its strict mode runs what is marked."""
    program = views.inference.program
    for function in functions:
        view = views.of(function.path)
        node = view.file.function(program.scope(function).span)
        if node is None:
            continue
        if not is_fixture(program, function):
            draft.edit(view, AddDecorator(span_of(node), Code(f"{slot(0)}.mark.asyncio", (_PYTEST,))))
            continue
        for decorator in node.decorator_list:
            func = decorator.func if isinstance(decorator, ast.Call) else decorator
            if view.external(func) == "pytest.fixture":
                code = Code(f"{slot(0)}.fixture", (ImportNeed("pytest_asyncio"),))
                draft.edit(view, ReplaceExpression(span_of(func), code))
