"""What goes through a generator step by step, once each step is awaited.

list(rows())                  ->      [item async for item in rows()]
sum(row.n for row in rows())  ->      sum([row.n async for row in rows()])
yield from rows()             ->      async for item in rows():
                                          yield item
for row in rows(): ...        ->      async with aclosing(rows()) as items:
                                          async for row in items: ...
return f(x)                   ->      item = f(x)
                                      return item
s = make(); s.ask()           ->      async with make() as s:
                                          await s.ask()
with make() as s: s.ask()     ->      s = make()
                                      s.ask()
with make() as s, open(p): ...  ->    with make() as s:
                                          with open(p): ...
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers

from ...analysis.taken import JOIN, TAKE_ALL
from ...model import (
    CloseAfter,
    CollectItems,
    DropFinally,
    EnterUntil,
    ItemsFirst,
    LeaveWith,
    ShieldFinally,
    SplitWith,
    YieldEach,
)
from .arguments import layout_of
from .code import STATEMENT_LINES, BodyStatement, Writer
from .expressions import Place
from .failure import RewriteError
from .rows import Laid
from .whitespace import NOTHING, Whitespace, deeper, has_lines, line_break


def collected(
    edit: CollectItems, node: cst.BaseExpression, place: Place, writer: Writer
) -> cst.ListComp | cst.SetComp:
    items: cst.BaseExpression = node
    opening: Whitespace = NOTHING
    closing: Whitespace = NOTHING
    if edit.span != edit.items:
        assert isinstance(node, cst.Call)
        layout = layout_of(node)
        items, opening, closing = node.args[0].value, layout.opening, layout.closing
    if isinstance(items, cst.GeneratorExp):
        if items is node or items.lpar:
            items, opening, closing = _inside(items, place, writer)
        element, clause = items.elt, items.for_in
    else:
        element, clause = cst.Name(edit.name), _clause(edit.name, items)
    if edit.is_set:
        left, right = cst.LeftCurlyBrace(opening), cst.RightCurlyBrace(closing)
        return cst.SetComp(element, clause, lbrace=left, rbrace=right)
    return cst.ListComp(
        element, clause, lbracket=cst.LeftSquareBracket(opening), rbracket=cst.RightSquareBracket(closing)
    )


def listed(items: cst.GeneratorExp, place: Place, writer: Writer) -> cst.ListComp:
    """`sum(await f(x) for x in xs)`, which would be given an async generator, as `sum([..])`."""
    items, opening, closing = _inside(items, place, writer)
    left, right = cst.LeftSquareBracket(opening), cst.RightSquareBracket(closing)
    return cst.ListComp(items.elt, items.for_in, lbracket=left, rbracket=right)


def unwrapped(was: cst.Call, call: cst.Call) -> cst.BaseExpression:
    """`list(f(x) for x in xs)` -> `[await f(x) for x in xs]`, where the list in it is made by now."""
    word = call.func.value if isinstance(call.func, cst.Name) else ""
    made = call.args[0].value if word in ("list", "set") and len(call.args) == 1 else None
    if (
        not isinstance(made, cst.ListComp)
        or not isinstance(was.args[0].value, cst.GeneratorExp)
        or has_lines(was)
    ):
        return call
    if word == "list":
        return made.with_changes(lpar=call.lpar, rpar=call.rpar)
    return cst.SetComp(made.elt, made.for_in, lpar=call.lpar, rpar=call.rpar)


def _inside(
    items: cst.GeneratorExp, place: Place, writer: Writer
) -> tuple[cst.GeneratorExp, Whitespace, Whitespace]:
    """What stands between the brackets, and what parts it from them."""
    if items.lpar:
        return items, items.lpar[-1].whitespace_after, items.rpar[0].whitespace_before
    if not has_lines(items):
        return items, NOTHING, NOTHING
    # the brackets around it are those of the call, which stay
    opening, closing = (line_break(place.inner_margin + unit) for unit in (writer.indent, ""))
    return cst.ensure_type(deeper(items, writer.indent), cst.GeneratorExp), opening, closing


def is_awaiting(items: cst.GeneratorExp) -> bool:
    """What it goes through first is awaited outside of it."""
    clause = items.for_in
    parts = (items.elt, *clause.ifs, *([clause.inner_for_in] if clause.inner_for_in else ()))
    return any(matchers.findall(part, matchers.Await()) for part in parts)


def is_taken_at_once(around: Sequence[cst.CSTNode]) -> bool:
    taker = around[-2] if len(around) > 1 and isinstance(around[-1], cst.Arg) else None
    if not isinstance(taker, cst.Call):
        return False
    func = taker.func
    return func.value in TAKE_ALL if isinstance(func, cst.Name) else matchers.matches(func, _JOINS)


def _clause(name: str, items: cst.BaseExpression) -> cst.CompFor:
    return cst.CompFor(cst.Name(name), items, asynchronous=cst.Asynchronous())


_JOINS = matchers.Attribute(attr=matchers.Name(JOIN))
_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
Form = DropFinally | LeaveWith | ShieldFinally | SplitWith | YieldEach


def reformed(edit: Form, statement: BodyStatement, writer: Writer) -> Laid:
    """A statement in another form, with what is in it or without what was around that."""
    if isinstance(edit, DropFinally):
        assert isinstance(statement, cst.Try)
        return _tried(edit, statement)
    if isinstance(edit, ShieldFinally):
        assert isinstance(statement, cst.Try)
        return Laid([_shielded(edit, statement, writer)], [])
    if isinstance(edit, LeaveWith):
        assert isinstance(statement, cst.With)
        return _left(edit, statement, writer)
    if isinstance(edit, SplitWith):
        assert isinstance(statement, cst.With)
        return Laid([_split(edit, statement)], [])
    return Laid([_unrolled(edit, statement)], [])


def _unrolled(edit: YieldEach, line: cst.BaseStatement) -> cst.For:
    """The loop in the place of a line that holds nothing but the `yield from`."""
    statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    value = statement.value if isinstance(statement, cst.Expr) else None
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(value, cst.Yield):
        raise RewriteError("no `yield from` stands here", edit.span)
    if not isinstance(value.value, cst.From):
        raise RewriteError("no `yield from` stands here", edit.span)
    element = cst.SimpleStatementLine([cst.Expr(cst.Yield(cst.Name(edit.name)))])
    return cst.For(
        target=cst.Name(edit.name),
        iter=value.value.item,
        body=cst.IndentedBlock([element], header=line.trailing_whitespace),
        asynchronous=cst.Asynchronous() if edit.is_async else None,
        leading_lines=line.leading_lines,
    )


def entered(edit: EnterUntil, line: BodyStatement, below: Laid) -> cst.With:
    """`async with make() as s:` in the place of `s = make()`, around what stands below, and without the name
    where nothing does; a type that was said there goes, for a `with` can say none."""
    statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(
        statement, (cst.Assign, cst.AnnAssign)
    ):
        raise RewriteError("no assignment stands here", None)
    targets = statement.targets if isinstance(statement, cst.Assign) else [statement]
    name, value = targets[0].target, statement.value
    if len(targets) > 1 or not isinstance(name, cst.Name) or value is None:
        raise RewriteError("the assignment gives no name alone", None)
    item = cst.WithItem(value, cst.AsName(name) if below.body else None)
    inside = below.body or [cst.SimpleStatementLine([cst.Pass()])]
    body = cst.IndentedBlock(inside, header=line.trailing_whitespace, footer=below.footer)
    asynchronous = cst.Asynchronous() if edit.is_async else None
    return cst.With([item], body, asynchronous=asynchronous, leading_lines=line.leading_lines)


def _tried(edit: DropFinally, statement: cst.Try) -> Laid:
    """What is tried, or the `try` without its `finally` where exceptions are caught as well."""
    body = statement.body
    if statement.handlers:
        return Laid([statement.with_changes(finalbody=None)], [])
    if not isinstance(body, cst.IndentedBlock):
        raise RewriteError("what is tried stands in the line of the `try`", edit.span)
    return Laid([each for each in body.body if isinstance(each, STATEMENT_LINES)], [*body.footer])


def _shielded(edit: ShieldFinally, statement: cst.Try, writer: Writer) -> cst.Try:
    """The `try`, whose `finally` cannot be cancelled."""
    last = statement.finalbody
    assert last is not None
    body, header = last.body, cst.TrailingWhitespace()
    if isinstance(body, cst.IndentedBlock):
        header, body = body.header, body.with_changes(header=header)
    shield = cst.With([cst.WithItem(writer.expression(edit.code))], body)
    return statement.with_changes(
        finalbody=last.with_changes(body=cst.IndentedBlock([shield], header=header))
    )


def _left(edit: LeaveWith, statement: cst.With, writer: Writer) -> Laid:
    """What was opened by a `with`, in the block that the `with` stood in."""
    body = statement.body
    if len(statement.items) > 1 or not isinstance(body, cst.IndentedBlock):
        raise RewriteError("the `with` opens several things, or holds its body in its line", edit.span)
    value, given = statement.items[0].item, statement.items[0].asname
    target = given.name if given is not None else cst.Name(edit.name)
    opening = cst.Assign([cst.AssignTarget(target)], value)
    line = cst.SimpleStatementLine([opening], trailing_whitespace=body.header)
    inner = [each for each in body.body if isinstance(each, STATEMENT_LINES) and not _is_empty(each)]
    return Laid([line, *writer.statements(edit.code).body, *inner], [*body.footer])


def _is_empty(line: BodyStatement) -> bool:
    """`pass`, with no comment beside it."""
    code = cst.Module([line]).code
    return code.strip() == "pass"


def _split(edit: SplitWith, statement: cst.With) -> cst.With:
    """Statements in each other, in the order of what they enter; the innermost one has the body."""
    items, found, body = [*statement.items], statement, statement.body
    if len(items) != sum(edit.runs):
        raise RewriteError("the `with` enters other things", edit.span)
    are_async = edit.are_async or (False,) * len(edit.runs)
    for count, is_async in reversed([*zip(edit.runs, are_async, strict=True)]):
        *before, last = items[-count:]
        del items[-count:]
        apart = [each.with_changes(comma=_COMMA) for each in before]
        waits = cst.Asynchronous() if is_async else None
        inner = [*apart, last.with_changes(comma=cst.MaybeSentinel.DEFAULT)]
        found = cst.With(inner, body, asynchronous=waits)
        body = cst.IndentedBlock([found])
    return found.with_changes(leading_lines=statement.leading_lines)


def assigned(name: str, value: cst.BaseExpression) -> cst.SimpleStatementLine:
    target = cst.AssignTarget(cst.Name(name))
    return cst.SimpleStatementLine([cst.Assign([target], value)])


def named_first(edit: ItemsFirst, statement: BodyStatement) -> tuple[BodyStatement, cst.BaseExpression]:
    """The loop or `with` with the name in the place of what it awaits first, and that."""
    if isinstance(statement, cst.For):
        return statement.with_changes(iter=cst.Name(edit.name)), statement.iter
    head, *others = cst.ensure_type(statement, cst.With).items
    awaited = matchers.findall(head.item, matchers.Await())
    if len(awaited) != 1:
        raise RewriteError("it does not await one thing first", edit.span)
    first = cst.ensure_type(awaited[0], cst.Await)
    item = head.item.deep_replace(first, cst.Name(edit.name))
    bare = first.with_changes(lpar=[], rpar=[])
    return statement.with_changes(items=[head.with_changes(item=item), *others]), bare


def closed(edit: CloseAfter, statement: BodyStatement, items: cst.BaseExpression, writer: Writer) -> cst.With:
    """The statement, which names `items` by now, below a `with` that closes them."""
    manager = cst.Call(writer.expression(edit.code), [cst.Arg(items)])
    entered = cst.WithItem(manager, cst.AsName(cst.Name(edit.name)))
    return cst.With([entered], cst.IndentedBlock([statement]), asynchronous=cst.Asynchronous())
