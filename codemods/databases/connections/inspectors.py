"""What the database holds, asked through an inspector: that works on a sync connection.

    inspector = inspect(engine)
    if "notes" in inspector.get_table_names():
        found = columns_of(inspector, "notes")

    if "notes" in await _inspected(engine, lambda inspector: inspector.get_table_names()):
        found = await _inspected(engine, lambda inspector: columns_of(inspector, "notes"))

One of a connection asks there: `await connection.run_sync(lambda sync: inspect(sync).get_table_names())`.

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-the-inspector-to-inspect-schema-objects
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...analysis.nodes import BINDINGS, walk
from ...analysis.syntax import FunctionNode, holds, span_of
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, InsertStatements, ReplaceExpression, ReplaceStatements, slot
from ..draft import Draft
from ..words import ASYNC_OF, ENGINE
from .inspected import is_method_of, only_asks
from .sessions import gives_sync_engine, may_await

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
_NAMES_OF_ALL = {"get_table_names": "table_names", "get_view_names": "view_names"}
"""Questions that have an answer whatever the database holds, and a name for it."""
_TAKEN = frozenset({"inspector", "session", "sync"})
"""Names that are given to what is asked."""


def convert_inspection(views: Views, view: View, draft: Draft, call: ast.Call, held: str) -> bool:
    """Edits what is asked of `inspect(engine)`, or of a connection; False where some use is not known."""
    function = view.function(call)
    is_of_engine = held == ENGINE
    if f"def {_NAME}(" in view.file.text or len(call.args) != 1 or call.keywords or function is None:
        return False
    above = view.file.parents[call]
    made = above if isinstance(above, (ast.Assign, ast.AnnAssign)) else None
    of = call.args[0]
    if is_of_engine and isinstance(of, ast.Name) and gives_sync_engine(view, of):
        return False
    if not is_of_engine and not isinstance(of, (ast.Name, ast.Attribute)):
        return False
    uses: list[ast.expr] = [call] if made is None else _uses(function, made)
    asked = [each for use in uses if (each := _asked(views, view, use)) is not None]
    if not uses or len(asked) < len(uses) or any(holds(a, b) for a in asked for b in asked if a is not b):
        return False
    questions = [_question(view, call, *each, held) for each in zip(asked, uses, strict=True)]
    instead = view.file.comments_above(made) if made is not None else ""
    for question in [each for each in dict.fromkeys(questions) if questions.count(each) > 1]:
        # an inspector remembers: asked twice, it says the same whatever happened between
        again = [each for each, text in zip(asked, questions, strict=True) if text == question]
        name = _name_of_answer(view, made, again, asked) if made is not None else None
        if name is None:
            return False
        instead += f"{name} = {question}\n"
        questions = [name if text == question else text for text in questions]
    awaits = [each for each, text in zip(asked, questions, strict=True) if text.startswith("await ")]
    awaits += [call] if "await " in instead else []
    able = [may_await(view, draft, each) for each in awaits]
    if not all(able):
        return True
    for each, text in zip(asked, questions, strict=True):
        draft.edit(view, ReplaceExpression(span_of(each), Code(text)))
        draft.handle(view, each, is_rewritten=True)
    draft.handle(view, call, is_rewritten=True)
    for each in awaits:
        draft.awaited(view, each)
    if made is not None:
        draft.edit(view, ReplaceStatements(span_of(made), span_of(made), Code(instead.removesuffix("\n"))))
    if any(f"await {_NAME}(" in text for text in (instead, *questions)):
        _insert_helper(view, draft, call)
    return True


def _uses(function: FunctionNode, made: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    """Where the name that holds the inspector stands; none if that is no plain name."""
    targets = made.targets if isinstance(made, ast.Assign) else [made.target]
    name = targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None
    return [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name and n is not targets[0]]


def _asked(views: Views, view: View, inspector: ast.expr) -> ast.Call | None:
    """`inspector.get_columns("notes")`, or a function that asks nothing else; where an inspector cannot be
    told from others, or more is done, None."""
    above = view.file.parents[inspector]
    call = view.file.parents.get(above) if isinstance(above, (ast.Attribute, ast.keyword)) else above
    if not isinstance(call, ast.Call) or not isinstance(getattr(inspector, "ctx", ast.Load()), ast.Load):
        return None
    if not is_method_of(call, inspector) and not only_asks(views, view, call, inspector):
        return None
    others = [n for each in (*call.args, *call.keywords) for n in walk(each) if not holds(inspector, n)]
    plain = all(
        view.external(n.func).startswith("builtins.") if isinstance(n, ast.Call) else True for n in others
    )
    is_taken = any(isinstance(n, ast.Name) and n.id in _TAKEN for n in others)
    moves = any(isinstance(n, (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)) for n in others)
    return call if plain and not is_taken and not moves else None


def _question(view: View, inspection: ast.Call, asked: ast.Call, inspector: ast.expr, held: str) -> str:
    of = inspection.args[0]
    is_of_session = gives_sync_engine(view, of)
    if held == ENGINE and not is_of_session:
        text = view.spliced(span_of(asked), [(span_of(inspector), "inspector")])
        return f"await {_NAME}({view.source(of)}, lambda inspector: {text})"
    if is_of_session and isinstance(of, ast.Call) and isinstance(of.func, ast.Attribute):
        on, name, sync = view.source(of.func.value), "session", f"session.{of.func.attr}()"
    else:
        on, name, sync = view.source(of), "sync", "sync"
    text = view.spliced(span_of(asked), [(span_of(inspector), f"{view.source(inspection.func)}({sync})")])
    return f"await {on}.run_sync(lambda {name}: {text})"


def _name_of_answer(
    view: View, made: ast.stmt, again: Sequence[ast.Call], asked: Sequence[ast.Call]
) -> str | None:
    """A free name for the answer to a question that is asked several times, if it may be asked as soon as the
    inspector is made: nothing changes until it is asked for the first time."""
    first = min(again, key=span_of)
    name = _NAMES_OF_ALL.get(first.func.attr) if isinstance(first.func, ast.Attribute) else None
    block = view.block(made)
    behind = block[block.index(made) + 1 :]
    there = next((each for each in behind if holds(each, first)), None)
    if name is None or first.args or first.keywords or there is None:
        return None
    is_taken = any(isinstance(n, ast.Name) and n.id == name for n in walk(view.file.tree))
    before = [
        n
        for each in behind[: behind.index(there) + 1]
        for n in walk(each)
        if isinstance(n, ast.Call) and span_of(n) < span_of(first) and not holds(n, first)
    ]
    if is_taken or not _is_first(view, there, first) or any(each not in asked for each in before):
        return None
    return name


def _is_first(view: View, statement: ast.stmt, node: ast.expr) -> bool:
    """Is the expression worked out whenever the statement runs, and before what stands in this?"""
    below: ast.AST = node
    for above in view.file.above(node):
        parts: Sequence[ast.AST]
        if isinstance(above, ast.BoolOp):
            parts = above.values[:1]
        elif isinstance(above, (ast.If, ast.IfExp, ast.While)):
            parts = [above.test]
        elif isinstance(above, (ast.For, ast.comprehension)):
            parts = [above.iter]
        elif isinstance(above, (ast.ListComp, ast.SetComp, ast.DictComp)):
            parts = above.generators[:1]
        elif isinstance(above, ast.Compare):
            parts = [above.left, above.comparators[0]]
        elif isinstance(above, (ast.Call, ast.keyword, ast.Attribute, ast.UnaryOp, *BINDINGS, ast.Return)):
            parts = [below]
        else:
            return False
        if below not in parts:
            return False
        if above is statement:
            return True
        below = above
    return False


def _insert_helper(view: View, draft: Draft, call: ast.Call) -> None:
    """Above the first definition of the file that needs it."""
    if any(isinstance(e, InsertStatements) and _NAME in e.code.text for e in draft.edits[view.path]):
        return
    top = next(statement for statement in view.file.tree.body if holds(statement, call))
    draft.edit(view, InsertStatements(span_of(top), Code(_HELPER, _NEEDS)))
