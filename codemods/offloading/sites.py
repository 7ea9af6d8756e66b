"""Blocking sites -> the smallest piece of the function that must run in a thread for each."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from ..analysis.judge.effects.lazy import Given
from ..analysis.scopes import COMPREHENSIONS
from ..analysis.syntax import span_of
from ..model import Span
from .enclosing import SETTING, Piece, enclosing, is_returned
from .frame import Frame, Refusal
from .handles import ONLY_MADE, Handles, is_lazy, is_opener, takes_apart

_ASKED = (".__bool__", ".__len__")
_TESTS = (ast.If, ast.While, ast.Assert, ast.IfExp, ast.UnaryOp, ast.BoolOp)
"""Where an object is asked whether there is anything: a thread that only makes it answers nothing."""
ASYNC = ("async for", "async with")
"""What blocks in a plain method of what is read or entered there runs on the loop, wherever that is made."""
_READ = (ast.Attribute, ast.BinOp, ast.Call, ast.Compare, ast.Subscript, ast.UnaryOp)


class OffloadSite(msgspec.Struct, frozen=True):
    """Something that blocks: a call, a `for` over a blocking iterable, a `with` that blocks at its ends, an
    attribute that is read."""

    span: Span
    """Of the call; of the statement or of its iterable or manager for the other two."""
    name: str
    kind: str = "call"
    """`call`, `with`, `for`, `read`, `truth` or one of `ASYNC`."""
    given: Given = Given.VALUE
    """When the work of a call is done."""
    asks_who_calls: bool = False
    """It looks at the frame that calls it, which must be one of this file, in the thread as well."""
    is_cheap: bool = False
    """It is over before a thread begins."""


def pieces(frame: Frame, sites: Sequence[OffloadSite]) -> list[Piece] | Refusal:
    """The pieces of all sites in source order, each node once."""
    handles = Handles(frame)
    found: dict[ast.AST, Piece] = {}
    pending = [*sites]
    seen: set[tuple[Span, str]] = set()
    while pending:
        site = pending.pop()
        if (site.span, site.kind) in seen:
            continue
        seen.add((site.span, site.kind))
        for piece in _of(frame, handles, site):
            if isinstance(piece, Refusal):
                return piece
            known = found.get(piece.node)
            if known is None or not piece.is_plain:
                is_cheap = site.is_cheap and (known is None or known.is_cheap)
                found[piece.node] = replace(piece, is_cheap=is_cheap)
        uses = handles.uses(site.span, site.name, site.given)
        pending.extend(OffloadSite(span_of(node), name, kind) for node, name, kind in uses)
    return sorted(found.values(), key=lambda piece: span_of(piece.node))


def _of(frame: Frame, handles: Handles, site: OffloadSite) -> Iterator[Piece | Refusal]:
    if site.kind == "call":
        yield from _call(frame, handles, site)
    elif site.kind == "truth":
        yield _truth(frame, site)
    elif site.kind in ASYNC:
        yield Refusal(f"{site.name} blocks inside a coroutine that is awaited", frame.function)
    else:
        yield _read(frame, site) if site.kind == "read" else _statement(frame, site)


def _read(frame: Frame, site: OffloadSite) -> Piece | Refusal:
    for node in frame.nodes:
        is_set = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        if isinstance(node, _READ) and not is_set and span_of(node) == site.span:
            is_test = site.name.endswith(_ASKED) and isinstance(frame.file.parents[node], _TESTS)
            return _truth(frame, site) if is_test else enclosing(frame, node, site.name)
        if isinstance(node, ast.Name) and site.name.endswith(_ASKED) and span_of(node) == site.span:
            return _truth(frame, site)
        if isinstance(node, ast.AugAssign) and span_of(node) == site.span:
            return Piece(node, site.name, is_plain=False)
        if isinstance(node, ast.FormattedValue) and span_of(node) == site.span:
            return enclosing(frame, frame.file.parents[node], site.name)
        if isinstance(node, ast.MatchClass) and span_of(node) == site.span:
            return Refusal(f"{site.name} is read by the pattern of a `case`", node)
        is_part = isinstance(node, (ast.Attribute, ast.Subscript))
        around = frame.file.parents[node] if is_part and is_set else None
        if isinstance(around, SETTING) and site.span in (span_of(node), span_of(around)):
            return Piece(around, site.name, is_plain=False)
    return Refusal(f"{site.name} is read by an inner function or a class", frame.function)


def _truth(frame: Frame, site: OffloadSite) -> Piece | Refusal:
    """`not found` asks what it needs to know; `if found` does so where nothing can be put around it."""
    for node in frame.nodes:
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call)) and span_of(node) == site.span:
            asks = _asking(frame, node)
            if isinstance(asks, ast.comprehension):
                return enclosing(frame, frame.file.parents[asks], site.name)
            if isinstance(asks, (ast.UnaryOp, ast.BoolOp, ast.IfExp)):
                return enclosing(frame, asks, site.name)
            return Refusal(f"{site.name} runs where it is asked whether there is anything", node)
    return Refusal(f"{site.name} is asked by an inner function or a class", frame.function)


def _asking(frame: Frame, node: ast.expr) -> ast.AST:
    """What asks the object: of `found or other`, which may be the object, what is around it asks again."""
    asks = frame.file.parents[node]
    while isinstance(asks, ast.BoolOp):
        around = frame.file.parents[asks]
        is_value = isinstance(around, ast.IfExp) and around.test is not asks
        if is_value or not isinstance(around, (*_TESTS, ast.comprehension)):
            break
        asks = around
    return asks


def _statement(frame: Frame, site: OffloadSite) -> Piece | Refusal:
    for node in frame.nodes:
        if isinstance(node, ast.With) and site.kind == "with":
            if site.span == span_of(node) or any(
                site.span == span_of(item.context_expr) for item in node.items
            ):
                return Piece(node, site.name, is_plain=False)
        elif isinstance(node, ast.For) and site.kind == "for":
            if site.span in (span_of(node), span_of(node.iter)):
                return Piece(node, site.name, is_plain=False)
        elif isinstance(node, ast.Assign) and site.kind == "for" and takes_apart(node):
            if site.span in (span_of(node), span_of(node.value)):
                return Piece(node, site.name, is_plain=False)
        elif isinstance(node, (ast.Tuple, ast.List)) and site.kind == "for" and site.span == span_of(node):
            statement = frame.file.statement(node)
            if isinstance(statement, ast.Assign):
                return Piece(statement, site.name, is_plain=False)
        elif isinstance(node, ast.Starred) and isinstance(node.ctx, ast.Load) and site.kind == "for":
            if site.span in (span_of(node), span_of(node.value)):
                return enclosing(frame, frame.file.parents[node], site.name)
        elif isinstance(node, ast.YieldFrom) and site.kind == "for" and site.span == span_of(node):
            return Refusal("`yield from` is not possible in an async function", node)
        elif (
            isinstance(node, COMPREHENSIONS)
            and site.kind == "for"
            and any(site.span == span_of(generator.iter) for generator in node.generators)
        ):
            return enclosing(frame, node, site.name)
    return Refusal(f"{site.name} blocks in an inner function or a class", frame.function)


def _call(frame: Frame, handles: Handles, site: OffloadSite) -> Iterator[Piece | Refusal]:
    call = frame.file.call(site.span)
    if call is None:
        yield Refusal(f"the call of {site.name} cannot be found again", frame.function)
        return
    if isinstance(frame.file.parents[call], ast.Await) or call in frame.gathered:
        yield Refusal(f"{site.name} blocks inside a coroutine that is awaited", call)
        return
    if site.given is Given.MANAGER:
        yield _entered(frame, call, site.name)
        return
    if site.name in ONLY_MADE:
        writing = handles.consumer(call)
        if not isinstance(writing, ast.Call):
            return
        call = writing
    lazy = site.given in (Given.GENERATOR, Given.LAZY) or is_lazy(site.name)
    if lazy or is_opener(site.name):
        around = handles.outermost(call)
        lazy = lazy or around is not call
        call = around
    consumer = handles.consumer(call) if lazy or is_opener(site.name) else None
    if site.given is Given.PERHAPS_LAZY:
        consumer = handles.iterator(call)
    if isinstance(consumer, (ast.For, ast.Assign)):
        yield Piece(consumer, site.name, is_plain=False)
        if site.given is not Given.GENERATOR:
            yield enclosing(frame, call, site.name, plain=call)
    elif consumer is None and lazy:
        escape = handles.escape(call, is_plain=is_lazy(site.name))
        if escape is not None:
            text = f"what {site.name} gives is read where nobody can wait for it"
            yield Refusal(text, escape, is_returned(frame, escape))
        else:
            piece = enclosing(frame, call, site.name)
            yield piece if isinstance(piece, Refusal) else replace(piece, is_unread=True)
    else:
        plain = None if site.asks_who_calls else call
        yield enclosing(frame, consumer or call, site.name, plain=plain)


def _entered(frame: Frame, call: ast.Call, name: str) -> Piece | Refusal:
    """A context manager works on the way in and out: the whole `with` goes, or nothing."""
    item = frame.file.parents[call]
    statement = frame.file.parents[item]
    if isinstance(item, ast.withitem) and item.context_expr is call and isinstance(statement, ast.With):
        return Piece(statement, name, is_plain=False)
    return Refusal(f"what {name} gives does its work elsewhere", call)
