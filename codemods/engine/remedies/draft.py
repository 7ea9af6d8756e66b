"""One function while its remedies are decided: what it is, and what has been decided so far."""

from __future__ import annotations

import ast

import msgspec

from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.turning.verdicts import FunctionPlan, Mended
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import FileSyntax, FunctionNode
from ...async_clients import TwinPlan
from ...await_bridges import Bridge
from ...model import Edit, Note, Reason, RemedyKind, Span, Support


class Slow(msgspec.Struct, frozen=True):
    """A slow call that may become a task, with all else that happens at its place."""

    site: Site
    awaits: list[Site] = []
    others: list[Site] = []
    is_left: bool = False
    """Does it go down the ladder where it is no task? Else it is seen to already, or refused."""


class Draft(msgspec.Struct):
    function: Key
    file: FileSyntax
    node: FunctionNode
    turned: frozenset[Key]
    """Functions that will be coroutine functions."""
    native: bool
    """May sites be awaited natively or moved to tasks."""
    partial: bool
    """It runs on the loop already: what cannot be mended stays, with the reason."""
    harm: frozenset[SiteKind]
    """What must leave the loop: an async function runs what nobody knows on the loop today, and that stays
    so."""
    mended: list[Mended] = msgspec.field(default_factory=list)
    edits: list[tuple[str, Edit]] = msgspec.field(default_factory=list)
    support: list[Support] = msgspec.field(default_factory=list)
    notes: list[Note] = msgspec.field(default_factory=list)
    awaited: list[Span] = msgspec.field(default_factory=list)
    twins: list[tuple[Site, TwinPlan]] = msgspec.field(default_factory=list)
    """What awaits its twin, unless it moves to a task with what it is for."""
    slow: list[Slow] = msgspec.field(default_factory=list)
    to_thread: list[Site] = msgspec.field(default_factory=list)
    unresolved: list[Site] = msgspec.field(default_factory=list)
    """What may block as well, and cannot be put into a thread alone."""
    bound: list[Site] = msgspec.field(default_factory=list)
    """What holds only if all of the function runs in one thread; one call alone does so anyway."""
    removed: set[Span] = msgspec.field(default_factory=set)
    """What is gone."""
    bridges: list[tuple[Site, Bridge]] = msgspec.field(default_factory=list)
    """Calls that gave way to an `await` of what they ran."""
    problems: list[tuple[Site, Reason]] = msgspec.field(default_factory=list)
    held: tuple[Span, ...] = ()
    """Sites that stay because a lock is held there."""
    keeps_body: bool = False
    """No function of its own may take all of it."""
    hops: int = 0
    whole_body: bool = False
    queued: frozenset[Key] = frozenset()
    taken_over: set[Span] = msgspec.field(default_factory=set)
    """Calls that the edits of the database await, and that a task makes in their place."""
    waits_for: tuple[tuple[Key, tuple[Note, ...]], ...] = ()
    wrapped: frozenset[CallKey] = frozenset()
    """In the wrapper of a decorator that turns, the calls of what it stands on."""

    def is_wrapped(self, site: Site) -> bool:
        return site.call in self.wrapped and site.form == "call"

    def call(self, site: Site) -> ast.Call | None:
        return self.file.call(Span(*site.span)) if site.call is not None else None

    def uses(self, site: Site) -> bool:
        """Does the function do anything with what it gives?"""
        call = self.call(site)
        return call is not None and not isinstance(self.file.parents[call], (ast.Expr, ast.Return))

    def await_twins(self) -> None:
        for site, plan in self.twins:
            self.edits.extend(plan.edits)
            self.support.extend(plan.support)
            self.notes.extend(plan.notes)
            self.awaited.extend((*plan.awaited, Span(*site.span)))
            self.mended.append(Mended(site, RemedyKind.TWIN, plan.text))

    def removes(self, site: Site) -> bool:
        is_bridge = any(each == site for each, _ in self.bridges)
        return is_bridge or any(span.contains(Span(*site.span)) for span in self.removed)

    def plan(self, *, waits_in_thread: bool) -> FunctionPlan:
        left = [Mended(site, RemedyKind.LEAVE, reason=problem) for site, problem in self.problems]
        return FunctionPlan(
            mended=(*self.mended, *left),
            edits=tuple(self.edits),
            support=tuple(self.support),
            notes=tuple(dict.fromkeys(self.notes)),
            hops=self.hops,
            awaits=bool(self.awaited),
            waits_in_thread=waits_in_thread,
            whole_body=self.whole_body,
            in_threads=self.whole_body or not self.native,
            brings=frozenset(key for _, bridge in self.bridges for key in bridge.brings),
            queued=self.queued,
            taken_over=frozenset((self.file.path, span) for span in self.taken_over),
            waits_for=self.waits_for,
        )
