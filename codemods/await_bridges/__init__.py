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
    run_async(fetch(x))                             ->      await fetch(x)

The last one is a function of the project that does nothing but run what it is handed (`runners`).

From then on the coroutine runs on the loop of the server: nothing that it runs may block, or count on a loop
of its own. https://docs.python.org/3/library/asyncio-runner.html#asyncio.run
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from functools import cached_property

import msgspec

from ..analysis.index.bindings import Import
from ..analysis.index.expr import Attr, Call, Expr, Item, Name, Starred
from ..analysis.index.facts import CallSite
from ..analysis.judge.effects.site import Site, SiteKind
from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.kinds import COROUTINE, Ext, Fn, Inst, Kind, Member, describe
from ..analysis.link.program import CallKey, Key
from ..analysis.nodes import walk
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..catalogue import CallForm, Effect, Entry
from ..model import Argument, AwaitWithin, Code, Edit, ReplaceCall, ReplaceStatements, Span
from .brought import Brought, hold_coroutine, is_coroutine_function
from .loops import LoopOfItsOwn
from .runners import RUNS, RUNS_ON_LOOP, WRAPPED, Runners
from .server_loop import ServerLoop

_CALLS = frozenset({"anyio.run", "anyio.from_thread.run"})
_CALLS_SYNC = "anyio.from_thread.run_sync"
_RESULT = "concurrent.futures.Future.result"
_SENDS = "asyncio.run_coroutine_threadsafe"
_BRIDGES = RUNS | _CALLS | {RUNS_ON_LOOP, _CALLS_SYNC, WRAPPED, _RESULT}


class Place(msgspec.Struct, frozen=True):
    """A function with one of its calls."""

    function: Key
    site: Site
    file: FileSyntax
    node: FunctionNode
    call: ast.Call


class Bridge(msgspec.Struct, frozen=True):
    """What becomes of a bridge; `brings` are the coroutine functions that it puts on the server's loop."""

    edits: tuple[Edit, ...]
    removed: tuple[Span, ...]
    """Statements that are gone, and what stands around that which is awaited."""
    brings: frozenset[Key]


class Bridges:
    def __init__(self, reach: Reach, on_loop: frozenset[Key], runners: Runners) -> None:
        """`on_loop` is what runs on the loop of the server."""
        self.reach = reach
        self.runners = runners
        self.brought = Brought(reach)
        self.server_loop = ServerLoop(reach, on_loop)
        self.program = reach.effects.program
        self.inference = reach.effects.inference

    def plan(self, place: Place, can_await: Callable[[ast.Call], bool]) -> Bridge | None:
        """None where it is no bridge, or its coroutine cannot be told or counts on a loop of its own."""
        site = place.site
        is_bridge = site.name in _BRIDGES and site.kind is SiteKind.BLOCKING
        if not (is_bridge or self._is_run_by_helper(place)) or self._loops_are_nested:
            return None
        if not can_await(place.call):
            return None
        edits = self._edits(place, can_await)
        statements = [edit.first for edit in edits if isinstance(edit, ReplaceStatements)]
        removed = (*statements, span_of(place.call.func))
        if not edits or not self.brought.are_known(place.function, removed):
            return None
        brings = frozenset(self.brought.by(place.function))
        if any(map(self.brought.counts_on_its_loop, brings)):
            return None
        return Bridge(edits, removed, brings)

    def _is_run_by_helper(self, place: Place) -> bool:
        """Nothing else may be called there, and what stands before the name of a method must do no work."""
        site, callee = place.site, span_of(place.call.func)
        if site.target is None or site.call is None or self.reach.effects.of_call(site.call) != (site,):
            return False
        if site.form != "call" or not self.runners.is_one(site.target):
            return False
        return not any(callee.contains(each.span) for each in self.reach.effects.sites(place.function))

    @cached_property
    def _loops_are_nested(self) -> bool:
        """With `nest_asyncio` a loop runs inside another one: nobody knows what runs where."""
        return any(
            isinstance(binding.value, Import) and binding.value.module == "nest_asyncio"
            for module in self.program.modules.values()
            for scope in module.facts.scopes
            for binding in scope.bindings
        )

    # the forms ----------------------------------------------------------------------------------------------

    def _edits(self, place: Place, can_await: Callable[[ast.Call], bool]) -> tuple[Edit, ...]:
        """No edits where one of the conditions of the form does not hold."""
        call, name = place.call, place.site.name
        if name == WRAPPED:
            return self._wrapped(place)
        if name == _RESULT:
            return self._sent(place)
        if call.keywords or not call.args or any(isinstance(each, ast.Starred) for each in call.args):
            return ()
        if name == RUNS_ON_LOOP:
            return self._on_loop(place, can_await)
        if name in RUNS or place.site.target is not None:
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
            key = CallKey(place.function.path, given.index)
            sites = self.reach.effects.of_call(key)
            is_coroutine = bool(sites) and all(self._is_coroutine(site) for site in sites)
            return is_coroutine and not self._takes_kept_one(place.function, self.program.call(key))
        if not isinstance(given, Name) or given.id not in _bound_once(place.node):
            return False
        kinds = self.inference.kinds(place.function, given, line)
        return bool(kinds) and all(isinstance(kind, Inst) and kind.name == COROUTINE for kind in kinds)

    def _takes_kept_one(self, function: Key, call: CallSite) -> bool:
        """Is it given a coroutine that was put into an attribute, or somewhere else, by anybody?"""
        kept = [_unpacked(each) for each in (*call.args, *(value for _, value in call.keywords))]
        return any(
            isinstance(each, (Attr, Item))
            and hold_coroutine(self.inference.kinds(function, each, call.span.line))
            for each in kept
        )

    def _is_coroutine(self, site: Site) -> bool:
        if site.target is not None:
            return is_coroutine_function(self.program, site.target)
        return site.kind is SiteKind.ASYNC and _is_awaited(site.entry)

    def _gives_coroutines(self, place: Place, function: Expr) -> bool:
        kinds = self.inference.kinds(place.function, function, place.call.lineno)
        return bool(kinds) and all(map(self._is_async, kinds))

    def _is_async(self, kind: Kind) -> bool:
        if isinstance(kind, Fn):
            return is_coroutine_function(self.program, kind.key)
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


def _unpacked(expr: Expr) -> Expr:
    return expr.value if isinstance(expr, Starred) else expr


def _within(run: ast.Call) -> AwaitWithin:
    return AwaitWithin(span_of(run), span_of(run.args[0]))


def _bound_once(function: FunctionNode) -> set[str]:
    """Names that get one value in the function, which is read once, and are no parameters."""
    nodes = list(walk(function))
    names = Counter((n.id, type(n.ctx)) for n in nodes if isinstance(n, ast.Name))
    given = {node.arg for node in nodes if isinstance(node, ast.arg)}
    once = {name for (name, use), times in names.items() if use is ast.Store and times == 1}
    return {name for name in once if names[name, ast.Load] == 1} - given
