"""What is handed on with values that cannot be sent, moved with the statements that make those values.

message = MessageSchema(recipients=[user.email])       ->    await send_signup_email_task.kiq(user.email)
background_tasks.add_task(fm.send_message, message)
"""

from __future__ import annotations

import ast
from functools import cached_property

import msgspec
from msgspec.structs import replace

from ...analysis.scopes import parameter_names
from ...analysis.syntax import FileSyntax, span_of
from ...model import Span
from ..behind import is_last_effect
from ..blocks.runs import Run
from ..hazards.order.turns import has_its_turn
from ..sites import SlowSite
from .handed_on import How, Shape
from .work import Work, root_name


class Unwrapped(FileSyntax, frozen=True, dict=True):
    """The file as if the function were called in place of the call that hands it on."""

    shape: Shape
    is_awaited: bool

    @cached_property
    def tree(self) -> ast.Module:
        queued = self.shape.carrier.func
        rest = ast.copy_location(ast.Expr(ast.copy_location(ast.Call(queued, [], []), queued)), queued)
        tree = _InPlace(span_of(self.shape.whole), self._call, rest).visit(ast.parse(self.text))
        assert isinstance(tree, ast.Module)
        return tree

    @property
    def _call(self) -> ast.expr:
        shape = self.shape
        call = ast.Call(shape.callee, list(shape.positional), list(shape.keywords))
        ast.copy_location(call, shape.whole)
        return ast.copy_location(ast.Await(call), shape.whole) if self.is_awaited else call


class _InPlace(ast.NodeTransformer):
    def __init__(self, span: Span, call: ast.expr, rest: ast.stmt) -> None:
        """`rest`: what is left where it is handed on, and may fail there."""
        self._span = span
        self._call = call
        self._rest = rest

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self._call if span_of(node) == self._span else self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> ast.AST | list[ast.stmt]:
        """What a `try` begins with stands before it: nobody here sees it fail."""
        self.generic_visit(node)
        first = node.body[0]
        if not isinstance(first, ast.Expr) or first.value is not self._call:
            return node
        node.body = [self._rest, *node.body[1:]]
        return [first, node]


class HandedOn(msgspec.Struct, frozen=True):
    """A call that hands a function on: what the task does in its place, and what stays of it."""

    shape: Shape
    is_awaited: bool

    def text(self, file: FileSyntax) -> str:
        """The function called with its arguments, as they are written."""
        given = [file.source(value) for value in self.shape.positional]
        given += [f"{keyword.arg}={file.source(keyword.value)}" for keyword in self.shape.keywords]
        call = f"{file.source(self.shape.callee)}({', '.join(given)})"
        return f"await {call}" if self.is_awaited else call

    def stays_behind(self, work: Work, run: Run) -> bool:
        """Is it still the response that it is queued behind, as something else happens before?"""
        is_given = root_name(self.shape.carrier.func) in parameter_names(work.function.args)
        is_behind = work.stays_sync or not (is_given and is_last_effect(work, run)) or has_its_turn(run)
        return self.shape.how is How.BACKGROUND and is_behind

    def queue(self, work: Work, run: Run, task: str, passed: str) -> str:
        """How the function queues the task: behind the response, where something else still happens."""
        carrier = self.shape.carrier.func
        if self.shape.how is not How.BACKGROUND:
            return queue_text(work.behind, task, passed)
        if self.stays_behind(work, run):
            return f"{work.file.source(carrier)}({', '.join([f'{task}.kiq', *([passed] if passed else [])])})"
        return queue_text("", task, passed)


def queue_text(behind: str, task: str, passed: str) -> str:
    """`behind`: the background tasks of a handler that cannot await."""
    if behind:
        return f"{behind}.add_task({', '.join([f'{task}.kiq', *([passed] if passed else [])])})"
    return f"await {task}.kiq({passed})"


def unwrapped(work: Work, site: SlowSite, shape: Shape) -> tuple[Work, SlowSite, Shape, HandedOn] | None:
    """The same work with the function called in its place; None where that cannot be written down."""
    if not isinstance(work.file.parents[shape.whole], ast.Expr) or shape.thread or shape.definition:
        return None
    if any(keyword.arg is None for keyword in shape.keywords):
        return None
    if any(isinstance(value, ast.Starred) for value in shape.positional):
        return None
    is_awaited = site.is_async or any(helper.is_async for helper in site.helpers)
    file = Unwrapped(work.file.path, work.file.text, shape, is_awaited)
    function = file.function(span_of(work.function))
    span = span_of(shape.whole)
    call = file.call(span)
    if function is None or call is None:
        return None
    own = replace(site, span=span)
    others = [own if each is site else each for each in work.slow]
    changed = replace(work, file=file, function=function, slow=others)
    whole = file.parents[call] if is_awaited else call
    assert isinstance(whole, ast.expr)
    direct = Shape(How.CALL, call.func, call.args, call.keywords, whole, call)
    return changed, own, direct, HandedOn(shape, is_awaited)
