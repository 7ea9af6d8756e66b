"""One function: its colour now and afterwards, the chain that makes it so, or the reason that forbids it."""

from __future__ import annotations

from collections import deque

import msgspec

from ..analysis.judge.reaching.reach import HARMFUL
from ..analysis.judge.turning.verdicts import Mended
from ..analysis.link.program import Key
from ..model import Colour, FunctionId, Hop, Location, Reason, TurnAsync
from .analysis import Analysis


class Explanation(msgspec.Struct, frozen=True):
    function: FunctionId
    location: Location
    before: Colour
    after: Colour
    reached_from: str
    """Label of the handler with the shortest way to it; empty when none reaches it."""
    way: tuple[Hop, ...]
    """From that handler to the function."""
    chain: tuple[Hop, ...]
    """From the function to what blocks first; empty when nothing does."""
    remedies: tuple[str, ...]
    """What is done in the function itself."""
    reason: Reason | None
    """Why it stays as it is."""
    hands_on: bool
    """It turns, but stays a `def`, which gives an async generator."""


def explain(a: Analysis, function: Key) -> Explanation:
    program, judgement = a.program, a.judgement
    verdict = judgement.verdicts.get(function)
    before = Colour.ASYNC if program.scope(function).is_async else Colour.SYNC
    label, way = _way(a, function)
    chain, last = a.reach.chain(function, HARMFUL)
    plan = verdict.plan if verdict is not None else None
    reason = verdict.reason if verdict is not None and verdict.reason else judgement.refused.get(function)
    return Explanation(
        program.id(function),
        program.location(function),
        before,
        Colour.ASYNC if function in judgement.turned else before,
        label,
        way,
        chain if last is not None else (),
        tuple(dict.fromkeys(_done(mended) for mended in plan.mended)) if plan is not None else (),
        reason,
        plan is not None
        and function in judgement.turned
        and a.reach.effects.stepping.gives_steps(function)
        and not any(isinstance(edit, TurnAsync) for _, edit in plan.edits),
    )


def _way(a: Analysis, wanted: Key) -> tuple[str, tuple[Hop, ...]]:
    """The shortest way from any handler, all handlers at once."""
    program = a.program
    queue: deque[tuple[Key, str, tuple[Hop, ...]]] = deque()
    for entry in a.entries:
        if (key := program.key(entry.function)) is not None:
            queue.append((key, entry.label, ()))
    seen: set[Key] = set()
    while queue:
        function, label, hops = queue.popleft()
        if function == wanted:
            return label, hops
        if function in seen:
            continue
        seen.add(function)
        for site in a.reach.own(function):
            if site.target is not None and site.target not in seen:
                name = f"{program.scope(site.target).qualname}()".replace(".<locals>", "")
                queue.append((site.target, label, (*hops, Hop(name, a.reach.place(site)))))
    return "", ()


def _done(mended: Mended) -> str:
    return f"{mended.site.name or 'a call'}: {mended.remedy.value}"
