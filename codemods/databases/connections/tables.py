"""`Base.metadata.create_all(bind=engine)`: DDL runs through `run_sync`, at import time it moves to the
lifespan.

async with engine.begin() as connection:
    await connection.run_sync(Base.metadata.create_all)

`User.__table__.create(engine)` is the same for one table; what follows each other goes into one block.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from textwrap import indent

from ...analysis.link.kinds import Member
from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, ImportNeed, ReplaceExpression, ReplaceStatements, Span, Startup, slot
from ..draft import ENTERED, Draft
from ..scripts import factory_around, is_script, makes_app, starts_with_app
from ..words import CONNECTION, ENGINE, METADATA, TABLE
from ..xunit import is_xunit
from .drivers import ACROSS_LOOPS
from .no_tables import leave_out_without_tables

_MAKING = {METADATA: frozenset({"create_all", "drop_all", "reflect"}), TABLE: frozenset({"create", "drop"})}


def makes_tables(member: Member | None) -> bool:
    return member is not None and member.attr in _MAKING.get(member.owner, ())


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
    if kind != ENGINE:
        draft.obstacle(view, call, f"{call.func.attr}() on something that is no engine of this database")
        return
    if not isinstance(statement, (ast.Expr, ast.Return)):
        draft.obstacle(view, call, f"what {call.func.attr}() gives is used")
        return
    factory = factory_around(view, call)
    top = outermost(view, call, factory.body if factory is not None else view.file.tree.body)
    if factory is not None and starts_with_app(view, top):
        _at_import(view, draft, call, top)
        return
    if view.owner(call).scope == 0:
        runs_alone = view.module.is_test or is_script(view, call)  # what tests share is not imported to serve
        if runs_alone and isinstance(statement, ast.Expr):
            _in_script(view, draft, statement)
        elif not leave_out_without_tables(view, draft, call):
            _at_import(view, draft, call, top)
        return
    if not view.can_await(call):
        draft.obstacle(view, call, f"{call.func.attr}() runs where nothing can be awaited")
        return
    if is_xunit(view, view.function(call)) and isinstance(statement, ast.Expr):
        _in_script(view, draft, statement)
        return
    if isinstance(statement, ast.Return):
        text = _block(view.source(bind), view.source(call.func), given, "return ")
        text = view.file.comments_above(statement) + text
        draft.edit(view, ReplaceStatements(span_of(statement), span_of(statement), Code(text)))
    else:
        run = _run(view, statement)
        if run[0] is statement:
            text = _of_run(view, run)
            draft.edit(view, ReplaceStatements(span_of(run[0]), span_of(run[-1]), Code(text)))
    draft.awaited(view, call)


def _block(engine: str, method: str, given: str, gives: str = "") -> str:
    return (
        f"async with {engine}.begin() as connection:\n    {gives}await connection.run_sync({method}{given})"
    )


def _of_run(view: View, run: list[ast.stmt]) -> str:
    """A comment above the only statement is about the block, one of several about its own line."""
    lines = []
    engine = ""
    for each in run:
        engine, arguments = _made(view, each) or ("", "")
        lines += view.file.comments_above(each).splitlines()
        lines.append(f"await connection.run_sync({arguments})")
    head = f"async with {engine}.begin() as connection:"
    if len(run) == 1:
        *above, made = lines
        return "\n".join([*above, head, f"    {made}"])
    return "\n".join([head, *(f"    {line}" for line in lines)])


def _in_script(view: View, draft: Draft, statement: ast.Expr) -> None:
    """What follows each other is run by one `asyncio.run`, where it stands."""
    block, run = view.block(statement), _run(view, statement)
    draft.handle(view, statement.value)
    if run[0] is not statement:
        return  # the first of them has seen to it
    only_drops = all(".drop_all" in (_made(view, each) or ("", ""))[1] for each in run)
    name = "drop_tables" if only_drops else "make_tables"
    if len(run) < len([each for each in block if _made(view, each) is not None]) or name in view.file.text:
        draft.obstacle(view, statement, "tables are made in several places of one script")
        return
    draft.loops.append((view, statement))
    body = indent(_of_run(view, run), "    ")
    made = Code(f"async def {name}():\n{body}\n\n{slot(0)}.run({name}())", (ImportNeed("asyncio"),))
    draft.edit(view, ReplaceStatements(span_of(run[0]), span_of(run[-1]), made))


def _run(view: View, statement: ast.stmt) -> list[ast.stmt]:
    """The statements around it that make tables on the same engine, one behind the other."""
    block = view.block(statement)
    first = last = block.index(statement)
    engine = (_made(view, statement) or ("",))[0]

    def belongs(each: ast.stmt) -> bool:
        found = _made(view, each)
        return found is not None and found[0] == engine

    while first and belongs(block[first - 1]):
        first -= 1
    while last + 1 < len(block) and belongs(block[last + 1]):
        last += 1
    return block[first : last + 1]


def _made(view: View, statement: ast.stmt) -> tuple[str, str] | None:
    """The engine, and what makes (or drops) tables on it."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    member = view.member(call) if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or not makes_tables(member):
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


def outermost(view: View, node: ast.AST, body: list[ast.stmt]) -> ast.stmt:
    return next(each for each in (node, *view.file.above(node)) if each in body)


def _at_import(view: View, draft: Draft, call: ast.Call, top: ast.stmt) -> None:
    """At import no loop runs, or the server's own does: the tables are made when the application starts, with
    the `if` and `try` around them."""
    values = [each.value if isinstance(each, ast.keyword) else each for each in _bind(call)[1]]
    what = view.in_a_line(call)
    if not all(isinstance(value, ast.Constant) for value in values):
        draft.obstacle(view, call, f"{what} at import, with arguments that are made there")
        return
    made = [each for each in walk(top) if isinstance(each, ast.Call) and _on_engine(view, each)]
    draft.handle(view, call)
    if call is not made[0]:
        return  # the first of them has seen to it
    if not all(may_move(view, each, made) for each in walk(top)) or is_bound_later(view, top):
        draft.obstacle(view, call, f"{what} at import, together with what has to run there")
        return
    closes = bool(draft.async_drivers.difference(ACROSS_LOOPS))
    is_here = makes_app(view)
    started = _moved(view, top, made, is_here=is_here, closes=closes and _starts_in_tests(view))
    if started is None:
        draft.obstacle(view, call, f"{what} at import, of names that cannot be imported")
        return
    draft.edit(view, ReplaceStatements(span_of(top), span_of(top), Code("")))
    startup = Startup(started, view.path)
    if draft.support[-1:] == [startup]:
        return  # made twice in a file, one behind the other
    draft.support.append(startup)
    draft.tables.append((view, _moved(view, top, made, is_here=False, closes=closes)))
    draft.note(
        view, call, "the tables are created when the application starts, not when it is imported", ENTERED
    )


def _starts_in_tests(view: View) -> bool:
    """Then each `with TestClient(app)` is another loop."""
    return any(
        module.facts.is_test and not module.names[0].keys().isdisjoint({"TestClient", "testclient"})
        for module in view.program.modules.values()
    )


def _moved(
    view: View, top: ast.stmt, made: list[ast.Call], *, is_here: bool, closes: bool = False
) -> Code | None:
    """What makes the tables, in the file itself or in another one; None if that cannot have one of its
    names. `closes`: another loop cannot use the connections that this leaves."""
    needs: list[ImportNeed] = []
    names = {} if is_here else _imported(view, top, needs)
    if names is None:
        return None
    changes = dict(names)
    for each in made:
        changes = {span: text for span, text in changes.items() if not span_of(each).contains(span)}
        changes[span_of(each)] = _made_in(view, each, names)
    first, *lines = view.spliced(span_of(top), list(changes.items())).split("\n")
    text = view.file.comments_above(top) + "\n".join(
        [first, *(line.removeprefix(" " * top.col_offset) for line in lines)]
    )
    text += comments_behind(view, top) if isinstance(top, (ast.If, ast.Try)) else ""
    binds = [bind for call in made if (bind := _bind(call)[0]) is not None]
    engines = dict.fromkeys(_named(view, bind, names) for bind in binds)
    text += "".join(f"\nawait {engine}.dispose()" for engine in engines) if closes else ""
    return Code(text, tuple(needs))


def _named(view: View, node: ast.expr, names: Mapping[Span, str]) -> str:
    inside = [(span, text) for span, text in names.items() if span_of(node).contains(span)]
    return view.spliced(span_of(node), inside)


def _on_engine(view: View, call: ast.Call) -> bool:
    member, bind = view.member(call), _bind(call)[0]
    return makes_tables(member) and bind is not None and view.instance(bind) == ENGINE


def may_move(view: View, node: ast.AST, made: Sequence[ast.Call]) -> bool:
    """It is of `made`, tells about it, or decides whether to: nothing behind it waits for what it does."""
    if isinstance(node, ast.Expr):
        call = node.value
        func = call.func if isinstance(call, ast.Call) else None
        tells = view.external(func) == "builtins.print" if func is not None else False
        logs = isinstance(func, ast.Attribute) and view.instance(func.value) == "logging.Logger"
        return call in made or tells or logs
    return isinstance(node, (ast.If, ast.Try, ast.Pass)) or not isinstance(node, (ast.stmt, ast.NamedExpr))


def is_bound_later(view: View, top: ast.AST) -> bool:
    """Does a name in it mean something else when the application starts?"""
    read = {node.id for node in walk(top) if isinstance(node, ast.Name)}
    later = [each for each in view.file.tree.body if each.lineno > span_of(top).line]
    return any(
        isinstance(node, ast.Name)
        and not isinstance(node.ctx, ast.Load)
        and node.id in read
        and view.scope(node) == 0
        for statement in later
        for node in walk(statement)
    )


def _imported(view: View, top: ast.AST, needs: list[ImportNeed]) -> dict[Span, str] | None:
    """The names of the module as another one has them; None if it cannot have one of them."""
    found: dict[Span, str] = {}
    caught = {each.name for each in walk(top) if isinstance(each, ast.ExceptHandler)}
    for node in walk(top):
        inner = view.module_of(node) if isinstance(node, ast.Attribute) else None
        if isinstance(node, ast.Name) and node.id not in caught and not hasattr(builtins, node.id):
            inner = view.import_of(node)
            if inner is None:
                return None
        if inner is not None and not any(span.contains(span_of(node)) for span in found):
            if inner not in needs:
                needs.append(inner)
            found[span_of(node)] = slot(needs.index(inner))
    return found


def comments_behind(view: View, block: ast.If | ast.Try) -> str:
    """What stands behind the last statement of a block, and below it with its margin."""
    last = block.end_lineno or block.lineno
    lines = view.file.text.split("\n")
    text = lines[last - 1].encode()[block.end_col_offset or 0 :].decode().rstrip()
    for line in lines[last:]:
        if not line.startswith((" ", "\t")) or not line.lstrip().startswith("#"):
            break
        text += f"\n{line.rstrip()}"
    return text


def _made_in(view: View, call: ast.Call, names: Mapping[Span, str]) -> str:
    engine, more = _bind(call)
    assert engine is not None
    made_on, method = _named(view, engine, names), _named(view, call.func, names)
    block = _block(made_on, method, "".join(f", {view.source(each)}" for each in more))
    return indent(block, " " * view.file.statement(call).col_offset).lstrip()
