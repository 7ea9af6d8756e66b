"""Stretches of code during which a function holds a lock of threads.

An `await` there would hold it while others run: on one event loop the next who asks for it waits for ever,
and a pool of threads fills with those who ask.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from ....model import FunctionId, Span
from ...index.expr import Attr, Expr
from ...link.program import CallKey, Key
from ...scopes import own_nodes
from ...syntax import FunctionNode, Syntax, last_name, span_of
from ..effects.site import Site
from ..reaching.reach import Reach

_THREAD_BOUND_MANAGERS = (
    "lock",
    "mutex",
    "semaphore",
    "condition",
    "no_grad",
    "inference_mode",
    "autocast",
    "enable_grad",
    "catch_warnings",
)

_TAKES = frozenset({"__enter__", "acquire"})
_AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def is_thread_bound_manager(manager: ast.expr) -> bool:
    """A lock, or a manager whose state belongs to its thread, by its name."""
    callee = manager.func if isinstance(manager, ast.Call) else manager
    name = last_name(callee).lower()
    return any(word in name for word in _THREAD_BOUND_MANAGERS)


def is_lock(site: Site) -> bool:
    """Is one taken there? What waits for a thread, a future or an event waits for all that they do."""
    return _is_of_lock(site) and site.name.rpartition(".")[2] in _TAKES


def _is_of_lock(site: Site) -> bool:
    return site.entry is not None and site.entry.category == "lock"


class Locks:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self._reach = reach
        self._syntax = syntax
        self._known: dict[Key, tuple[Span, ...]] = {}

    def key(self, function: FunctionId) -> Key | None:
        return self._reach.effects.program.key(function)

    def hold(self, function: Key, span: Span) -> bool:
        """Does what stands at `span` run while `function` holds a lock that it took itself?"""
        return any(held.contains(span) for held in self.held(function))

    def awaits(self, function: Key) -> tuple[Span, ...]:
        """What is awaited while a lock is held."""
        node = self._node(function)
        found = [span_of(each) for each in own_nodes(node) if isinstance(each, _AWAITS)] if node else []
        return tuple(span for span in found if self.hold(function, span))

    def held(self, function: Key) -> tuple[Span, ...]:
        if function not in self._known:
            self._known[function] = tuple(self._held(function))
        return self._known[function]

    def given_back(self, function: Key, taken: Site) -> list[Site]:
        """Where what one `acquire()` took is given back, which an RLock lets only the same thread do."""
        if taken.call is None or taken.form != "call":
            return []
        lock = self._lock(taken.call)
        spans = [held for held in self.held(function) if held[:2] == taken.span[2:]]
        return [
            site
            for site in self._reach.own(function)
            if site.call is not None and _is_of_lock(site) and site.name.endswith(".release")
            if self._lock(site.call) == lock and any(held.contains(Span(*site.span)) for held in spans)
        ]

    def _is_entered_with_lock(self, target: Key | None) -> bool:
        """A context manager of the project that takes a lock on its way in."""
        scope = self._reach.effects.program.scope(target) if target is not None else None
        is_manager = scope is not None and (scope.has_yield or scope.name == "__enter__")
        return is_manager and any(is_lock(site) for site in self._reach.own(target))  # type: ignore[arg-type]

    def _node(self, function: Key) -> FunctionNode | None:
        span = self._reach.effects.program.scope(function).span
        return self._syntax.file(function.path).function(span)

    def _held(self, function: Key) -> Iterator[Span]:
        node = self._node(function)
        if node is None:
            return
        sites = self._reach.own(function)
        entered = {Span(*site.span) for site in sites if site.form == "with" and is_lock(site)}
        entered |= {Span(*site.span) for site in sites if self._is_entered_with_lock(site.target)}
        known = {Span(*site.span) for site in sites if site.entry is not None or site.target is not None}
        for inner in own_nodes(node):
            for manager in (item.context_expr for item in getattr(inner, "items", ())):
                place = span_of(manager)
                by_name = place not in known and is_thread_bound_manager(manager)
                if isinstance(inner, ast.With) and (place in entered or by_name):
                    yield Span(*place[2:], *span_of(inner)[2:])
                    break
        yield from self._until_released(node, sites)

    def _until_released(self, node: FunctionNode, sites: Sequence[Site]) -> Iterator[Span]:
        """From `acquire()` to the `release()` of the same that runs whatever happens, or to the end."""
        always = {span_of(each) for each in _always_run(node.body)}
        taken: dict[Expr, list[Site]] = defaultdict(list)
        for site in sites:
            if site.call is not None and site.form == "call" and _is_of_lock(site):
                lock = self._lock(site.call)
                if site.name.endswith(".acquire"):
                    taken[lock].append(site)
                elif site.name.endswith(".release") and taken[lock] and site.span in always:
                    yield Span(*taken[lock].pop().span[2:], *site.span[2:])
        for site in chain(*taken.values()):
            yield Span(*site.span[2:], *span_of(node)[2:])

    def _lock(self, call: CallKey) -> Expr:
        func = self._reach.effects.program.call(call).func
        return func.value if isinstance(func, Attr) else func


def _always_run(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in block:
        yield statement
        yield from _always_run(getattr(statement, "finalbody", ()))
