"""The proof that what runs in a thread does its work there: nothing lazy comes out to be read on the loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ...analysis.index.bindings import How
from ...analysis.index.expr import Attr, Await, Call, Expr, Name
from ...analysis.judge.effects.lazy import Given, Laziness
from ...analysis.judge.effects.site import Site
from ...analysis.judge.reaching.reach import HARMFUL, Reach
from ...analysis.judge.state.locks import Locks
from ...analysis.link.kinds import Ext, Fn, Kind, Unknown, is_lazy_function
from ...analysis.link.program import CallKey, Key
from ...model import FunctionId
from .failure import Failure

_RUNNERS = {
    "starlette.concurrency.run_in_threadpool",
    "asyncio.to_thread",
    "anyio.to_thread.run_sync",
}
_READERS = {"starlette.concurrency.iterate_in_threadpool"}


def threads_do_the_work(after: Reach, functions: Iterable[FunctionId]) -> Iterator[Failure]:
    """No generator, `map` or context manager that blocks comes out of a thread and is read on the loop."""
    threads = _Threads(after)
    for function in functions:
        key = threads.program.key(function)
        for call, site in threads.program.calls_of(key) if key is not None else ():
            gives = site.args and threads.is_one_of(call, _RUNNERS) and threads.gives_work(call)
            if gives and not threads.is_read_in_threads(call):
                yield Failure("threads do the work", call.path, f"line {site.span.line}", (function,))


def locks_are_not_held(before: Locks, after: Locks, functions: Iterable[FunctionId]) -> Iterator[Failure]:
    """Nothing new is awaited while a lock of threads is held: the next to ask for it would stop the loop."""
    for function in functions:
        old, new = before.key(function), after.key(function)
        known = before.awaits(old) if old is not None else ()
        if new is not None and len(found := after.awaits(new)) > len(known):
            yield Failure("locks are not held", new.path, f"line {found[0].line}", (function,))


class _Threads:
    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.inference = reach.effects.inference
        self.program = reach.effects.program
        self.lazy = Laziness(self.inference)

    def is_one_of(self, call: CallKey, names: set[str]) -> bool:
        return any(isinstance(kind, Ext) and kind.name in names for kind in self.inference.callees(call))

    def gives_work(self, call: CallKey) -> bool:
        """Does what runs in the thread give something that blocks when it is read?"""
        site = self.program.call(call)
        where = Key(call.path, site.scope)
        own = self.inference.kinds(where, site.args[0], site.span.line)
        lazy = [kind.name for kind in own if isinstance(kind, Ext) and is_lazy_function(kind.name)]
        handed = msgspec.structs.replace(site, args=site.args[1:])
        called = self.reach.effects.callbacks(call, handed, lazy) if lazy else ()
        return any(map(self._works_later, own)) or any(map(self._blocks, called))

    def _works_later(self, kind: Kind) -> bool:
        if not isinstance(kind, Fn) or not self.reach.flags(kind.key) & HARMFUL:
            return False
        return self.lazy.of_function(kind.key) is not Given.VALUE

    def _blocks(self, site: Site) -> bool:
        return site.kind in HARMFUL or (
            site.target is not None and bool(self.reach.flags(site.target) & HARMFUL)
        )

    def is_read_in_threads(self, call: CallKey) -> bool:
        """Is the result kept under names that only inner functions and `iterate_in_threadpool` read?"""
        module = self.program.modules[call.path]
        scope = self.program.call(call).scope
        value = Await(Call(call.index))
        names = {
            name
            for name, bindings in module.names[scope].items()
            if any(b.value == value and b.how is How.ASSIGN for b in bindings)
        }
        frame = frozenset(module.frame(scope))
        reads = [(r.expr, r.span.line, r.call) for r in module.facts.references if r.scope in frame]
        reads += [(c.func, c.span.line, -1) for c in module.facts.calls if c.scope in frame]
        for expr, line, into in reads:
            name = _root(expr)
            in_thread = into >= 0 and self.is_one_of(CallKey(call.path, into), _READERS)
            if name not in names or in_thread:
                continue
            if not self._is_value(Key(call.path, scope), Name(name), line):
                return False
        return bool(names)

    def _is_value(self, scope: Key, expr: Expr, line: int) -> bool:
        """Is it known that no work is left in it?"""
        kinds = self.inference.kinds(scope, expr, line)
        is_known = not any(isinstance(kind, Unknown) for kind in kinds)
        return is_known and self.lazy.of_value(scope, expr, line) is Given.VALUE


def _root(expr: Expr) -> str:
    while isinstance(expr, Attr):
        expr = expr.value
    return expr.id if isinstance(expr, Name) else ""
