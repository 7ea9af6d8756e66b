"""The rung of what is awaited: a bridge to a coroutine, the async twin of a call, a function that turns."""

from __future__ import annotations

import ast
from collections.abc import Callable

import msgspec

from ... import await_calls
from ...analysis.index.expr import last_name as name_of
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import HARMFUL
from ...analysis.judge.turning.verdicts import Mended, place_of
from ...analysis.link.decorators.decorators import COROUTINE_CHECKS
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from ...async_clients import TwinPlan, Twins
from ...async_generators import AsyncGenerators, Consumed
from ...await_bridges import Place
from ...await_bridges.handed_over import HandedOver
from ...model import AwaitExpression, Edit, Reason, RemedyKind, Span
from .bridging import Bridging
from .draft import Draft
from .questions import Questions

_BLOCKS = (SiteKind.BLOCKING, SiteKind.SLOW)
_TURNS = "is awaited; it becomes async as well"


class Waiting(msgspec.Struct, frozen=True):
    ask: Questions
    twins: Twins
    generators: AsyncGenerators
    bridging: Bridging
    handed_over: HandedOver
    routes: frozenset[Key]
    can_await: Callable[[Key, FileSyntax, FunctionNode, ast.Call | ast.stmt], bool]
    skip: frozenset[str]

    def is_bridged(self, draft: Draft, sites: list[Site]) -> bool:
        """Await what a bridge runs, where the function becomes async; it failed in one that is async."""
        call = draft.call(sites[0])
        if draft.partial or not draft.native or call is None or "await-calls" in self.skip:
            return False
        for site in sites:
            bridge = self.bridging.plan(Place(draft.function, site, draft.file, draft.node, call))
            if bridge is not None:
                draft.edits.extend((draft.file.path, edit) for edit in bridge.edits)
                draft.awaited += [Span(*site.span), *bridge.removed]
                draft.removed |= set(bridge.removed)
                draft.bridges.append((site, bridge))
                draft.mended.append(Mended(site, RemedyKind.AWAIT, "await the coroutine"))
                return True
        return False

    def has_twin(self, draft: Draft, site: Site) -> bool:
        """Await the exact twin of what blocks, if it has one."""
        plan = self.twin_of(draft.function, site, draft.file, draft.node) if draft.native else None
        if plan is None:
            return False
        draft.twins.append((site, plan))
        return True

    def turns_with_client(
        self, function: Key, site: Site, file: FileSyntax, node: FunctionNode | None
    ) -> bool:
        """Are only clients made there, which turn and are made in another way then?"""
        if node is None or "async-clients" in self.skip:
            return False
        uses = self.twins.made.uses(site)
        plans = [self._plan_behind(function, use, file, node) for use in uses]
        inside = frozenset().union(*(each.inside for each in plans if each is not None))
        inside |= frozenset().union(*map(self.twins.made.makings, uses))
        if not uses or None in plans or self._waits_for_more(site, inside):
            return False
        self.twins.made.relied_on.update(uses)
        return True

    def twin_of(self, function: Key, site: Site, file: FileSyntax, node: FunctionNode) -> TwinPlan | None:
        """How the twin of what blocks at a site is awaited, were the function async; None without an exact
        one."""
        if "async-clients" in self.skip:
            return None
        behind = self.twins.behind(site)
        if behind is not None:
            return self._read_twin(function, site, behind, file, node)
        call = file.call(site.span) if site.call is not None else None
        if site.kind not in (SiteKind.BLOCKING, SiteKind.SLOW) or call is None or site.form != "call":
            return None
        if not self.can_await(function, file, node, call):
            return None
        return self.twins.plan(function, site, file, node, call)

    def _read_twin(
        self, function: Key, site: Site, behind: CallKey, file: FileSyntax, node: FunctionNode
    ) -> TwinPlan | None:
        """What is read at the site comes from the call `behind` it, and is awaited with it."""
        plan = self._plan_behind(function, behind, file, node)
        inside = plan.inside if plan is not None else frozenset()
        return None if self._waits_for_more(site, inside) else plan

    def _plan_behind(
        self, function: Key, behind: CallKey, file: FileSyntax, node: FunctionNode
    ) -> TwinPlan | None:
        effects = self.ask.reach.effects
        owner = effects.program.owner_of(behind.path, effects.program.call(behind).scope)
        there, giver = self.twins.world.syntax.file(behind.path), self.twins.world.node(owner)
        call = there.call(effects.program.call(behind).span)
        made = next(iter(effects.of_call(behind)), None)
        if call is None or made is None or giver is None:
            return None
        if owner == function and not self.can_await(function, file, node, file.statement(call)):
            return None
        return self.twins.plan(owner, made, there, giver, call)

    def _waits_for_more(self, site: Site, inside: frozenset[tuple[Key, Span]]) -> bool:
        """Does what is called at the site wait for anything else than what turns?"""
        effects = self.ask.reach.effects
        sites = (site, *(effects.of_call(site.call) if site.call is not None else ()))
        return any(
            self.ask.reach.chain(target, HARMFUL, lambda s: (s.key, Span(*s.span)) not in inside)[1]
            for target in {each.target for each in sites if each.target is not None}
        )

    def missing(self, function: Key, site: Site, file: FileSyntax, call: ast.Call) -> tuple[Edit, ...]:
        """The edits that await what should have been awaited at the site; none where nothing is missing."""
        if self.handed_over.is_run_by_another(function, file, call) or self._is_told_apart(site, file, call):
            return ()
        if self._gives_results_too(site):
            return ()
        if site.name == "asyncio.wait_for" and self._blocks(function, call.args[:1]):
            return ()  # `asyncio.wait_for(process.wait(), 2)` did nothing, and would raise a TypeError
        is_route = function in self.routes
        return await_calls.missing(file, call, returns_to_framework=is_route, entry=site.entry)

    def _gives_results_too(self, site: Site) -> bool:
        """`await step.run(x) if step.is_async else step.run(x)`: it is a coroutine function in one class, and
        none in another; one without a body is whatever the others are."""
        sites = self.ask.reach.effects.of_call(site.call) if site.call is not None else ()
        called = (each.target for each in sites if each.target is not None and each.form == "call")
        scopes = map(self.ask.program.scope, called)
        return any(not scope.is_async and not scope.is_stub for scope in scopes)

    def _is_told_apart(self, site: Site, file: FileSyntax, call: ast.Call) -> bool:
        """`for callback in self.callbacks: callback(x)`, where the file asks whether what it is given is a
        coroutine function, and keeps those elsewhere."""
        if site.target is None or last_name(call.func) == self.ask.program.scope(site.target).name:
            return False
        calls = self.ask.program.modules[file.path].facts.calls
        return any(name_of(each.func) in COROUTINE_CHECKS for each in calls)

    def _blocks(self, function: Key, given: list[ast.expr]) -> bool:
        """Is one of these the result of a call that blocks, here or in a thread, which nobody can await?"""
        spans = {Span(*site.span) for site in self.ask.reach.own(function) if site.kind in _BLOCKS}
        return any(isinstance(each, ast.Await) or span_of(each) in spans for each in given)

    def wait(self, draft: Draft, awaits: list[Site], others: list[Site]) -> None:
        site, call = awaits[0], draft.call(awaits[0])
        if any(s.target in draft.turned and self.generators.are_read(s) for s in awaits):
            steps = self.generators.at_one_place([*awaits, *others], draft.turned)
            self._wait_for_steps(draft, site, steps)
            return
        if call is None or isinstance(draft.file.parents[call], ast.Await):
            draft.problems.extend((each, _is_awaited(each)) for each in others)
            return
        is_new = any(
            draft.is_wrapped(s) or (s.target in draft.turned and not self.ask.is_coroutine(s)) for s in awaits
        )
        edits: tuple[Edit, ...] = (AwaitExpression(span_of(call)),)
        if is_new:
            edits = (*edits, *self.generators.managers.renamed(draft.file.path, call))
        else:
            edits = self.missing(draft.function, site, draft.file, call)
        if not edits:
            if others and self._gives_results_too(site):
                text = f"{site.name} may be a coroutine function, and may be none"
                reason = Reason("AF909", text, place_of(site))
                draft.problems.extend((each, reason) for each in others)
            return
        if not is_new and "await-calls" in self.skip:
            text = f"{site.name} is not awaited, and await-calls are to be left out"
            draft.problems.append((site, Reason("AF918", text, place_of(site))))
            return
        if others or not self.can_await(draft.function, draft.file, draft.node, call):
            reason = Reason("AF909", f"{site.name} cannot be awaited where it is called", place_of(site))
            draft.problems.append((site, reason))
            return
        draft.edits.extend((draft.file.path, edit) for edit in edits)
        draft.awaited.append(span_of(call))
        draft.mended.append(Mended(site, RemedyKind.AWAIT, _TURNS if is_new else "await it"))

    def _wait_for_steps(self, draft: Draft, site: Site, steps: Consumed | Reason) -> None:
        """What turns is waited for where it is read or entered."""
        if isinstance(steps, Reason):
            draft.problems.append((site, steps))
            return
        draft.edits.extend((draft.file.path, edit) for edit in steps.edits)
        draft.awaited.extend((Span(*site.span), *map(span_of, steps.awaited)))
        draft.mended.append(Mended(site, RemedyKind.AWAIT, _TURNS))


def _is_awaited(site: Site) -> Reason:
    return Reason("AF909", f"{site.name} blocks inside a coroutine that is awaited", place_of(site))
