"""The generator itself: what an async one cannot do, and what it does when it is left before its end.

    def pages():                                async def pages():
        yield from fetch()["items"]     ->          for item in fetch()["items"]:
                                                        yield item

An async generator neither returns a value nor delegates: https://peps.python.org/pep-0525/
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Collection, Iterator, Sequence

from ..analysis.nodes import TRIES, walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FunctionNode, span_of
from ..analysis.view import View
from ..model import Code, ImportNeed, Reason, ShieldFinally, Span, YieldEach, slot


def why_not(view: View, function: FunctionNode, *, is_manager: bool) -> Reason | None:
    """What the body does that no async generator can do."""
    for node in own_nodes(function):
        if isinstance(node, ast.Return) and node.value is not None:
            return _reason(view, node, f"{function.name} returns a value beside what it yields")
        if isinstance(node, (ast.Yield, ast.YieldFrom)) and not isinstance(view.file.parents[node], ast.Expr):
            return _reason(view, node, f"{function.name} works with what it is sent")
        if isinstance(node, ast.YieldFrom) and is_manager:
            return _reason(view, node, f"{function.name} leaves it to another generator when its `with` ends")
    return None


def yields(function: FunctionNode) -> Iterator[ast.Yield | ast.YieldFrom]:
    return (node for node in own_nodes(function) if isinstance(node, (ast.Yield, ast.YieldFrom)))


def cleans_up(view: View, function: FunctionNode) -> bool:
    """Does something run when it is left at a `yield`? A sync generator does it at once, an async one when
    the loop finds time."""
    return next(_cleaning(view, function), None) is not None


def can_be_cancelled(view: View, function: FunctionNode) -> bool:
    """Is nothing run when it is left but a `finally`, which can be shielded, and what shields itself?"""
    return all(
        _is_plain(each) if isinstance(each, TRIES) else _is_shielded(view, each)
        for each in _cleaning(view, function)
    )


def shields_itself(view: View, function: FunctionNode) -> bool:
    """Is nothing run when it is left but what shields itself?"""
    return all(_is_shielded(view, each) for each in _cleaning(view, function))


def _is_shielded(view: View, statement: ast.stmt) -> bool:
    """`with client.messages.stream(..) as pieces:`"""
    entered = [item.context_expr for item in getattr(statement, "items", ())]
    is_known = view.inference.program.catalogue.is_shielded
    return bool(entered) and all(is_known(view.instance(each)) for each in entered)


def _is_plain(statement: ast.Try) -> bool:
    last = (node for each in statement.finalbody for node in walk(each))
    yields_last = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in last)
    return not yields_last and not any(map(_catches_the_end, statement.handlers))


def shielded(view: View, function: FunctionNode, changed: Sequence[Span]) -> Iterator[ShieldFinally]:
    """Each `finally` that may wait, as something in it is changed: in the scope of a stream whose client is
    gone, an `await` raises at once. https://anyio.readthedocs.io/en/stable/cancellation.html#finalization"""
    code = Code(f"{slot(0)}.CancelScope(shield=True)", (ImportNeed("anyio"),))
    for statement in dict.fromkeys(_cleaning(view, function)):
        last = [span_of(each) for each in getattr(statement, "finalbody", ())]
        if any(each.contains(span) for each in last for span in changed):
            yield ShieldFinally(span_of(statement), code)


def _cleaning(view: View, function: FunctionNode) -> Iterator[ast.stmt]:
    """What does something when the generator is left at a `yield` in it."""
    for node in yields(function):
        below: ast.AST = node
        for above in view.file.above(node):
            if above is function:
                break
            if isinstance(above, (ast.With, ast.AsyncWith)) and below in above.body:
                yield above
            if isinstance(above, TRIES) and _runs_at_the_end(above, below):
                yield above
            below = above


def _runs_at_the_end(statement: ast.Try, below: ast.AST) -> bool:
    catches = below in statement.body and any(map(_catches_the_end, statement.handlers))
    return catches or (bool(statement.finalbody) and below not in statement.finalbody)


def _catches_the_end(handler: ast.ExceptHandler) -> bool:
    text = ast.unparse(handler.type) if handler.type is not None else "BaseException"
    return "BaseException" in text or "GeneratorExit" in text


def unrolled(
    view: View, function: FunctionNode, awaited: Sequence[Span], first: Collection[Span] = ()
) -> Iterator[YieldEach]:
    """Each `yield from` as a loop: an async one where it goes over what is awaited step by step, and not
    `first`."""
    for node in yields(function):
        if isinstance(node, ast.YieldFrom):
            is_async = span_of(node) in awaited or (
                span_of(node.value) in awaited and span_of(node.value) not in first
            )
            yield YieldEach(span_of(view.file.statement(node)), free_name(function), is_async)


def free_name(function: ast.AST, name: str = "item") -> str:
    """The name, or that with a number where the function, or Python (`class Return`), has such a name."""
    taken = {*keyword.kwlist} | {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    taken |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _reason(view: View, node: ast.AST, text: str) -> Reason:
    return Reason("AF915", text, view.place(node))
