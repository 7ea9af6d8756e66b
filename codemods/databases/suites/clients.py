"""Test clients on the loop of the tests, where connections of the driver belong to one event loop.

    with TestClient(app) as client:          async with AsyncClient(
        yield client                 ->          transport=ASGITransport(app=app), base_url="http://testserver",
                                                 follow_redirects=True) as client:
                                             yield client

    client.get("/items")             ->      await client.get("/items")

A `TestClient` runs the application on a loop of its own, another one for each client, and the pool hands it
connections of the last: https://fastapi.tiangolo.com/advanced/async-tests/
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops
"""

from __future__ import annotations

import ast
import re

from ...analysis.syntax import holds, span_of
from ...analysis.view import View, Views
from ...model import (
    AsyncStatement,
    Code,
    Dependency,
    ImportNeed,
    InsertStatements,
    ReplaceExpression,
    Startup,
    slot,
)
from ..connections.drivers import Declared
from ..connections.sessions import await_call, may_await
from ..draft import Draft
from ..words import TEST_CLIENTS

_AWAITED = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request"})
_KEPT = frozenset({"headers", "cookies", "base_url"})
_PASSED = frozenset({"headers", "cookies", "follow_redirects", "base_url", "raise_server_exceptions"})
_CLIENT = ImportNeed("httpx", "AsyncClient")
_TRANSPORT = ImportNeed("httpx", "ASGITransport")
_HTTPX = Dependency("httpx", ">=0.27", "the tests' client")
_STARTS = re.compile(r"\blifespan\b|\bon_event\(|\bon_startup\b")
_RUNNING = "running_client"


def convert_clients(views: Views, draft: Draft, declared: Declared) -> None:
    """Every `TestClient` of the tests becomes an `AsyncClient`; what has no equal is an obstacle."""
    program = views.inference.program
    tests = [path for path in sorted(program.modules) if program.modules[path].facts.is_test]
    application = _application(views, tests)
    starts = starts_by_itself(views) or any(isinstance(each, Startup) for each in draft.support)
    for path in tests:
        view = views.of(path)
        for node in ast.walk(view.file.tree):
            if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                if view.external(node) in TEST_CLIENTS:
                    _reference(view, draft, node, starts=starts)
                elif view.instance(node) in TEST_CLIENTS:
                    _use(view, draft, node, application)
    if tests and not declared.has("httpx"):
        draft.support.append(_HTTPX)


def _application(views: Views, tests: list[str]) -> ImportNeed | None:
    """The one that all clients are made with, where it stands at the top of a module."""
    found: set[ImportNeed | None] = set()
    for view in map(views.of, tests):
        for call in view.file.of_kind(ast.Call):
            if view.external(call.func) in TEST_CLIENTS:
                first = call.args[0] if call.args else None
                found.add(view.import_of(first) if isinstance(first, ast.Name) else None)
    return found.pop() if len(found) == 1 else None


def starts_by_itself(views: Views) -> bool:
    """Does the application do something at its start already?"""
    modules = views.inference.program.modules
    app = (path for path in modules if not modules[path].facts.is_test)
    return any(_STARTS.search(views.of(path).file.text) for path in app)


def _reference(view: View, draft: Draft, node: ast.Name | ast.Attribute, *, starts: bool) -> None:
    above = view.file.parents[node]
    if isinstance(above, ast.Call) and above.func is node:
        _made(view, draft, above, starts=starts)
    elif isinstance(above, ast.ClassDef):
        draft.obstacle(view, node, f"{above.name} is a TestClient of the project's own")
    else:
        draft.edit(view, ReplaceExpression(span_of(node), Code(slot(0), (_CLIENT,))))


def _made(view: View, draft: Draft, call: ast.Call, *, starts: bool) -> None:
    """`TestClient(app)`: with its base URL and its way with redirects."""
    keywords = {keyword.arg: view.source(keyword.value) for keyword in call.keywords}
    app = view.source(call.args[0]) if len(call.args) == 1 else keywords.pop("app", None)
    if app is None or len(call.args) > 1 or not keywords.keys() <= _PASSED:
        draft.obstacle(view, call, "a TestClient with arguments that an httpx client does not have")
        return
    raises = keywords.pop("raise_server_exceptions", None)
    options = {"base_url": '"http://testserver"', "follow_redirects": "True", **keywords}
    shown = "".join(f", {name}={text}" for name, text in options.items())
    more = f", raise_app_exceptions={raises}" if raises else ""
    made = f"{slot(0)}(transport={slot(1)}(app={app}{more}){shown})"
    above = view.file.parents[call]
    if not isinstance(above, ast.withitem):
        draft.edit(view, ReplaceExpression(span_of(call), Code(made, (_CLIENT, _TRANSPORT))))
        return
    statement = view.file.statement(call)
    if (
        not isinstance(statement, ast.With)
        or len(statement.items) > 1
        or not may_await(view, draft, statement)
    ):
        draft.obstacle(view, call, "one `with` enters a TestClient and something that is not async")
        return
    draft.edit(view, AsyncStatement(span_of(statement)))
    draft.awaited(view, call)
    if starts:
        _insert_running(view, draft, statement, made)
        made = f"{_RUNNING}({app})"
    draft.edit(view, ReplaceExpression(span_of(call), Code(made, () if starts else (_CLIENT, _TRANSPORT))))


def _insert_running(view: View, draft: Draft, statement: ast.stmt, made: str) -> None:
    """An httpx client starts no application by itself."""
    if _RUNNING in view.file.text:
        draft.obstacle(view, statement, f"the name {_RUNNING} is taken")
        return
    needs = (
        _CLIENT,
        _TRANSPORT,
        ImportNeed("contextlib", "asynccontextmanager"),
        ImportNeed("fastapi", "FastAPI"),
        ImportNeed("collections.abc", "AsyncIterator"),
    )
    made = re.sub(r"\(app=[^,)]*", "(app=app", made, count=1)
    text = (
        f"@{slot(2)}\n"
        f"async def {_RUNNING}(app: {slot(3)}) -> {slot(4)}[{slot(0)}]:\n"
        '    """The application is started and stopped around the client."""\n'
        f"    async with app.router.lifespan_context(app):\n"
        f"        async with {made} as client:\n"
        "            yield client\n"
    )
    top = next(s for s in view.file.tree.body if s is statement or holds(s, statement))
    draft.edit(view, InsertStatements(span_of(top), Code(text, needs)))


def _use(view: View, draft: Draft, node: ast.expr, application: ImportNeed | None) -> None:
    above = view.file.parents[node]
    if not isinstance(above, ast.Attribute) or above.value is not node:
        if isinstance(above, ast.withitem):
            draft.obstacle(view, node, "a TestClient that is made before it is entered")
        return
    call = view.file.parents[above]
    if above.attr in _AWAITED and isinstance(call, ast.Call) and call.func is above:
        await_call(view, draft, call)
    elif above.attr == "app" and application is not None:
        draft.edit(view, ReplaceExpression(span_of(above), Code(slot(0), (application,))))
    elif above.attr not in _KEPT:
        text = f"{view.in_a_line(above)}: an httpx client on the loop of the tests has no equal"
        draft.obstacle(view, above, text)
