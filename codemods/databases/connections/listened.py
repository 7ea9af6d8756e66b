"""Events are those of the sync engines and sessions below async ones.

listens_for(engine, "connect")         ->  listens_for(engine.sync_engine, "connect")
S = sessionmaker(engine)               ->  S = async_sessionmaker(engine, sync_session_class=sessionmaker())
listens_for(S, "before_flush")             listens_for(S.kw["sync_session_class"], "before_flush")

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-events-with-the-asyncio-extension
"""

from __future__ import annotations

import ast

from ...analysis.nodes import bound_plainly
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Code, ReplaceExpression
from ..draft import Draft
from ..words import ENGINE, MAKER
from .sessions import gives_sync_engine


def listen(views: Views, view: View, draft: Draft, call: ast.Call, node: ast.expr, held: str) -> None:
    """`node` is what `call` listens to."""
    maker = _maker(views, view, node) if held == MAKER else None
    if maker is not None:
        draft.listened.add(maker)
        of_sessions = f'{view.source(node)}.kw["sync_session_class"]'
        draft.edit(view, ReplaceExpression(span_of(node), Code(of_sessions)))
        return
    if held != ENGINE:
        draft.obstacle(view, call, f"events of {view.in_a_line(node)}")
        return
    if not gives_sync_engine(view, node):
        draft.edit(view, ReplaceExpression(span_of(node), Code(f"{view.source(node)}.sync_engine")))
    for above in view.file.above(call):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if "psycopg2." in view.source(above):
                draft.obstacle(view, above, f"{above.name} looks for a connection of the sync driver")
            break


def _maker(views: Views, view: View, node: ast.expr) -> ast.Call | None:
    """The only `sessionmaker(..)` that the name of a module is bound to, without a class of its own."""
    if not isinstance(node, ast.Name):
        return None
    need = view.import_of(node)
    path = view.program.module_path(need.module, view.path) if need is not None else view.path
    if path is None:
        return None
    home, name = views.of(path), need.name if need is not None else node.id
    bound = [
        value
        for statement in home.file.tree.body
        for target, value in bound_plainly(statement)
        if isinstance(target, ast.Name) and target.id == name
    ]
    made = bound[0] if len(bound) == 1 else None
    if not isinstance(made, ast.Call) or home.external(made.func) != MAKER:
        return None
    return None if {keyword.arg for keyword in made.keywords} & {"class_", None} else made
