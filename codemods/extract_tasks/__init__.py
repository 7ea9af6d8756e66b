"""Slow work -> Taskiq tasks in `domain/tasks.py`, with `await x_task.kiq(...)` left at its place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from ..analysis.effects import Effects, Site, SiteKind
from ..analysis.facts import Attr, Call, CallSite, Const, Expr
from ..analysis.kinds import Ext, Fn, Member
from ..analysis.program import CallKey, Key, Program
from ..analysis.reach import Reach
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax
from ..model import EntryKind, EntryPoint, Span
from .decide import plan_tasks
from .handed_on import is_discarded
from .helpers import Helpers
from .importable import Importable, ImportGraph
from .knowledge import Knowledge
from .names import TaskNames
from .raises import Raises
from .sites import SlowSite, TaskPlan, TaskPlans
from .state import State

_TELLS = re.compile(
    r"(sms|text_?message|notif|web_?hook|slack|discord|telegram|whatsapp|push|e?mail|alert|analytics|telemetry|track_event)",
    re.IGNORECASE,
)
_KINDS = (
    ("sms", "sms|text_?message|whatsapp"),
    ("email", "mail"),
    ("push", "notif|push|alert|slack|discord|telegram"),
)
_WITH_TWINS = ("http", "sleep", "cache")
_DELIVERIES = ("email", "sms", "push")
_SENDS = ("post", "put", "patch", "request")
_CARRIERS = {
    "add_task": 0,
    "submit": 0,
    "run_in_executor": 1,
    "to_thread": 0,
    "run_in_threadpool": 0,
    "run_sync": 0,
}


class Tasks:
    """Asked for one function after the other; tasks of one name with the same source are one."""

    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        entries: tuple[EntryPoint, ...],
        handlers: frozenset[Key],
        names: TaskNames,
    ) -> None:
        """`handlers` return the response."""
        self.reach = reach
        self.effects: Effects = reach.effects
        self.program: Program = reach.effects.program
        self.syntax = syntax
        self.handlers = handlers
        self.names = names
        self.importable = Importable(self.program)
        self.graph = ImportGraph(self.program)
        self.state = State(reach, syntax)
        self.helpers = Helpers(reach, syntax, self.importable, Raises(reach, syntax, entries), self.state)
        on_the_loop = (EntryKind.ROUTE, EntryKind.WEBSOCKET, EntryKind.EXCEPTION_HANDLER)
        self._entries = {self.program.key(entry.function) for entry in entries if entry.kind in on_the_loop}
        self._cut: dict[Key, bool] = {}
        self._plans: dict[tuple[Key, tuple[SlowSite, ...]], TaskPlans] = {}

    def is_slow(self, site: Site, file: FileSyntax) -> bool:
        """Slow work by the catalogue; or a third party is told something, and nobody looks at the answer."""
        if site.kind is SiteKind.SLOW or (
            site.target is not None and SiteKind.SLOW in self.reach.flags(site.target)
        ):
            return True
        call = file.call(Span(*site.span)) if site.call is not None else None
        if call is None or not is_discarded(file, _awaited(file, call)):
            return False
        if site.kind is SiteKind.ASYNC:
            return _is_async_delivery(site) and isinstance(file.parents[call], ast.Await)
        if site.target is None:
            return _sends(site)
        if not _TELLS.search(self.program.id(site.target)):
            return False
        _, last = self.reach.chain(site.target, frozenset({SiteKind.BLOCKING}), _sends)
        return last is not None

    def plan(
        self,
        function: Key,
        slow: Sequence[Site],
        file: FileSyntax,
        node: FunctionNode,
        turned: frozenset[Key],
    ) -> TaskPlans:
        """What moves, and why the rest stays; helpers in `turned` will be coroutine functions."""
        sites = tuple(self._slow_site(site, turned) for site in slow)
        if self._is_task(function):
            return TaskPlans()
        memo = (function, sites)
        if memo not in self._plans:
            context = Knowledge(
                self.reach,
                self.syntax,
                self.importable,
                self.state,
                function,
                node,
                lambda module: self._is_late(module, function),
            )
            prefix = self.program.modules[function.path].facts.module.rpartition(".")[2]
            self._plans[memo] = plan_tasks(
                file, node, sites, context, self.names, prefix, is_handler=function in self.handlers
            )
        return self._plans[memo]

    # the level of a chain at which it is cut --------------------------------------------------------------

    def cuts_inside(self, function: Key) -> bool:
        """Must the function stay with its caller, while a call of its own can move?

        It gives a value, or does more than slow work, and calls another function for the slow part.
        """
        if function not in self._cut:
            self._cut[function] = False  # as long as it is looked at
            self._cut[function] = self._is_cut(function)
        return self._cut[function]

    def _is_cut(self, function: Key) -> bool:
        file = self.syntax.file(function.path)
        node, calls = file.function(self.program.scope(function).span), self._calls_to_cut(function)
        return node is not None and bool(calls and self.plan(function, calls, file, node, frozenset()).plans)

    def _calls_to_cut(self, function: Key) -> list[Site]:
        """The calls of project functions that do the slow part of a function that does more."""
        helper, file = self.helpers.signature(function), self.syntax.file(function.path)
        calls = [s for s in self.reach.own(function) if s.target is not None and self.is_slow(s, file)]
        if helper is None or not calls or function in self._entries:
            return []
        kinds = {self._slow_site(site, frozenset()).category for site in calls}
        more = any(self.state.elsewhere(function, kind, self._is_told) for kind in kinds)
        is_more = more or helper.memory or helper.raises or self._gives_more_than_success(function)
        return calls if is_more else []

    def _gives_more_than_success(self, function: Key) -> bool:
        values = self.program.scope(function).returned
        return any(not (isinstance(v, Const) and v.type in ("NoneType", "bool")) for v in values)

    # slow work handed to something that runs it later -----------------------------------------------------

    def handed_on(self, function: Key) -> Iterator[Site]:
        """`background.add_task(send, ..)`, `Thread(target=send).start()`, `await to_thread(send, ..)`."""
        for call, site in self.program.calls_of(function):
            argument = _carried(site)
            if argument is None:
                continue
            for kind in sorted(
                self.effects.inference.kinds(Key(call.path, site.scope), argument, site.span.line), key=repr
            ):
                if isinstance(kind, Fn) and SiteKind.SLOW in self.reach.flags(kind.key):
                    own = self.program.id(kind.key)
                    yield Site(call, function, site.span, SiteKind.SLOW, own, None, kind.key, "callback")
                elif isinstance(kind, (Ext, Member)):
                    name = kind.name if isinstance(kind, Ext) else f"{kind.owner}.{kind.attr}"
                    entry = self.program.catalogue.find(name)
                    if entry is not None and entry.effect.value == "slow":
                        yield Site(call, function, site.span, SiteKind.SLOW, name, entry, None, "callback")

    def _is_task(self, function: Key) -> bool:
        """`@broker.task`: what it does is off the request path already."""
        for decorator in self.program.scope(function).decorators:
            if isinstance(decorator, Call):
                decorator = self.program.call(CallKey(function.path, decorator.index)).func
            if isinstance(decorator, Attr) and decorator.attr == "task":
                return True
        return False

    # sites ------------------------------------------------------------------------------------------------

    def _slow_site(self, site: Site, turned: frozenset[Key]) -> SlowSite:
        span = Span(*site.span)
        if site.target is None:
            return SlowSite(span, site.name, _category(site, site.name))
        _, last = self.reach.chain(site.target, frozenset({SiteKind.SLOW}))
        helper = self.helpers.signature(site.target) if self._is_one_function(site) else None
        category = _category(last, site.name)
        if helper is not None:
            is_async = helper.is_async or site.target in turned
            elsewhere = self.state.elsewhere(site.target, category, self._is_told)
            helper = replace(helper, is_async=is_async, elsewhere=elsewhere)
        return SlowSite(span, site.name, category, helper)

    def _is_told(self, function: Key, site: Site) -> bool:
        """Is a request sent to tell somebody something, and not to ask?"""
        if _TELLS.search(self.program.id(function)):
            return True
        return self.is_slow(site, self.syntax.file(function.path))

    def _is_one_function(self, site: Site) -> bool:
        """Does the call always run this function, and not the one of a subclass?"""
        if site.call is None or site.form == "callback":
            return True
        return {s.target for s in self.effects.of_call(site.call) if s.target is not None} == {site.target}

    # imports ----------------------------------------------------------------------------------------------

    def _is_late(self, module: str, function: Key) -> bool:
        loads = self.graph.loads(module)
        return function.path in loads or bool(self._senders & loads)

    @cached_property
    def _senders(self) -> frozenset[str]:
        """Files that may come to import the tasks module: a function in them does slow work and may await."""
        return frozenset(
            key.path
            for key in self._may_await()
            if any(self.is_slow(site, self.syntax.file(key.path)) for site in self._sites(key))
        )

    def _sites(self, function: Key) -> Iterator[Site]:
        yield from self.reach.own(function)
        yield from self.handed_on(function)

    def _may_await(self) -> frozenset[Key]:
        """Handlers, async functions, and those that may turn: something below them can be awaited."""
        functions = [
            key for key in self.program.functions() if not self.program.modules[key.path].facts.is_test
        ]
        callers: dict[Key, list[Key]] = {}
        for key in functions:
            for callee in self.reach.callees(key):
                callers.setdefault(callee, []).append(key)
        stack = [
            key
            for key in functions
            if any(map(_can_be_awaited, self.reach.own(key))) or self._calls_to_cut(key)
        ]
        found = set(stack)
        while stack:
            for caller in callers.get(stack.pop(), ()):
                if caller not in found:
                    found.add(caller)
                    stack.append(caller)
        found.update(key for key in functions if self.program.scope(key).is_async or key in self._entries)
        return frozenset(found)


def _awaited(file: FileSyntax, call: ast.Call) -> ast.expr:
    parent = file.parents[call]
    return parent if isinstance(parent, ast.Await) else call


def _can_be_awaited(site: Site) -> bool:
    if site.kind is SiteKind.ASYNC:
        return True
    return site.kind is SiteKind.BLOCKING and site.entry is not None and site.entry.category in _WITH_TWINS


def _is_async_delivery(site: Site) -> bool:
    """`await fastmail.send_message(..)`: it blocks nothing, and the client waits for it all the same."""
    is_known = site.entry is not None and site.entry.category in _DELIVERIES
    return is_known and site.name.rpartition(".")[2].startswith("send")


def _sends(site: Site) -> bool:
    """An HTTP call that tells somebody something, rather than asking."""
    return site.entry is not None and site.entry.category == "http" and site.name.rpartition(".")[2] in _SENDS


def _category(slow: Site | None, name: str) -> str:
    is_known = slow is not None and (slow.kind is SiteKind.SLOW or _is_async_delivery(slow))
    if is_known and slow is not None and slow.entry is not None:
        return slow.entry.category
    return next((kind for kind, words in _KINDS if re.search(words, name, re.IGNORECASE)), "http")


def _carried(site: CallSite) -> Expr | None:
    """The function that a call hands to something else."""
    name = str(getattr(site.func, "attr", "") or getattr(site.func, "id", ""))
    if name == "Thread":
        return dict(site.keywords).get("target")
    at = _CARRIERS.get(name)
    if at is None:
        return None
    return site.args[at] if len(site.args) > at else dict(site.keywords).get("func")


__all__ = ["TaskPlan", "TaskPlans", "Tasks"]
