"""Code that was serial by accident: it looked at something shared and changed it while nobody else could run.

    async def token():                          async def token():
        if "token" not in CACHE:                    if "token" not in CACHE:
            CACHE["token"] = fetch()      ->            CACHE["token"] = await fetch()

Two requests may now both find nothing and both fetch. Or a function changed something and looked at it again
later, or changed the whole process for a while. What ran in a thread before was never alone, so only
functions that ran on the event loop already are told of.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ..analysis.judge.reaching.reach import HARMFUL, Reach
from ..analysis.judge.turning.verdicts import Judgement, Verdict
from ..analysis.link.program import Key, Program
from ..analysis.syntax import Syntax, span_of
from ..model import (
    AsyncClause,
    AsyncStatement,
    AwaitExpression,
    AwaitWithin,
    CollectItems,
    Edit,
    ExtractToThread,
    Location,
    Note,
    NoteKind,
    OffloadCall,
    OffloadExpression,
    RemedyKind,
    ReplaceCall,
    Span,
    YieldEach,
)
from .process_state import process_changes
from .shared import Shared
from .shared_files import FILE, SharedFiles

_WAITS = (
    *(AsyncClause, AsyncStatement, AwaitExpression, AwaitWithin),
    *(CollectItems, OffloadCall, OffloadExpression, YieldEach),
)
_ALONE = "hold an asyncio.Lock around all of it"
_HINT = "look again after the await, or hold an asyncio.Lock around both"


class Interleavings:
    def __init__(self, reach: Reach, syntax: Syntax, judgement: Judgement) -> None:
        self._reach = reach
        self._program: Program = reach.effects.program
        self._syntax = syntax
        self._judgement = judgement
        self._shared = Shared(reach.effects.inference, syntax)
        self._files = SharedFiles(reach, syntax, self._shared)

    def notes(self, key: Key) -> list[Note]:
        """What others may now change between a look of the function at it and its own change."""
        verdict = self._judgement.verdicts.get(key)
        if key not in self._on_loop or verdict is None or verdict.plan is None:
            return []
        edits = [edit for path, edit in verdict.plan.edits if path == key.path]
        places = [(key, pause) for edit in edits for pause in _pauses(edit)]
        places += [(target, pause) for target in _offloaded(verdict) for pause in self._blocking(target)]
        found: dict[tuple[Key, str], Note] = {}
        for function, pause in places:
            for name, change in self._torn(function, pause):
                place = Location(function.path, change.line, change.col + 1)
                who = self._program.scope(function).qualname
                text = f"{who} looks at {name}, waits, and then changes it: other requests run in between"
                # a file is told of once: the function that waits is where a lock can be held
                owner, hint = (key, _ALONE) if name.startswith(FILE) else (function, _HINT)
                found.setdefault((owner, name), Note(NoteKind.BEHAVIOUR, text, place, hint))
            for name, span in self._overtaken(function, pause):
                place = Location(function.path, span.line, span.col + 1)
                who = self._program.scope(function).qualname
                text = f"{who} changes {name}, and waits: other requests run in between"
                found.setdefault((function, name), Note(NoteKind.BEHAVIOUR, text, place, _ALONE))
        return list(found.values())

    @cached_property
    def _on_loop(self) -> frozenset[Key]:
        """Async functions and the sync ones that they call."""
        program = self._program
        functions = [key for key in program.functions() if not program.modules[key.path].facts.is_test]
        stack = [key for key in functions if program.scope(key).is_async]
        seen = set(stack)
        while stack:
            for callee in self._reach.callees(stack.pop()):
                if callee not in seen:
                    seen.add(callee)
                    stack.append(callee)
        return frozenset(seen)

    def _blocking(self, function: Key) -> Iterator[Span]:
        for site in self._reach.own(function):
            called = self._reach.flags(site.target) if site.target is not None else {site.kind}
            if HARMFUL & called:
                yield Span(*site.span)

    def _torn(self, function: Key, pause: Span) -> Iterator[tuple[str, Span]]:
        """Names that are looked at before the end of the pause and changed after its start."""
        file = self._syntax.file(function.path)
        node = file.function(self._program.scope(function).span)
        if node is None or not span_of(node).contains(pause):
            return
        uses = self._shared.uses(function, node)
        of_files, to_files = self._files.uses(function, node)
        for change in (*uses.changes, *to_files):
            looks = [
                look
                for look in (*uses.looks, *of_files)
                if look.name == change.name and not look.locks & change.locks
            ]
            before = [look for look in looks if look.at <= pause[2:] and look.of in (None, change.span)]
            again = [look for look in looks if look.at > pause[2:] and look.is_in(change.tests)]
            # a change happens when all else of its statement is done
            is_between = change.span[2:] >= pause[:2] and any(look.at <= change.span[2:] for look in before)
            if is_between and not again:
                yield change.name, change.span

    def _overtaken(self, function: Key, pause: Span) -> Iterator[tuple[str, Span]]:
        """What is changed for all requests before the end of the pause, and counts behind its start: a name
        that is looked at then, or the process itself."""
        node = self._syntax.file(function.path).function(self._program.scope(function).span)
        if node is None or not span_of(node).contains(pause):
            return
        uses = self._shared.uses(function, node)
        for change in uses.changes:
            looks = (
                look.at for look in uses.looks if look.name == change.name and look.locks == change.locks
            )
            if change.is_new_value and change.span[2:] <= pause[:2] and any(at >= pause[2:] for at in looks):
                yield change.name, change.span
        for what, span in process_changes(self._reach, function, node):
            if span[:2] <= pause[2:]:
                yield what, span


def _pauses(edit: Edit) -> Iterator[Span]:
    """Where an edit makes the function wait: at the end of a span, or somewhere in a run."""
    if isinstance(edit, ExtractToThread):
        yield Span(*edit.first[:2], *edit.last[2:])
    elif isinstance(edit, _WAITS) or (isinstance(edit, ReplaceCall) and edit.awaited):
        yield edit.span


def _offloaded(verdict: Verdict) -> Iterator[Key]:
    for mended in verdict.plan.mended if verdict.plan is not None else ():
        if mended.remedy is RemedyKind.OFFLOAD and mended.site.target is not None:
            yield mended.site.target
