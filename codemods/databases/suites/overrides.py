"""Tests with a database of their own keep their sync sessions; only what they hand the application changes.

    def override_get_db():                               async def override_get_db():
        try:                                                 try:
            yield session                    ->                  async with AsyncSession(async_engine) as s:
        finally:                                                     yield s
            session.close()                                  finally:
                                                                 session.close()

The application works on the same database through an async engine without a pool: a TestClient may run
every request
on another loop. What lives in memory or in a transaction that is rolled back has one connection only:
there the async
session is a view of the sync one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec

from ...analysis.index.bindings import Import
from ...analysis.link.kinds import Cls, Fn, Inst
from ...analysis.link.names import lookup
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, given_to, walk
from ...analysis.syntax import FunctionNode, holds, last_name, span_of
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, InsertStatements, ReplaceExpression, ReplaceStatements, TurnAsync, slot
from ..connections.drivers import Declared
from ..connections.urls import Finder
from ..draft import Draft
from ..types import references
from ..words import ASYNC_OF, ASYNCIO, CREATE_ENGINE, ENGINE, MAKER, SESSIONS
from .session_views import factory_of, view_of

OVERRIDES = "dependency_overrides"
_NULL_POOL = ImportNeed("sqlalchemy.pool", "NullPool")
_IN_MEMORY = re.compile(r"^sqlite(\+\w+)?:(//)?$|:memory:|mode=memory")
_KEPT_OPTIONS = ("autoflush", "expire_on_commit")
_ASYNC_SESSIONS = frozenset(f"{ASYNC_OF[name].module}.AsyncSession" for name in SESSIONS)
_TURNED = SESSIONS | {ENGINE, MAKER}
_SAME_OF_ENGINES = frozenset({"url", "dialect", "name", "driver"})


def convert_overrides(views: Views, draft: Draft, tests: tuple[str, ...], declared: Declared) -> None:
    for path in tests:
        view = views.of(path)
        for node in walk(view.file.tree):
            if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                provider = provider_of(views, view, draft, node)
                if provider is not None:
                    _override(views, view, draft, node, provider, declared)
                elif _is_of_the_application(view, node):
                    text = f"a test with a database of its own uses {view.source(node)} of the application"
                    draft.obstacle(view, node, text)
            elif isinstance(node, ast.Call):
                _hand_over(views, view, draft, node)


def _hand_over(views: Views, view: View, draft: Draft, call: ast.Call) -> None:
    """`UnitOfWork(sessionmaker(engine))`: the application makes sessions with what the test hands over."""
    factories = [each for each in given_to(call) if view.instance(each) == MAKER]
    kinds = view.callees(call) if factories else ()
    if any(isinstance(kind, (Cls, Fn)) and _turns(view, draft, kind) for kind in kinds):
        for each in factories:
            draft.edit(view, ReplaceExpression(span_of(each), factory_of(views, view, draft, each)))


def _turns(view: View, draft: Draft, called: Cls | Fn) -> bool:
    """Is it a function of the application that awaits its sessions, or a class that has one?"""
    program = view.program
    if program.modules[called.key.path].facts.is_test:
        return False
    owners = (program.enclosing_class(key) for key in draft.functions)
    return called.key in draft.functions or (isinstance(called, Cls) and called.key in owners)


def provider_of(views: Views, view: View, draft: Draft, node: ast.expr) -> Key | None:
    """The function of the database that a name in a test means."""
    parent = view.file.parents[node]
    if isinstance(parent, ast.Attribute):
        return None
    for kind in view.kinds(node):
        if isinstance(kind, Fn) and kind.key.path != view.path:
            home = views.of(kind.key.path)
            if not home.module.is_test and (kind.key in draft.generators or gives_session(home, kind.key)):
                return kind.key
    return None


def gives_session(view: View, function: Key) -> bool:
    """`def get_db(): return SessionLocal()` awaits nothing; what it gives is async all the same."""
    node = view.file.function(view.program.scope(function).span)
    given = [given_by(s) for s in statements_of(node)] if node is not None else []
    return any(each is not None and view.instance(each) in SESSIONS for each in given)


def _is_of_the_application(view: View, node: ast.Name | ast.Attribute) -> bool:
    """Its engine, factory or session, which is async from now on; the names of an engine stay as they are."""
    above = view.file.parents[node]
    if isinstance(above, ast.Attribute) and above.attr in _SAME_OF_ENGINES:
        return False
    if not any(isinstance(kind, Inst) and kind.name in _TURNED for kind in view.kinds(node)):
        return False
    if isinstance(node, ast.Attribute):
        need = view.module_of(node)
        modules = [need.module] if need is not None else []
    else:
        found = lookup(view.program, view.key(node), node.id)
        values = [each.binding.value for each in found] if isinstance(found, list) else []
        modules = [view.program.absolute(v, view.path) for v in values if isinstance(v, Import)]
    paths = [view.program.module_path(module) for module in modules]
    return any(path is not None and not view.program.modules[path].facts.is_test for path in paths)


def _override(
    views: Views, view: View, draft: Draft, node: ast.expr, provider: Key, declared: Declared
) -> None:
    values = given_instead(view, node)
    for value in values:
        _replacement(views, view, draft, value, declared)
    if not values and not _is_called(view, node) and not _is_taken_away(view, node):
        name = view.program.scope(provider).name
        draft.obstacle(view, node, f"a test uses {name} in a way that is not followed")


def given_instead(view: View, node: ast.expr) -> list[ast.expr]:
    """The values for which a provider stands as a key; none where it stands elsewhere."""
    above = view.file.parents[node]
    if isinstance(above, ast.Dict) and node in above.keys:
        return [above.values[above.keys.index(node)]]
    if isinstance(above, ast.Call) and last_name(above.func) == "setitem" and node in above.args[1:2]:
        return above.args[2:] or [keyword.value for keyword in above.keywords]
    if isinstance(above, ast.Subscript) and last_name(above.value) == OVERRIDES:
        return [value for target, value in bound_plainly(view.file.parents[above]) if target is above]
    return []


def _is_called(view: View, node: ast.expr) -> bool:
    """Then it is seen as a call."""
    above = view.file.parents[node]
    return isinstance(above, ast.Call) and above.func is node


def _is_taken_away(view: View, node: ast.expr) -> bool:
    """`app.dependency_overrides.pop(get_db)`, `monkeypatch.delitem(app.dependency_overrides, get_db)`, or
    `del app.dependency_overrides[get_db]`"""
    above = view.file.parents[node]
    if isinstance(above, ast.Call):
        return last_name(above.func) in ("pop", "delitem")
    is_item = isinstance(above, ast.Subscript) and last_name(above.value) == OVERRIDES
    return is_item and isinstance(view.file.parents[above], ast.Delete)


def _replacement(views: Views, view: View, draft: Draft, value: ast.expr, declared: Declared) -> None:
    if isinstance(value, ast.Lambda):
        if view.instance(value.body) in SESSIONS:
            made = view_of(views, view, draft, value.body)
            draft.edit(view, ReplaceExpression(span_of(value.body), made))
        else:
            draft.obstacle(view, value, "the override of the provider gives something that is no session")
        return
    functions = [kind.key for kind in view.kinds(value) if isinstance(kind, Fn)]
    node = (
        views.of(functions[0].path).file.function(view.program.scope(functions[0]).span)
        if len(functions) == 1
        else None
    )
    if node is None:
        draft.obstacle(view, value, "the override of the provider cannot be found")
    else:
        _function(views, views.of(functions[0].path), draft, node, declared)


def _function(views: Views, view: View, draft: Draft, node: FunctionNode, declared: Declared) -> None:
    gives = [s for s in statements_of(node) if given_by(s) is not None]
    is_async = isinstance(node, ast.AsyncFunctionDef)
    if is_async and gives and all(view.instance(given_by(s) or node) in _ASYNC_SESSIONS for s in gives):
        return
    if len(gives) != 1 or view.instance(given_by(gives[0]) or node) not in SESSIONS:
        draft.obstacle(view, node, f"{node.name} gives the application something that is no session")
        return
    given = given_by(gives[0])
    assert given is not None
    if _is_of_application(view, given):
        draft.obstacle(view, node, f"{node.name} gives what the application itself makes, and that turns")
        return
    if not is_async:
        draft.edit(view, TurnAsync(span_of(node)))
    for name, means in references(view):
        if node.returns is not None and means in SESSIONS and holds(node.returns, name):
            draft.edit(view, ReplaceExpression(span_of(name), Code(slot(0), (ASYNC_OF[means],))))
    if not is_async:
        draft.turn_generator(view, node)
    engine = _engine(views, view, declared)
    if engine is None:
        code = view_of(views, view, draft, given)
        draft.edit(view, ReplaceExpression(span_of(given), code))
        text = "tests hand the application an async view of their own session"
        draft.note(view, node, f"{text}, which loads lazily where a real async session would not")
        return
    code = _entered(view, engine, given)
    whole = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if _only_makes_a_session(view, whole, given):
        draft.edit(view, ReplaceStatements(span_of(whole[0]), span_of(whole[-1]), code))
    else:
        draft.edit(view, ReplaceStatements(span_of(gives[0]), span_of(gives[0]), code))
    _async_engine(view, draft, engine, declared, views)


def _is_of_application(view: View, given: ast.expr) -> bool:
    """`return get_db()`: by then that is an async session, and of another engine than that of the tests."""
    keys = view.functions_called(given) if isinstance(given, ast.Call) else ()
    return any(not view.program.modules[key.path].facts.is_test for key in keys)


def statements_of(node: FunctionNode) -> Iterator[ast.stmt]:
    todo: list[ast.AST] = list(node.body)
    while todo:
        current = todo.pop()
        if isinstance(current, ast.stmt):
            yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(current))


def given_by(statement: ast.stmt) -> ast.expr | None:
    """What a statement yields or returns."""
    if isinstance(statement, ast.Return):
        return statement.value
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield):
        return statement.value.value
    return None


def _only_makes_a_session(view: View, body: list[ast.stmt], given: ast.expr) -> bool:
    """`db = Testing(); try: yield db; finally: db.close()` and its kin: nothing else is lost with the
    body."""
    name = given.id if isinstance(given, ast.Name) else ""
    if not name or name not in {
        n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }:
        return False
    calls = [n for s in body for n in ast.walk(s) if isinstance(n, ast.Call)]
    closes = [c for c in calls if ast.unparse(c) == f"{name}.close()"]
    makes = [c for c in calls if c not in closes]
    return len(makes) == 1 and view.instance(makes[0]) in SESSIONS


def _entered(view: View, engine: _Engine, given: ast.expr) -> Code:
    options = "".join(f", {text}" for text in _options(view))
    made = f"{slot(0)}(async_{engine.name}{options})"
    text = f"async with {made} as async_session:\n    yield async_session"
    return Code(text, (ASYNC_OF[view.instance(given)],))


def _options(view: View) -> Iterator[str]:
    """What the tests' own factory is told."""
    for node in walk(view.file.tree):
        if isinstance(node, ast.Call) and view.external(node.func) == "sqlalchemy.orm.sessionmaker":
            yield from (view.source(k) for k in node.keywords if k.arg in _KEPT_OPTIONS)
            return


class _Engine(msgspec.Struct, frozen=True):
    name: str
    statement: ast.stmt
    made: ast.Call


def _engine(views: Views, view: View, declared: Declared) -> _Engine | None:
    """The engine that the file makes at its top, unless what it connects to has one connection only."""
    found = [
        _Engine(target.id, statement, value)
        for statement in view.file.tree.body
        for target, value in bound_plainly(statement)[:1]
        if isinstance(target, ast.Name) and isinstance(value, ast.Call)
        if view.external(value.func) == CREATE_ENGINE
    ]
    if len(found) != 1 or "connection" in view.file.text or "begin_nested" in view.file.text:
        return None
    call = found[0].made
    if "StaticPool" in ast.unparse(call) or not call.args:
        return None
    written = Finder(views).literal(view, call.args[0])
    if written is None or _IN_MEMORY.search(str(getattr(written.node, "value", ""))):
        return None
    return found[0] if declared.async_driver(written.scheme) else None


def _async_engine(view: View, draft: Draft, engine: _Engine, declared: Declared, views: Views) -> None:
    written = Finder(views).literal(view, engine.made.args[0])
    driver = declared.async_driver(written.scheme) if written else ""
    name = engine.name
    url = f"{name}.url" if written and driver == written.scheme else f'{name}.url.set(drivername="{driver}")'
    needs = (ImportNeed(ASYNCIO, "create_async_engine"), _NULL_POOL)
    code = Code(f"async_{name} = {slot(0)}({url}, poolclass={slot(1)})", needs)
    draft.edit(view, InsertStatements(span_of(engine.statement), code, after=True))
