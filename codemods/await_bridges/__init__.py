"""Calls that hold a thread until a coroutine is done -> `await`, where the function becomes async.

    return asyncio.run(fetch(x))                    ->      return await fetch(x)

    loop = asyncio.new_event_loop()                 ->      return await fetch(x)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(fetch(x))
    finally:
        loop.close()

    async_to_sync(fetch)(x)                         ->      await fetch(x)
    anyio.from_thread.run(fetch, x)                 ->      await fetch(x)
    anyio.from_thread.run_sync(event.set)           ->      event.set()
    run_coroutine_threadsafe(fetch(x), app.state.loop).result()   ->   await fetch(x)

From then on the coroutine runs on the loop of the server: nothing that it runs may block, or count on a loop
of its own. https://docs.python.org/3/library/asyncio-runner.html#asyncio.run
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..analysis.index.facts import Call, Expr, Import, Name
from ..analysis.judge.reach import Reach
from ..analysis.judge.site import Site, SiteKind
from ..analysis.judge.thread_state import THREAD_LOCAL
from ..analysis.link.kinds import COROUTINE, Ext, Fn, Inst, Kind, Member
from ..analysis.link.program import CallKey, Key
from ..analysis.link.results import describe
from ..analysis.nodes import walk
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..catalogue import CallForm, Effect, Entry
from ..model import Argument, AwaitWithin, Code, Edit, ReplaceCall, ReplaceStatements, Span
from .loops import LoopOfItsOwn
from .server_loop import ServerLoop

_RUNS = frozenset({"asyncio.run", "uvloop.run"})
_RUNS_ON_LOOP = "asyncio.AbstractEventLoop.run_until_complete"
_CALLS = frozenset({"anyio.run", "anyio.from_thread.run"})
_CALLS_SYNC = "anyio.from_thread.run_sync"
_WRAPPED = "asgiref.sync.AsyncToSync.__call__"
_RESULT = "concurrent.futures.Future.result"
_SENDS = "asyncio.run_coroutine_threadsafe"
_BRIDGES = _RUNS | _CALLS | {_RUNS_ON_LOOP, _CALLS_SYNC, _WRAPPED, _RESULT}

_LOOP = "asyncio.AbstractEventLoop."
_COUNTS_ON_ITS_LOOP = frozenset(
    {
        # what is left over ends with a loop of its own, and goes on with that of the server
        *("asyncio.create_task", "asyncio.ensure_future", "asyncio.run_coroutine_threadsafe"),
        *(f"{_LOOP}{method}" for method in ("create_task", "call_soon", "call_later", "call_at")),
        *("asyncio.set_event_loop", f"{_LOOP}stop", f"{_LOOP}close", f"{_LOOP}run_forever"),
        *(f"{_LOOP}set_{what}" for what in ("debug", "default_executor", "exception_handler")),
        f"{_LOOP}add_signal_handler",
        # what it sets is gone when the coroutine is done, or is that of another thread
        *("contextvars.ContextVar.set", "structlog.contextvars.bind_contextvars", THREAD_LOCAL),
    }
)
_ASKS_FOR_LOOP = frozenset(
    {"asyncio.get_running_loop", "asyncio.current_task", "asyncio.all_tasks", f"{_LOOP}is_running"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """A function with one of its calls."""

    function: Key
    site: Site
    file: FileSyntax
    node: FunctionNode
    call: ast.Call


@dataclass(frozen=True, slots=True)
class Bridge:
    """What becomes of a bridge; `brings` are the coroutine functions that it puts on the server's loop."""

    edits: tuple[Edit, ...]
    removed: tuple[Span, ...]
    """Statements that are gone, and what stands around that which is awaited."""
    brings: frozenset[Key]


class Bridges:
    def __init__(self, reach: Reach, on_loop: frozenset[Key]) -> None:
        """`on_loop` is what runs on the loop of the server."""
        self.reach = reach
        self.server_loop = ServerLoop(reach, on_loop)
        self.program = reach.effects.program
        self.inference = reach.effects.inference

    def plan(self, place: Place, can_await: Callable[[ast.Call], bool]) -> Bridge | None:
        """None where it is no bridge, or its coroutine cannot be told or counts on a loop of its own."""
        site = place.site
        if site.name not in _BRIDGES or site.kind is not SiteKind.BLOCKING or self._loops_are_nested:
            return None
        if not can_await(place.call):
            return None
        edits = self._edits(place, can_await)
        statements = [edit.first for edit in edits if isinstance(edit, ReplaceStatements)]
        removed = (*statements, span_of(place.call.func))
        brings = frozenset(self._brought(place.function))
        if not edits or self._asks_for_loop(place.function, removed):
            return None
        if any(self._counts_on_its_loop(key) for key in brings):
            return None
        return Bridge(edits, removed, brings)

    @cached_property
    def _loops_are_nested(self) -> bool:
        """With `nest_asyncio` a loop runs inside another one: nobody knows what runs where."""
        return any(
            isinstance(binding.value, Import) and binding.value.module == "nest_asyncio"
            for module in self.program.modules.values()
            for scope in module.facts.scopes
            for binding in scope.bindings
        )

    def _brought(self, function: Key) -> list[Key]:
        """The coroutines that the function makes, whatever it hands them to."""
        return [key for key in self.reach.callees(function) if self._is_coroutine_function(key)]

    def _is_coroutine_function(self, key: Key) -> bool:
        scope = self.program.scope(key)
        return scope.is_async and not scope.has_yield

    def _asks_for_loop(self, function: Key, removed: Sequence[Span]) -> bool:
        """Does it do one thing where a loop runs, and another one where none does?"""
        return any(
            site.name in _ASKS_FOR_LOOP and not any(span.contains(Span(*site.span)) for span in removed)
            for site in self.reach.own(function)
        )

    def _counts_on_its_loop(self, coroutine: Key) -> bool:
        return any(
            site.name in _COUNTS_ON_ITS_LOOP
            for function in self.reach.below(coroutine)
            for site in self.reach.own(function)
        )

    # the forms ----------------------------------------------------------------------------------------------

    def _edits(self, place: Place, can_await: Callable[[ast.Call], bool]) -> tuple[Edit, ...]:
        """No edits where one of the conditions of the form does not hold."""
        call, name = place.call, place.site.name
        if name == _WRAPPED:
            return self._wrapped(place)
        if name == _RESULT:
            return self._sent(place)
        if call.keywords or not call.args or any(isinstance(each, ast.Starred) for each in call.args):
            return ()
        if name == _RUNS_ON_LOOP:
            return self._on_loop(place, can_await)
        if name in _RUNS:
            return (_within(call),) if self._gives_coroutine(place, call) else ()
        return self._called(place)

    def _on_loop(self, place: Place, can_await: Callable[[ast.Call], bool]) -> tuple[Edit, ...]:
        """`loop.run_until_complete(f(x))`, with what makes and closes the loop."""
        names = {Span(*site.span): site.name for site in self.reach.own(place.function)}
        loop = LoopOfItsOwn.of(place.file, place.node, place.call, names)
        if loop is None:
            return ()
        if not all(can_await(run) and self._gives_coroutine(place, run) for run in loop.runs):
            return ()
        return (*loop.removals, *map(_within, loop.runs))

    def _sent(self, place: Place) -> tuple[Edit, ...]:
        """`asyncio.run_coroutine_threadsafe(f(x), loop).result()`, on the loop of the server."""
        call, made = place.call, getattr(place.call.func, "value", None)
        if call.args or call.keywords or not isinstance(made, ast.Call) or made.keywords:
            return ()
        key = self._call_key(place, made)
        args = self.program.call(key).args if key is not None else ()
        names = {site.name for site in self.reach.effects.of_call(key)} if key is not None else set()
        if len(args) != 2 or names != {_SENDS} or not self.server_loop.is_it(place.function, args[1]):
            return ()
        if not self._is_coroutine_value(place, args[0], made.lineno):
            return ()
        return (AwaitWithin(span_of(call), span_of(made.args[0])),)

    def _wrapped(self, place: Place) -> tuple[Edit, ...]:
        """`async_to_sync(f)(x)`"""
        made = place.call.func
        if not isinstance(made, ast.Call) or len(made.args) != 1 or made.keywords:
            return ()
        function = self._argument(place, made)
        if function is None or not self._gives_coroutines(place, function):
            return ()
        return (ReplaceCall(span_of(place.call), Code(place.file.source(made.args[0])), awaited=True),)

    def _called(self, place: Place) -> tuple[Edit, ...]:
        """`anyio.from_thread.run(f, x)`, `anyio.from_thread.run_sync(f, x)`"""
        call, function = place.call, self._argument(place, place.call)
        is_sync = place.site.name == _CALLS_SYNC
        callee = call.args[0]
        if function is None or not isinstance(callee, (ast.Name, ast.Attribute)):
            return ()
        fits = self._is_over_at_once if is_sync else self._gives_coroutines
        if not fits(place, function):
            return ()
        rest = tuple(Argument(index) for index in range(1, len(call.args)))
        return (ReplaceCall(span_of(call), Code(place.file.source(callee)), rest, awaited=not is_sync),)

    # what is run --------------------------------------------------------------------------------------------

    def _argument(self, place: Place, call: ast.Call) -> Expr | None:
        """The first argument, as the facts have it."""
        key = self._call_key(place, call)
        args = self.program.call(key).args if key is not None else ()
        return args[0] if args else None

    def _call_key(self, place: Place, call: ast.Call) -> CallKey | None:
        spans = {self.program.call(key).span: key for key, _ in self.program.calls_of(place.function)}
        return spans.get(span_of(call))

    def _gives_coroutine(self, place: Place, run: ast.Call) -> bool:
        """Is the only argument of `run` a coroutine, whatever happens?"""
        if len(run.args) != 1 or run.keywords:
            return False
        given = self._argument(place, run)
        return given is not None and self._is_coroutine_value(place, given, run.lineno)

    def _is_coroutine_value(self, place: Place, given: Expr, line: int) -> bool:
        if isinstance(given, Call):
            sites = self.reach.effects.of_call(CallKey(place.function.path, given.index))
            return bool(sites) and all(self._is_coroutine(site) for site in sites)
        if not isinstance(given, Name) or given.id not in _bound_once(place.node):
            return False
        kinds = self.inference.kinds(place.function, given, line)
        return bool(kinds) and all(isinstance(kind, Inst) and kind.name == COROUTINE for kind in kinds)

    def _is_coroutine(self, site: Site) -> bool:
        if site.target is not None:
            return self._is_coroutine_function(site.target)
        return site.kind is SiteKind.ASYNC and _is_awaited(site.entry)

    def _gives_coroutines(self, place: Place, function: Expr) -> bool:
        kinds = self.inference.kinds(place.function, function, place.call.lineno)
        return bool(kinds) and all(map(self._is_async, kinds))

    def _is_async(self, kind: Kind) -> bool:
        if isinstance(kind, Fn):
            return self._is_coroutine_function(kind.key)
        entry = self._entry(kind)
        return entry is not None and entry.effect is Effect.ASYNC and _is_awaited(entry)

    def _is_over_at_once(self, place: Place, function: Expr) -> bool:
        """Nothing but known fast calls of libraries: a function of the project is left where it is."""
        kinds = self.inference.kinds(place.function, function, place.call.lineno)
        entries = [self._entry(kind) for kind in kinds]
        return bool(entries) and all(entry is not None and entry.effect is Effect.FAST for entry in entries)

    def _entry(self, kind: Kind) -> Entry | None:
        catalogue = self.program.catalogue
        if isinstance(kind, Member):
            return catalogue.find_method(kind.owner, kind.attr)
        return catalogue.find(describe(kind)) if isinstance(kind, Ext) else None


def _is_awaited(entry: Entry | None) -> bool:
    return entry is not None and entry.call_form is CallForm.AWAIT


def _within(run: ast.Call) -> AwaitWithin:
    return AwaitWithin(span_of(run), span_of(run.args[0]))


def _bound_once(function: FunctionNode) -> set[str]:
    """Names that get one value in the function, and are no parameters."""
    nodes = list(walk(function))
    stored = Counter(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    given = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {name for name, times in stored.items() if times == 1} - given
