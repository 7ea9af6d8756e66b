"""Tests that replace what sessions come from: a class, which has another name now, a factory or an engine.

session = MagicMock()                                        session = AsyncMock()
with patch("app.start.Session", return_value=session):  ->   with patch("app.start.AsyncSession", ...):
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.callers.patches import meant_by
from ...analysis.link.kinds import Inst
from ...analysis.nodes import bound_plainly, walk
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Code, ReplaceExpression, slot
from ..draft import Draft
from ..types import references
from ..words import ASYNC_OF, ENGINE, MAKER, SESSIONS
from .async_mocks import ASYNC_MOCK, MOCKS
from .told import replacement

_DUNDERS = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
_TURNED = SESSIONS | {ENGINE, MAKER}


def stand_ins(views: Views, callers: Callers, tests: tuple[str, ...]) -> frozenset[ast.Call]:
    """`setattr("app.db.engine", engine)` of tests that turn: one for another, and both change."""
    return frozenset(
        node
        for call in callers.patches.calls()
        if call.path in tests and (node := views.of(call.path).node_of(call)) is not None
        for name in callers.patches.replaced_by(call)
        if _is_alike(views, views.of(call.path), node, name)
    )


def _is_alike(views: Views, view: View, call: ast.Call, dotted: str) -> bool:
    new = replacement(call, dotted.rpartition(".")[2])
    given = view.kinds(new) if new is not None else frozenset()
    return (
        given == meant_by(views.inference, dotted)
        and len(given) == 1
        and given <= {Inst(ENGINE), Inst(MAKER)}
    )


def convert_patched(views: Views, callers: Callers, draft: Draft, known: frozenset[ast.Call]) -> None:
    """Names and mocks change together; an obstacle for each replacement that is no mock of a session, and
    none of the `known` stand-ins."""
    changed = dict(renamed_in(views, draft))
    for call in callers.patches.calls():
        view = views.of(call.path)
        for name in sorted(set(callers.patches.replaced_by(call))):
            node = view.node_of(call) if name in changed or _has_turned(views, name) else None
            if node is not None:
                if name in changed:
                    _rename(view, draft, node, name, changed[name])
                if node not in known:
                    _colour(view, draft, node, name)


def renamed_in(views: Views, draft: Draft) -> Iterator[tuple[str, str]]:
    for path in sorted(draft.edits):
        view = views.of(path)
        if view.module.is_test:
            continue
        for node, name in references(view):
            need = ASYNC_OF.get(name)
            if need is not None and isinstance(node, ast.Name):
                yield f"{view.module.module}.{node.id}", f"{view.module.module}.{need.name}"


def _has_turned(views: Views, dotted: str) -> bool:
    """`app.db.SessionLocal` keeps its name, and gives other sessions."""
    return any(isinstance(kind, Inst) and kind.name in _TURNED for kind in meant_by(views.inference, dotted))


def _rename(view: View, draft: Draft, node: ast.Call, old: str, new: str) -> None:
    module, _, name = old.rpartition(".")
    path = view.program.module_path(module)
    if path is not None:
        draft.gone.add((path, name))
    for written in node.args[:2]:
        if isinstance(written, ast.Constant) and written.value in (old, name):
            quote = view.source(written)[-1]
            text = new if written.value == old else new.rpartition(".")[2]
            draft.edit(view, ReplaceExpression(span_of(written), Code(f"{quote}{text}{quote}")))
            return
    draft.obstacle(view, node, f"{old} is replaced under a name that is not written out")


def replace_class(view: View, draft: Draft, node: ast.Call, old: str, new: str) -> None:
    """The class of a library, which a module had by its name before the test replaced it."""
    draft.note(view, node, f"{new} is replaced here: {old} had been, when nobody looked at it any more")
    _rename(view, draft, node, old, new)
    _colour(view, draft, node, old)


def _colour(view: View, draft: Draft, node: ast.Call, name: str) -> None:
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    session = given.pop("return_value", None)
    is_known = given.keys() <= {"autospec"} and replacement(node, name.rpartition(".")[2]) is None
    if isinstance(session, ast.Name) and is_known:
        _colour_mock(view, draft, session)
    else:
        draft.obstacle(view, node, f"{name} is replaced by something that is not known")


def _colour_mock(view: View, draft: Draft, name: ast.Name) -> None:
    function = view.function(name)
    made = [
        (node, value)
        for node in (walk(function) if function is not None else ())
        for target, value in bound_plainly(node)
        if isinstance(target, ast.Name) and target.id == name.id
    ]
    if function is None or not made:
        draft.obstacle(view, name, f"{name.id} stands for a session, and is made elsewhere")
        return
    for node, value in made:
        if isinstance(value, ast.Call) and view.external(value.func) in MOCKS:
            draft.edit(view, ReplaceExpression(span_of(value.func), Code(slot(0), (ASYNC_MOCK,))))
        else:
            draft.obstacle(view, node, f"{name.id} stands for a session, and is no mock")
    for attribute in [node for node in walk(function) if isinstance(node, ast.Attribute)]:
        if attribute.attr in _DUNDERS and ast.unparse(attribute.value) == name.id:
            text = f"{view.source(attribute.value)}.{_DUNDERS[attribute.attr]}"
            draft.edit(view, ReplaceExpression(span_of(attribute), Code(text)))
        elif _is_of_a_result(attribute, name.id):
            text = f"{view.source(attribute)} is of a result, and an AsyncMock has coroutines there"
            draft.obstacle(view, attribute, text)


def _is_of_a_result(node: ast.Attribute, name: str) -> bool:
    """`session.scalars.return_value.first.return_value`: sync methods of what an async one gives."""
    first, *parts = ast.unparse(node).split(".")
    is_answer = first == name and node.attr in ("return_value", "side_effect")
    return is_answer and parts[0] not in _DUNDERS and "return_value" in parts[1:-1]
