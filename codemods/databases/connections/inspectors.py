"""What the database holds, asked through an inspector: that works on a sync connection.

    inspector = inspect(engine)
    if "notes" in inspector.get_table_names():

    if "notes" in await _inspected(engine, lambda inspector: inspector.get_table_names()):

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-the-inspector-to-inspect-schema-objects
"""

from __future__ import annotations

import ast

from ...analysis.nodes import walk
from ...analysis.syntax import FunctionNode, holds, span_of
from ...analysis.view import View
from ...model import Code, ImportNeed, InsertStatements, ReplaceExpression, ReplaceStatements, slot
from ..draft import Draft
from ..words import ASYNC_OF, ENGINE
from .sessions import may_await

_NAME = "_inspected"
_NEEDS = (
    ASYNC_OF[ENGINE],
    ImportNeed("collections.abc", "Callable"),
    ImportNeed("sqlalchemy", "Inspector"),
    ImportNeed("typing", "Any"),
    ImportNeed("sqlalchemy", "inspect"),
)
_HELPER = (
    f"async def {_NAME}(engine: {slot(0)}, look: {slot(1)}[[{slot(2)}], {slot(3)}]) -> {slot(3)}:\n"
    '    """What an inspector of the database sees."""\n'
    "    async with engine.connect() as connection:\n"
    f"        return await connection.run_sync(lambda sync: look({slot(4)}(sync)))\n"
)


def convert_inspection(view: View, draft: Draft, call: ast.Call) -> bool:
    """Edits what is asked of `inspect(engine)`; False where some use is not known."""
    function = view.function(call)
    if f"def {_NAME}(" in view.file.text or len(call.args) != 1 or function is None:
        return False
    above = view.file.parents[call]
    if isinstance(above, ast.Attribute):
        asked = [_asked(view, call)]
    elif isinstance(above, (ast.Assign, ast.AnnAssign)):
        asked = _of_name(view, function, above)
    else:
        return False
    if None in asked or len({view.source(each) for each in asked if each}) < len(asked):
        return False  # an inspector remembers: asked twice, it says the same whatever happened between
    for each in asked:
        if each is not None and may_await(view, draft, each):
            assert isinstance(each.func, ast.Attribute)
            question = view.source(each)[len(view.source(each.func.value)) :]
            text = f"await {_NAME}({view.source(call.args[0])}, lambda inspector: inspector{question})"
            draft.edit(view, ReplaceExpression(span_of(each), Code(text)))
            draft.awaited(view, each)
            draft.handle(view, each, is_rewritten=True)
    draft.handle(view, call, is_rewritten=True)
    if not isinstance(above, ast.Attribute):
        assert isinstance(above, ast.stmt)
        comments = Code(view.file.comments_above(above))
        draft.edit(view, ReplaceStatements(span_of(above), span_of(above), comments))
    _insert_helper(view, draft, call)
    return True


def _of_name(view: View, function: FunctionNode, made: ast.Assign | ast.AnnAssign) -> list[ast.Call | None]:
    """The calls on the name that holds the inspector; None among them for any other use."""
    targets = made.targets if isinstance(made, ast.Assign) else [made.target]
    name = ast.unparse(targets[0])
    if len(targets) != 1 or not name.isidentifier():
        return [None]
    uses = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name and n is not targets[0]]
    found = [_asked(view, use) if isinstance(use.ctx, ast.Load) else None for use in uses]
    return found or [None]


def _asked(view: View, inspector: ast.expr) -> ast.Call | None:
    """`inspector.get_columns("notes")`, on one line or several."""
    above = view.file.parents[inspector]
    call = view.file.parents.get(above)
    is_call = isinstance(above, ast.Attribute) and isinstance(call, ast.Call) and call.func is above
    return call if is_call and isinstance(call, ast.Call) else None


def _insert_helper(view: View, draft: Draft, call: ast.Call) -> None:
    """Above the first definition of the file that needs it."""
    if any(isinstance(e, InsertStatements) and _NAME in e.code.text for e in draft.edits[view.path]):
        return
    top = next(statement for statement in view.file.tree.body if holds(statement, call))
    draft.edit(view, InsertStatements(span_of(top), Code(_HELPER, _NEEDS)))
