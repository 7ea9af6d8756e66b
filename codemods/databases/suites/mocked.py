"""Tests that hand the application a mock of a session: what they tell `query()` to give, nobody would ask.

session = MagicMock(spec=Session)
session.query().filter().first.return_value = user
app.dependency_overrides[get_db] = lambda: session

Or an object of a class that they write for it. Or a mock of an engine, from which a session answers whatever
it is asked; an async one awaits the answers:

with patch("sqlmodel.Session", return_value=session):        with patch("app.start.AsyncSession", ...):
    init(MagicMock())                                   ->       await init(MagicMock())
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ...analysis.judge.callers.callers import Callers
from ...analysis.link.kinds import Fn, Obj
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.view import View, Views
from ..draft import Draft
from ..words import ENGINE, SESSIONS
from .async_mocks import MOCKS
from .overrides import OVERRIDES, given_by, given_instead, gives_session, provider_of, statements_of
from .patched import renamed_in, replace_class


def check_mocked(views: Views, draft: Draft, tests: tuple[str, ...]) -> None:
    for path in tests:
        view = views.of(path)
        for node in walk(view.file.tree) if OVERRIDES in view.file.text else ():
            if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
                continue
            provider = provider_of(views, view, draft, node)
            if provider is None:
                continue
            is_for_sessions = gives_session(views.of(provider.path), provider)
            for value in given_instead(view, node):
                for home, given in handed_by(views, view, value):
                    if home.instance(given) in MOCKS:
                        draft.obstacle(view, value, "a test hands the application a mock of a session")
                    elif is_for_sessions and (double := double_of(home, given)):
                        draft.obstacle(view, value, f"a test hands the application {double}, and no session")


def double_of(view: View, given: ast.expr) -> str:
    """A class of the project that stands in for a session: its methods give no awaitables, and an async
    session is asked other ones."""
    is_a = view.inference.classes.hierarchy.is_a
    doubles = [kind.key for kind in view.kinds(given) if isinstance(kind, Obj)]
    doubles = [key for key in doubles if not any(is_a(key, name) for name in SESSIONS)]
    return view.program.scope(doubles[0]).name if doubles else ""


def check_engines(views: Views, callers: Callers, draft: Draft, tests: tuple[str, ...]) -> None:
    """Where the class of the sessions is replaced as well, nobody looks at the engine."""
    changed = dict(renamed_in(views, draft))
    for path in tests:
        calls = [call for call in callers.patches.calls() if call.path == path]
        replaced = {name for call in calls for name in callers.patches.replaced_by(call)} & changed.keys()
        homes = {name.rpartition(".")[0] for name in replaced}
        view = views.of(path)
        for call in view.file.of_kind(ast.Call) if "Mock" in view.file.text else ():
            for key in view.functions_called(call):
                home = views.of(key.path)
                if key in draft.functions and home.module.module not in homes:
                    for given in _engines(view, call, home, key):
                        patched = _meant_for(view, callers, call, home, changed)
                        if patched is not None:
                            replace_class(view, draft, *patched)
                            continue
                        text = "a test gives it a mock of an engine, of which no async session can be made"
                        draft.obstacle(
                            view, given, text, "give it an engine, or replace the class of the sessions"
                        )


def _meant_for(
    view: View, callers: Callers, call: ast.Call, home: View, changed: Mapping[str, str]
) -> tuple[ast.Call, str, str] | None:
    """`with patch("sqlmodel.Session", ..): init(MagicMock())`: a patch that replaced nothing, as the module
    took the class by its name before; and what it was meant for, by its old and its new name."""
    for each in callers.patches.calls():
        node = view.node_of(each) if each.path == view.path else None
        if node is not None and view.function(node) is view.function(call):
            for name in SESSIONS.intersection(callers.patches.replaced_by(each)):
                own = f"{home.module.module}.{name.rpartition('.')[2]}"
                if own in changed:
                    return node, name, changed[own]
    return None


def _engines(view: View, call: ast.Call, home: View, key: Key) -> Iterator[ast.expr]:
    function = home.file.function(home.program.scope(key).span)
    parameters = [*function.args.posonlyargs, *function.args.args] if function is not None else []
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    for number, parameter in enumerate(parameters):
        given = call.args[number] if number < len(call.args) else named.get(parameter.arg)
        if given is None or parameter.annotation is None:
            continue
        if home.external(parameter.annotation) == ENGINE and view.instance(given) in MOCKS:
            yield given


def handed_by(views: Views, view: View, value: ast.expr) -> Iterator[tuple[View, ast.expr]]:
    """What the application is given by a lambda or by a function that overrides another one."""
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
