"""Code that runs because a stream is broken off: what is newly awaited there is never done.

    async def lines():
        try:
            async for line in source:
                yield line
        finally:
            os.remove(path)       # `await run_in_threadpool(os.remove, path)` would leave the file

When the client of a streamed response goes away, Starlette cancels the scope of the stream, and in such a
scope each `await` raises at once: https://anyio.readthedocs.io/en/stable/cancellation.html#finalization
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from ....model import Span
from ...link.program import Key
from ...scopes import own_nodes
from ...syntax import FunctionNode, Syntax, last_name, span_of
from ..callers.callers import Callers
from ..callers.spellings import spellings
from ..effects.site import Site
from ..reaching.reach import Reach

_PLAIN = frozenset({"staticmethod", "classmethod"})
"""Another decorator makes something else of a generator, such as a context manager, which nobody streams."""
_CANCELLED = frozenset({"BaseException", "CancelledError", "GeneratorExit"})
_STARTERS = frozenset({"create_task", "ensure_future"})
_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
_TRIES: tuple[type[ast.Try], ...] = (ast.Try, getattr(ast, "TryStar", ast.Try))


class BrokenOff:
    def __init__(self, reach: Reach, syntax: Syntax, callers: Callers) -> None:
        self._reach = reach
        self._syntax = syntax
        self._callers = callers
        self._program = reach.effects.program
        self._known: dict[Key, tuple[_Zone, ...]] = {}

    def at(self, function: Key, span: Span) -> bool:
        """May what stands there run because a stream is broken off?"""
        if function in self._cleaning:
            return True
        return function in self._streaming and any(z.span.contains(span) for z in self._zones(function))

    def at_once(self, function: Key, span: Span) -> Span | None:
        """The `try` around such a place in which nothing is awaited: once begun, it goes on to its end."""
        zones = (each for each in self._zones(function) if each.span.contains(span))
        zone = next(zones, None) if function not in self._cleaning else None
        return zone.around if zone is not None and not zone.waits else None

    @cached_property
    def _streaming(self) -> frozenset[Key]:
        """What gives the steps of a stream, and all that it calls."""
        steps = (
            Key(path, number)
            for path, module in self._program.modules.items()
            for number, scope in enumerate(module.facts.scopes)
            if scope.is_async and scope.has_yield
        )
        return self._reached([each for each in steps if self._is_made_plainly(each)])

    @cached_property
    def _cleaning(self) -> frozenset[Key]:
        """All that is called from where a stream is broken off."""
        called = (
            site.target
            for function in sorted(self._streaming)
            for zone in self._zones(function)
            for site in self._reach.own(function)
            if site.target is not None and zone.span.contains(Span(*site.span))
            if not self._starts_task(site)
        )
        return self._reached(list(called))

    def _starts_task(self, site: Site) -> bool:
        """`asyncio.create_task(discard(path))` runs apart from the stream."""
        file = self._syntax.file(site.key.path)
        call = file.call(site.span) if site.call is not None else None
        around = file.parents[call] if call is not None else None
        return isinstance(around, ast.Call) and last_name(around.func) in _STARTERS

    def _reached(self, roots: Sequence[Key]) -> frozenset[Key]:
        found, waiting = set(roots), list(roots)
        while waiting:
            for callee in self._reach.callees(waiting.pop()):
                if callee not in found:
                    found.add(callee)
                    waiting.append(callee)
        return frozenset(found)

    def _is_made_plainly(self, function: Key) -> bool:
        """Called by the project, not by a framework that runs it to its end, as it does dependencies."""
        node = self._node(function)
        decorators = node.decorator_list if node is not None else ()
        calls = (
            call
            for name in spellings(self._program, function)
            for call in self._program.calls_by_name.get(name, ())
        )
        is_called = any(function in self._callers.run_by(call) for call in calls)
        return is_called and all(last_name(each) in _PLAIN for each in decorators)

    def _node(self, function: Key) -> FunctionNode | None:
        return self._syntax.file(function.path).function(self._program.scope(function).span)

    def _zones(self, function: Key) -> tuple[_Zone, ...]:
        if function not in self._known:
            node = self._node(function)
            self._known[function] = tuple(_zones(node)) if node is not None else ()
        return self._known[function]


class _Zone(NamedTuple):
    span: Span
    around: Span
    """The whole `try`."""
    waits: bool
    """Is anything awaited in it, or yielded?"""


def _zones(function: FunctionNode) -> Iterator[_Zone]:
    nodes = list(own_nodes(function))
    shielded = [span_of(node) for node in nodes if _is_shield(node)]
    waiting = [span_of(node) for node in nodes if isinstance(node, _WAITS)]
    for node in nodes:
        if isinstance(node, _TRIES):
            around = span_of(node)
            waits = any(map(around.contains, waiting))
            caught = [each.body for each in node.handlers if _catches_cancelling(each.type)]
            for statement in (each for block in (*caught, node.finalbody) for each in block):
                if not any(span.contains(span_of(statement)) for span in shielded):
                    yield _Zone(span_of(statement), around, waits)


def _catches_cancelling(caught: ast.expr | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(kind is None or last_name(kind) in _CANCELLED for kind in kinds)


def _is_shield(node: ast.AST) -> bool:
    """`with CancelScope(shield=True):`"""
    managers = [item.context_expr for item in getattr(node, "items", ())]
    return any(
        isinstance(each, ast.Call) and any(keyword.arg == "shield" for keyword in each.keywords)
        for each in managers
    )
