"""Expressions that are awaited, offloaded or replaced.

load(x)["k"]      ->      (await run_in_threadpool(load, x))["k"]
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import msgspec
from msgspec.structs import replace

from ...model import (
    Argument,
    AwaitExpression,
    AwaitWithin,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
    Span,
)
from .arguments import Item, Layout, arranged, as_written, keyword_argument, layout_of
from .code import Writer
from .failure import RewriteError
from .parts import Part, with_parts
from .precedence import Level, demanded, fitted, level, operand, parenthesized
from .spans import codes_of
from .whitespace import NOTHING, SPACE, bare, deeper, has_lines, is_broken, line_break, shallower

_STRINGS = (cst.FormattedString, cst.TemplatedString)
_FIELDS = (cst.FormattedStringExpression, cst.TemplatedStringExpression)


class Place(msgspec.Struct, frozen=True):
    """Where an expression stands; `around` are the nodes that hold it, the nearest last.

    `margin` is what its first line is indented by; `glued` says that a word stands directly beside it.
    """

    node: cst.CSTNode
    around: Sequence[cst.CSTNode]
    glued: bool
    margin: str

    @property
    def parent(self) -> cst.CSTNode | None:
        return self.around[-1] if self.around else None

    @property
    def inner_margin(self) -> str:
        """The margin within the block, as LibCST counts it."""
        default = cases = outer = ""
        for node in self.around:
            if isinstance(node, cst.Module):
                default = node.default_indent
            elif isinstance(node, cst.Match):
                cases = default if node.indent is None else node.indent
            elif isinstance(node, cst.MatchCase):
                outer += cases
            elif isinstance(node, cst.IndentedBlock):
                outer += default if node.indent is None else node.indent
        return self.margin.removeprefix(outer)

    def fit(self, node: cst.BaseExpression) -> cst.BaseExpression:
        if node.lpar:
            return node
        return parenthesized(node) if self.glued else fitted(node, demanded(self.parent, self.node))


def awaited(edit: AwaitExpression, node: cst.BaseExpression, place: Place) -> cst.BaseExpression:
    _check_await(node, place, edit.span)
    return place.fit(_await(_called(_await(node) if edit.twice else node, edit.method)))


def _called(node: cst.BaseExpression, method: str) -> cst.BaseExpression:
    """`node.method()`, on a line of its own where the last method of the chain stands on one."""
    if not method:
        return node
    if level(node) < Level.PRIMARY:
        return cst.Call(cst.Attribute(fitted(node, Level.PRIMARY), cst.Name(method)))
    dot = cst.Dot()
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        dot = cst.Dot(whitespace_before=bare(node.func.dot.whitespace_before))
    named = cst.Attribute(operand(node, Level.PRIMARY), cst.Name(method), dot)
    return cst.Call(named, lpar=node.lpar, rpar=node.rpar)


def awaited_within(
    edit: AwaitWithin, call: cst.Call, inner: cst.BaseExpression, place: Place, margin: str
) -> cst.BaseExpression:
    """The parentheses around the call are those of what takes its place, and so is the indentation; `margin`
    is that of what is inside."""
    _check_await(call, place, edit.span)
    if not _stands_alone(inner):  # the parentheses of the call hold its lines together
        (arg,) = call.args
        opening = cst.LeftParen(whitespace_after=bare(call.whitespace_before_args))
        closing = cst.RightParen(whitespace_before=bare(arg.whitespace_after_arg))
        return _await(_called(inner.with_changes(lpar=[opening], rpar=[closing]), edit.method))
    if not (inner.lpar and is_broken(inner.lpar[-1].whitespace_after)):
        inner = shallower(inner, margin.removeprefix(place.margin))
    if call.lpar:
        inner = inner.with_changes(lpar=call.lpar, rpar=call.rpar)
    return place.fit(_await(_called(inner, edit.method)))


def _stands_alone(node: cst.BaseExpression) -> bool:
    """Does it need no parentheses around its lines?"""
    try:
        cst.parse_expression(_source(node))
    except cst.ParserSyntaxError:
        return False
    return True


def offloaded_call(edit: OffloadCall, call: cst.Call, place: Place, writer: Writer) -> cst.BaseExpression:
    _check_await(call, place, edit.span)
    for arg in call.args:
        if arg.star == "**" or (arg.keyword is not None and arg.keyword.value == "func"):
            raise RewriteError("a keyword could be taken by the thread pool itself", edit.span)
    layout = layout_of(call)
    outer: cst.BaseExpression = call
    if has_lines(call.func):
        inside = _inside_parentheses(call)
        if inside is not None:
            layout = Layout(inside.opening, bare(inside.opening), inside.closing, bool(call.args))
            outer = inside.rest
    callee = cst.Arg(call.func, whitespace_after_arg=call.whitespace_after_func)  # it may hold a comment
    items = [Item(callee), *(Item(arg, index) for index, arg in enumerate(call.args))]
    if outer is not call:
        items = [Item(item.arg) for item in items]
    made = cst.Call(
        func=writer.expression(edit.runner),
        args=arranged(items, call.args if outer is call else (), layout),
        whitespace_before_args=layout.opening,
        lpar=outer.lpar,
        rpar=outer.rpar,
    )
    return place.fit(_await(made))


def offloaded_expression(
    edit: OffloadExpression, node: cst.BaseExpression, place: Place, writer: Writer
) -> cst.BaseExpression:
    _check_await(node, place, edit.span)
    inside = _inside_parentheses(node) if level(node) > Level.ANY else None
    outer = inside.rest if inside else node
    keeps_own = level(node) < Level.LAMBDA
    body = operand(node, Level.LAMBDA)
    if inside is None and has_lines(body):
        opening, closing = (line_break(place.inner_margin + unit) for unit in (writer.indent, ""))
        inside, body = _Inside(opening, closing, outer), deeper(body, writer.indent)
    function = cst.Lambda(
        params=cst.Parameters(),
        body=body,
        whitespace_after_lambda=NOTHING,
        colon=cst.Colon(whitespace_after=SPACE),
    )
    made = cst.Call(
        func=writer.expression(edit.runner),
        args=[cst.Arg(function, whitespace_after_arg=inside.closing if inside else NOTHING)],
        whitespace_before_args=inside.opening if inside else NOTHING,
        lpar=() if keeps_own else outer.lpar,
        rpar=() if keeps_own else outer.rpar,
    )
    return place.fit(_await(made))


def replaced_call(edit: ReplaceCall, call: cst.Call, place: Place, writer: Writer) -> cst.BaseExpression:
    writer = _beside(place, writer)
    for code in codes_of(edit):
        _check_quotes(writer.text(code), place, edit.span)
    callee = writer.expression(edit.callee)
    if isinstance(place.node, cst.Call) and _source(place.node.func) != _source(call.func):
        callee = _of_new_owner(callee, place.node.func, call.func, edit.span)
    made = call.with_changes(func=fitted(callee, Level.PRIMARY))
    if edit.arguments is not None:
        made = _with_arguments(edit, made, writer)
    if not edit.awaited:
        return made
    _check_await(call, place, edit.span)
    return place.fit(_await(made))


def replaced_expression(
    edit: ReplaceExpression,
    node: cst.BaseExpression,
    place: Place,
    writer: Writer,
    parts: Sequence[Part] = (),
) -> cst.BaseExpression:
    """`parts` are what other edits made of parts of `node`."""
    writer = _beside(place, writer)
    _check_quotes(writer.text(edit.code), place, edit.span)
    new = writer.expression(edit.code)
    if parts:
        new = with_parts(node, new, parts)
    if node.lpar and not new.lpar and level(node) > Level.ANY:
        return new.with_changes(lpar=node.lpar, rpar=node.rpar)
    return place.fit(new)


def _beside(place: Place, writer: Writer) -> Writer:
    """Text keeps its own quotes inside an f-string, whose quotes are those of the file."""
    return (
        replace(writer, single_quotes=False) if any(isinstance(e, _STRINGS) for e in place.around) else writer
    )


def _with_arguments(edit: ReplaceCall, call: cst.Call, writer: Writer) -> cst.Call:
    order = as_written(call.args)
    items: list[Item] = []
    for argument in edit.arguments or ():
        arg, index = _argument(argument, call, order, edit.span, writer)
        if argument.keyword and arg.star:
            raise RewriteError("a starred argument cannot have a keyword", edit.span)
        items.append(Item(keyword_argument(arg, argument.keyword) if argument.keyword else arg, index))
    layout = layout_of(call)
    if not items:
        return call.with_changes(args=[], whitespace_before_args=NOTHING)
    return call.with_changes(args=arranged(items, call.args, layout), whitespace_before_args=layout.opening)


def _argument(
    argument: Argument, call: cst.Call, order: list[int], span: Span, writer: Writer
) -> tuple[cst.Arg, int | None]:
    """With the place that it had in the old call, if it had one."""
    if argument.code is not None:
        new = _new_argument(writer.text(argument.code), span)
        if not argument.given:
            return new, None
        inner = [_argument(each, call, order, span, writer)[0] for each in argument.given]
        args = [cst.Arg(fitted(each.value, Level.LAMBDA)) for each in inner]
        return cst.Arg(cst.Call(fitted(new.value, Level.PRIMARY), args)), None
    if argument.index is None or not 0 <= argument.index < len(order):
        raise RewriteError("the call has no such argument", span)
    index = order[argument.index]
    return call.args[index], index


def _new_argument(text: str, span: Span) -> cst.Arg:
    call = cst.parse_expression(f"f({text})")
    if not isinstance(call, cst.Call) or len(call.args) != 1:
        raise RewriteError("new text is not one argument", span)
    return call.args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=NOTHING)


def _await(node: cst.BaseExpression) -> cst.Await:
    """The parentheses around `node` are taken over by the `await`, unless `node` itself needs them."""
    if level(node) >= Level.PRIMARY:
        return cst.Await(operand(node, Level.PRIMARY), lpar=node.lpar, rpar=node.rpar)
    return cst.Await(fitted(node, Level.PRIMARY))


class _Inside(msgspec.Struct, frozen=True):
    """The white space of parentheses on lines of their own, and the expression without that pair."""

    opening: cst.BaseParenthesizableWhitespace
    closing: cst.BaseParenthesizableWhitespace
    rest: cst.BaseExpression


def _inside_parentheses(node: cst.BaseExpression) -> _Inside | None:
    if not node.lpar or not is_broken(node.lpar[-1].whitespace_after):
        return None
    opening, closing = node.lpar[-1].whitespace_after, node.rpar[0].whitespace_before
    return _Inside(opening, closing, node.with_changes(lpar=node.lpar[:-1], rpar=node.rpar[1:]))


def _check_await(node: cst.BaseExpression, place: Place, span: Span) -> None:
    if isinstance(node, cst.Await) or isinstance(place.parent, cst.Await):
        raise RewriteError("it is awaited already", span)
    _check_shown(place, span)


def _check_shown(place: Place, span: Span) -> None:
    if any(isinstance(each, _FIELDS) and each.equal is not None for each in place.around):
        raise RewriteError("its source is shown by `=` in an f-string", span)


def _check_quotes(text: str, place: Place, span: Span) -> None:
    """Before Python 3.12 a field of an f-string can hold neither the quotes around it nor a backslash."""
    _check_shown(place, span)
    for each in place.around:
        if isinstance(each, _STRINGS) and (each.quote in text or "\\" in text):
            raise RewriteError("the new text cannot stand inside an f-string", span)


def _of_new_owner(
    callee: cst.BaseExpression, old: cst.BaseExpression, new: cst.BaseExpression, span: Span
) -> cst.BaseExpression:
    """`instance().http.get`, where another edit changes `instance()`."""
    ends = (callee, old, new)
    owners = [_source(each.value) for each in ends if isinstance(each, cst.Attribute)]
    if len(owners) < len(ends) or owners[0] != owners[1]:
        raise RewriteError("another edit changes the callee", span)
    return callee.with_changes(value=cst.ensure_type(new, cst.Attribute).value)


def _source(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
