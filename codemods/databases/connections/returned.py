"""Sessions that a dependency returns, and nobody closes: a sync one gives back what it holds when it is
collected, an async one drops it with a warning.

    def get_db() -> Session:                         async def get_db() -> AsyncIterator[AsyncSession]:
        db = SessionLocal()                ->            async with SessionLocal() as db:
        return db                                            yield db
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.judge.callers.callers import Callers
from ...analysis.link.libraries.injection import DEPENDS
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import target_of, walk
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View, Views
from ...model import Code, EnterUntil, ImportNeed, ReplaceExpression, ReplaceStatements, slot
from ..draft import Draft
from ..words import ASYNC_OF, MAKER, SESSIONS

_GIVING = ImportNeed("collections.abc", "AsyncIterator")
_LATER = ("add_task", "BackgroundTask", "StreamingResponse")
"""They may use the session behind the response, where a dependency that yields has closed it."""


def close_returned(views: Views, view: View, draft: Draft, callers: Callers) -> None:
    for function in view.file.of_kind(ast.FunctionDef):
        end = function.body[-1]
        made = _made(view, function, end)
        if made is None or not isinstance(end, ast.Return):
            continue
        key = view.owner(end)
        users = [*_users(views, callers, key)]
        if not users or None in users or any(callers.calls(key)) or any(map(views.mention, _LATER)):
            if any(users):
                _tell(view, draft, made)
            continue
        if function.returns is not None and view.external(function.returns) not in SESSIONS:
            _tell(view, draft, made)
            continue
        _enter(view, draft, function, made, end)


def tell_of_kept(view: View, draft: Draft) -> None:
    """`self.db = SessionLocal()` of an object of which no method closes it."""
    for cls in view.file.of_kind(ast.ClassDef):
        for call in walk(cls) if view.file.mentions("self") else ():
            target = target_of(view.file.parents[call]) if isinstance(call, ast.Call) else None
            if (
                not isinstance(call, ast.Call)
                or not isinstance(target, ast.Attribute)
                or not _makes(view, call)
            ):
                continue
            closes = f"{ast.unparse(target)}.close"
            if not any(isinstance(each, ast.Attribute) and ast.unparse(each) == closes for each in walk(cls)):
                _tell(view, draft, call)


def _tell(view: View, draft: Draft, call: ast.Call) -> None:
    text = f"the session of {view.in_a_line(call)} is never closed: its connection is dropped with a warning"
    draft.note(view, call, text)


def _makes(view: View, call: ast.Call) -> bool:
    return view.instance(call.func) == MAKER or view.external(call.func) in SESSIONS


def _made(view: View, function: FunctionNode, end: ast.stmt) -> ast.Call | None:
    """The call that makes what it returns, where it does nothing with it and has no other `return`."""
    value = end.value if isinstance(end, ast.Return) else None
    if sum(isinstance(each, (ast.Return, ast.Yield, ast.YieldFrom)) for each in walk(function)) != 1:
        return None
    if isinstance(value, ast.Name) and len(function.body) > 1:
        before = function.body[-2]
        target = target_of(before)
        is_it = isinstance(target, ast.Name) and target.id == value.id
        value = before.value if is_it and isinstance(before, (ast.Assign, ast.AnnAssign)) else None
    return value if isinstance(value, ast.Call) and _makes(view, value) else None


def _users(views: Views, callers: Callers, function: Key) -> Iterator[ast.AST | None]:
    """Each `Depends(..)` that names it; None for what else does, in tests apart."""
    for path, reference in callers.references(function):
        view = views.of(path)
        if view.module.is_test:
            continue
        call = view.node_of(CallKey(path, reference.call)) if reference.call >= 0 else None
        yield call if call is not None and view.external(call.func) in DEPENDS else None


def _enter(view: View, draft: Draft, function: FunctionNode, made: ast.Call, end: ast.Return) -> None:
    above = view.file.parents[made]
    if above is not end:
        target = target_of(above)
        assert target is not None
        draft.edit(view, EnterUntil(span_of(above), span_of(end)))
        draft.edit(view, ReplaceStatements(span_of(end), span_of(end), Code(f"yield {ast.unparse(target)}")))
    elif view.instance(made.func) == MAKER and not made.args and not made.keywords:
        name = "session" if view.source(made.func) != "session" else "db"
        text = f"async with {view.source(made)} as {name}:\n    yield {name}"
        draft.edit(view, ReplaceStatements(span_of(end), span_of(end), Code(text)))
    else:
        _tell(view, draft, made)
        return
    draft.awaited(view, made)
    draft.generators.add(view.owner(made))
    if function.returns is not None:
        draft.take_inside(view, span_of(function.returns))
        gives = Code(f"{slot(0)}[{slot(1)}]", (_GIVING, ASYNC_OF[view.external(function.returns)]))
        draft.edit(view, ReplaceExpression(span_of(function.returns), gives))
