"""`Base.metadata.create_all(bind=engine)`: DDL runs through `run_sync`, at import time it moves to the
lifespan.

async with engine.begin() as connection:
    await connection.run_sync(Base.metadata.create_all)
"""

from __future__ import annotations

import ast
from textwrap import indent

from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, ImportNeed, ReplaceExpression, ReplaceStatements, Startup, slot
from ..draft import ENTERED, Draft
from ..scripts import is_script, makes_app
from ..words import CONNECTION, ENGINE, METADATA

_NAME = "make_tables"


def convert_tables(view: View, draft: Draft, call: ast.Call) -> None:
    assert isinstance(call.func, ast.Attribute)
    bind, more = _bind(call)
    if bind is None:
        draft.obstacle(view, call, f"{call.func.attr}() without an engine")
        return
    kind = view.instance(bind)
    given = "".join(f", {view.source(each)}" for each in more)
    if kind == CONNECTION:
        text = f"{view.source(bind)}.run_sync({view.source(call.func)}{given})"
        if view.can_await(call):
            draft.edit(view, ReplaceExpression(span_of(call), Code(f"await {text}")))
            draft.awaited(view, call)
        else:
            draft.obstacle(view, call, f"{call.func.attr}() runs where nothing can be awaited")
        return
    statement = view.file.parents[call]
    if kind != ENGINE or not isinstance(statement, ast.Expr):
        draft.obstacle(view, call, f"{call.func.attr}() on something that is no engine of this database")
        return
    if view.owner(call).scope == 0:
        if is_script(view, call):
            _in_script(view, draft, statement)
        else:
            _at_import(view, draft, call, bind, given)
        return
    if not view.can_await(call):
        draft.obstacle(view, call, f"{call.func.attr}() runs where nothing can be awaited")
        return
    text = _block(view.source(bind), view.source(call.func), given)
    text = view.file.comments_above(statement) + text
    draft.edit(view, ReplaceStatements(span_of(statement), span_of(statement), Code(text)))
    draft.awaited(view, call)


def _block(engine: str, method: str, given: str) -> str:
    return f"async with {engine}.begin() as connection:\n    await connection.run_sync({method}{given})"


def _in_script(view: View, draft: Draft, statement: ast.Expr) -> None:
    """What follows each other is run by one `asyncio.run`, where it stands."""
    block = _block_of(view, statement)
    position = block.index(statement)
    if position and _made(view, block[position - 1]) is not None:
        return  # the first of them has seen to it
    run: list[ast.stmt] = []
    lines: list[str] = []
    engine = ""
    for each in block[position:]:
        found = _made(view, each)
        if found is None or (engine and found[0] != engine):
            break
        engine = found[0]
        above = view.file.comments_above(each)
        lines.append(f"{indent(above, ' ' * 8)}        await connection.run_sync({found[1]})\n")
        run.append(each)
        draft.handle(view, each.value)  # type: ignore[attr-defined]
    if len(run) < len([each for each in block if _made(view, each) is not None]) or _NAME in view.file.text:
        draft.obstacle(view, statement, "tables are made in several places of one script")
        return
    text = (
        f"async def {_NAME}():\n    async with {engine}.begin() as connection:\n{''.join(lines)}\n"
        f"{slot(0)}.run({_NAME}())"
    )
    made = Code(text, (ImportNeed("asyncio"),))
    draft.edit(view, ReplaceStatements(span_of(run[0]), span_of(run[-1]), made))


def _block_of(view: View, statement: ast.stmt) -> list[ast.stmt]:
    parent = view.file.parents[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return [statement]


def _made(view: View, statement: ast.stmt) -> tuple[str, str] | None:
    """The engine, and what makes (or drops) tables on it."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    member = view.member(call) if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or member is None or member.owner != METADATA:
        return None
    bind, more = _bind(call)
    if bind is None or view.instance(bind) != ENGINE:
        return None
    return view.source(bind), ", ".join(map(view.source, [call.func, *more]))


def _bind(call: ast.Call) -> tuple[ast.expr | None, list[ast.expr | ast.keyword]]:
    """The engine or connection, and all other arguments."""
    named = next((keyword for keyword in call.keywords if keyword.arg == "bind"), None)
    args = call.args if named is not None else call.args[1:]
    more: list[ast.expr | ast.keyword] = [*args, *(each for each in call.keywords if each is not named)]
    return (named.value if named is not None else next(iter(call.args), None)), more


def _at_import(view: View, draft: Draft, call: ast.Call, bind: ast.expr, given: str) -> None:
    """At import no loop runs, or the server's own does: the tables are made when the application starts."""
    values = [each.value if isinstance(each, ast.keyword) else each for each in _bind(call)[1]]
    if not all(isinstance(value, ast.Constant) for value in values):
        what = view.source(call).splitlines()[0]
        draft.obstacle(view, call, f"{what} at import, with arguments that are made there")
        return
    statement = view.file.statement(call)
    comments = view.file.comments_above(statement)
    draft.edit(view, ReplaceStatements(span_of(statement), span_of(statement), Code("")))
    draft.handle(view, call)
    draft.note(
        view, call, "the tables are created when the application starts, not when it is imported", ENTERED
    )
    if makes_app(view):
        text = comments + _block(view.source(bind), view.source(call.func), given)
        draft.support.append(Startup(Code(text)))
        return
    engine, method = _importable(view, bind), _importable(view, call.func)
    if engine is None or method is None:
        draft.obstacle(view, call, f"{view.source(call)} at import, of names that cannot be imported")
        return
    text = comments + _block(f"{slot(0)}{engine[1]}", f"{slot(1)}{method[1]}", given)
    draft.support.append(Startup(Code(text, (engine[0], method[0]))))


def _importable(view: View, node: ast.expr) -> tuple[ImportNeed, str] | None:
    """`Base.metadata.create_all` as the name that a module gives, and the attributes behind it."""
    behind = ""
    while isinstance(node, ast.Attribute):
        inner = view.module_of(node)
        if inner is not None:
            return inner, behind
        behind = f".{node.attr}{behind}"
        node = node.value
    need = view.import_of(node) if isinstance(node, ast.Name) else None
    return None if need is None else (need, behind)
