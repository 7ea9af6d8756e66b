"""The session of a test, as the application awaits it.

yield session        ->        yield AsyncSession(sync_session_class=lambda **_: session)

Where the application asks for rows by a text, `AsyncSession.execute` awaits the cursor behind them, and that
of a driver without coroutines cannot be awaited:

                               class AwaitedSession(AsyncSession):
yield session        ->            async def execute(self, *args, **kwargs):
                                       return self.sync_session.execute(*args, **kwargs)

                               yield AwaitedSession(sync_session_class=lambda **_: session)
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from ...analysis.link.kinds import Inst
from ...analysis.scopes import is_annotated
from ...analysis.syntax import holds, span_of
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, InsertStatements, slot
from ..draft import Draft
from ..words import ASYNC_OF, SESSIONS

_NAME = "AwaitedSession"
_EXECUTING = {"exec": ("exec",), "execute": ("execute", "scalars")}
"""Method -> those that come to it."""
_TEXT = Inst("sqlalchemy.TextClause")
_CAST, _ANY = ImportNeed("typing", "cast"), ImportNeed("typing", "Any")


def factory_of(views: Views, view: View, draft: Draft, factory: ast.expr) -> Code:
    """The same of the sessions that a factory of the test makes."""
    made = _view(views, view, draft, factory, f"{view.source(factory)}()", ASYNC_OF["sqlalchemy.orm.Session"])
    return replace(made, text=f"lambda: {made.text}")


def view_of(views: Views, view: View, draft: Draft, session: ast.expr) -> Code:
    return _view(views, view, draft, session, view.source(session), ASYNC_OF[view.instance(session)])


def _view(views: Views, view: View, draft: Draft, session: ast.expr, source: str, need: ImportNeed) -> Code:
    made = f"lambda **_: {source}"
    around = [n for n in view.file.above(session) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    methods = [name for name, every in _EXECUTING.items() if _asks_by_text(views, every)]
    is_typed = any(map(is_annotated, around))
    if methods:
        _define(view, draft, session, need, methods, is_typed=is_typed)
    cls, needs = (_NAME, []) if methods else (slot(0), [need])
    if is_typed:  # it is declared as a class, and used as a function
        made = f"{slot(len(needs))}({slot(len(needs) + 1)}, {made})"
        needs += [_CAST, _ANY]
    return Code(f"{cls}(sync_session_class={made})", tuple(needs))


def _asks_by_text(views: Views, methods: tuple[str, ...]) -> bool:
    """`db.execute(text("SELECT 1"))` in the application."""
    modules = views.inference.program.modules
    found = (views.of(path) for path, module in modules.items() if not module.facts.is_test)
    return any(
        _is_text(view, call, methods)
        for view in found
        if view.file.mentions("text")
        for call in view.file.of_kind(ast.Call)
    )


def _is_text(view: View, call: ast.Call, methods: tuple[str, ...]) -> bool:
    member = view.member(call) if call.args else None
    is_asked = member is not None and member.owner in SESSIONS and member.attr in methods
    return is_asked and _TEXT in view.kinds(call.args[0])


def _define(
    view: View, draft: Draft, session: ast.expr, need: ImportNeed, methods: list[str], *, is_typed: bool
) -> None:
    """Once, above the function or the fixture that hands the session over."""
    needs, given = [need], "self, *args, **kwargs"
    if is_typed:
        needs.append(_ANY)
        given = f"self, *args: {slot(1)}, **kwargs: {slot(1)}"
    lines = [f"class {_NAME}({slot(0)}):", '    """Its driver has no cursors that can be awaited."""']
    for name in methods:
        result = f" -> {slot(1)}" if is_typed else ""
        lines += ["", f"    async def {name}({given}){result}:"]
        lines.append(f"        return self.sync_session.{name}(*args, **kwargs)")
    top = next(each for each in view.file.tree.body if holds(each, session))
    draft.edit(view, InsertStatements(span_of(top), Code("\n".join(lines), tuple(needs))))
