"""`database = "beside"`: async twins for the handlers that are given, the sync database for all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial

from msgspec.structs import replace

from ...analysis.index.facts import ModuleFacts
from ...analysis.judge.effects.mapped import Mapped
from ...analysis.link.infer import Inference
from ...analysis.link.program import Program
from ...analysis.syntax import Syntax
from ...analysis.view import Views
from ...beside import Sides
from ...databases import Answers, Conversion, Declared
from ...model import EntryKind, FunctionId, Reason
from ..analysis import Analysis, Judged
from ..settings.config import in_use
from .below_session import BelowSession
from .doubled import Doubled, SidesOf, working
from .several import several
from .whole_database import is_left_alone

_SERVED = (EntryKind.ROUTE, EntryKind.WEBSOCKET)


class Beside(Doubled, frozen=True):
    """The async side is what stands below the handlers."""

    def analyse(self, facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
        """The program with twins; as it is where no handler can have any."""
        plain = self.analysed(facts, texts, Conversion())
        seeds = () if is_left_alone(self.settings.config) else self._seeds(plain, texts)
        left: dict[Reason, None] = {}
        while seeds:
            found = self.attempt(
                plain, facts, texts, _below(seeds), lambda sides: self._run_below(plain, sides)
            )
            if isinstance(found, Analysis):
                return replace(found, left=tuple(left), judged=cache(partial(_with_names, found, plain)))
            sides, obstacles = found
            left.update(dict.fromkeys(obstacles))
            keys = {seed: sides.program.key(seed) for seed in seeds}
            guilty = {seed for seed, key in keys.items() if key is not None and sides.leads(key, obstacles)}
            seeds = tuple(seed for seed in seeds if seed not in guilty) if guilty else ()
        return replace(plain, left=tuple(left)) if left else plain

    def _seeds(self, plain: Analysis, texts: Mapping[str, str]) -> tuple[FunctionId, ...]:
        """The handlers of the API layer that work on a sync session, or are given what a dependency finds by
        one."""
        served = [e for e in plain.entries if e.kind in _SERVED and e.location.path in self.settings.api]
        handlers = tuple(dict.fromkeys(entry.function for entry in served))
        sides = _below(handlers)(plain.program, plain.reach.effects.inference, texts)
        at_work = working(plain, sides)
        below = {plain.program.id(key): sides.below([place]) for key, place in sides.seeds.items()}
        found = [each for each in handlers if not at_work.isdisjoint(below.get(each, ()))]
        databases = several(plain.reach.effects, sides.views.syntax, self.settings.config)
        keys = {each: plain.program.key(each) for each in found}
        return tuple(
            each
            for each, key in keys.items()
            if databases is None or (key is not None and databases.all_are(self.strategy, key))
        )

    @property
    def strategy(self) -> str:
        return in_use(self.settings.config)

    def _run_below(self, plain: Analysis, sides: Sides) -> BelowSession | None:
        """Where bodies are to run below the async session."""
        if self.strategy != "run-sync":
            return None
        answers = Answers(sides.views, sides.mapped, Declared(self.settings.declared))
        return BelowSession(plain, answers, sides)


def _below(seeds: Sequence[FunctionId]) -> SidesOf:
    def sides(program: Program, inference: Inference, texts: Mapping[str, str]) -> Sides:
        keys = [key for seed in seeds if (key := program.key(seed)) is not None]
        return Sides(Views(inference, Syntax(texts.__getitem__)), Mapped(inference), keys)

    return sides


def _with_names(found: Analysis, plain: Analysis) -> Judged:
    """The databases as they are named today, without the twins of engines."""
    judged, before = found.judged(), plain.stays_sync
    if judged.stays_sync is None or before is None:
        return judged
    return replace(judged, stays_sync=replace(judged.stays_sync, names=before.names))
