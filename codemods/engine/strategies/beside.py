"""`database = "beside"`: async twins for the handlers that are given, the sync database for all others.

Three programs, one after the other: the one that was read tells which handlers work on a sync session; the
part of it below them tells what would change, and what of that others use as well; with copies of this, it
is analysed once more, and `native` sees nothing but the side of the handlers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ...analysis.index.facts import ModuleFacts
from ...analysis.index.unread import Unread
from ...analysis.judge.mapped import Mapped
from ...analysis.judge.site import SiteKind
from ...analysis.link.infer import Inference
from ...analysis.link.program import Program
from ...analysis.syntax import Syntax
from ...analysis.view import Views
from ...beside import Elsewhere, Place, Sides, Split, Splitter, lacking, only_grows
from ...catalogue import Catalogue
from ...databases import OBSTACLE, Answers, Conversion, Declared
from ...model import Edit, EntryKind, FunctionId, Location, Problem, Reason, SyncDatabase
from ..analysis import Analysis, analyse
from ..edits.spans import codes_of, spans_of
from ..exported import Exported
from ..indexing import index_all
from ..settings.config import in_use
from ..settings.resolved import Settings
from .below_session import BelowSession
from .left_out import converted_in, info_of, moved
from .several import several
from .whole_database import is_left_alone

_SERVED = (EntryKind.ROUTE, EntryKind.WEBSOCKET)


class Beside(msgspec.Struct, frozen=True):
    """One run over the texts of a program."""

    catalogue: Catalogue
    settings: Settings
    problems: tuple[Problem, ...]
    unread: Unread
    line_length: int | None

    def analyse(self, facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
        """The program with twins; as it is where no handler can have any."""
        plain = self._analysed(facts, texts, Conversion())
        seeds = () if is_left_alone(self.settings.config) else self._seeds(plain, texts)
        left: dict[Reason, None] = {}
        while seeds:
            found = self._attempt(plain, facts, texts, seeds)
            if isinstance(found, Analysis):
                return replace(found, left=tuple(left), stays_sync=_with_names(found, plain))
            sides, obstacles = found
            left.update(dict.fromkeys(obstacles))
            guilty = {seed for seed in seeds if _concern(sides, seed, obstacles)}
            seeds = tuple(seed for seed in seeds if seed not in guilty) if guilty else ()
        return replace(plain, left=tuple(left)) if left else plain

    def _seeds(self, plain: Analysis, texts: Mapping[str, str]) -> tuple[FunctionId, ...]:
        """The handlers of the API layer that work on a sync session, or are given what a dependency finds by
        one."""
        served = [e for e in plain.entries if e.kind in _SERVED and e.location.path in self.settings.api]
        handlers = tuple(dict.fromkeys(entry.function for entry in served))
        sides = _sides(plain.program, plain.reach.effects.inference, texts, handlers)
        working = _working(plain, sides)
        below = {plain.program.id(key): sides.below([place]) for key, place in sides.seeds.items()}
        found = [each for each in handlers if not working.isdisjoint(below.get(each, ()))]
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

    def _attempt(
        self,
        plain: Analysis,
        facts: Sequence[ModuleFacts],
        texts: Mapping[str, str],
        seeds: Sequence[FunctionId],
    ) -> Analysis | tuple[Sides, tuple[Reason, ...]]:
        sides = _sides(plain.program, plain.reach.effects.inference, texts, seeds)
        below = self._below(plain, sides)
        if below is not None:
            bodies, reasons = below.bodies()
            if reasons and any(_concern(sides, seed, reasons) for seed in seeds):
                return sides, reasons
            sides = Sides(sides.views, sides.mapped, sides.seeds, bodies)
        seen, first = self._converted(sides, facts, texts, following=False)
        if first.obstacles or not first:
            return sides, first.obstacles
        strict = tuple(below.told_by_driver()) if below is not None and _has_new_postgres(first) else ()
        if below is not None and any(_concern(below.sides, seed, strict) for seed in seeds):
            return below.sides, strict
        splitter = Splitter(sides, _changed(sides, seen, first))
        elsewhere = Elsewhere(sides, plain.callers, _working(plain, sides), _dependencies(plain, sides))
        split = splitter.split()
        obstacles = (*split.obstacles, *elsewhere.obstacles(splitter.relevant))
        if below is not None:
            obstacles = (*obstacles, *below.refused(bodies, splitter.relevant))
        if obstacles:
            return sides, obstacles
        staged = self._staged(plain, facts, texts, split)
        infos = [info_of(each) for each in facts]
        known = {each.path: each for each in facts if staged[each.path] == texts[each.path]}
        new_facts, _ = index_all(infos, staged, known)
        program = Program(new_facts, self.catalogue)
        sides = _sides(program, Inference(program), staged, seeds)
        other, second = self._converted(sides, new_facts, staged, following=True)
        if second.obstacles or not second:
            return sides, second.obstacles
        whole = moved(second.whole, other, program)
        side = frozenset(key for key in program.functions() if sides.statements.holding(key) in sides.inside)
        found = self._analysed(new_facts, staged, replace(second, whole=replace(whole, side=side)))
        if not found.database:
            return sides, found.database.obstacles
        made = self._made(found, new_facts, staged, split)
        reasons = tuple(_lacking(made, texts, split))
        if reasons:
            return _sides(plain.program, plain.reach.effects.inference, texts, seeds), reasons
        stay = {
            path: frozenset(name for name in names if not only_grows(made[path], texts[path], name))
            for path, names in split.known.items()
        }
        split = replace(split, known=stay)
        changed = {path: text for path, text in staged.items() if text != texts[path]}
        return replace(found, twins=split, staged=changed)

    def _below(self, plain: Analysis, sides: Sides) -> BelowSession | None:
        """Where bodies are to run below the async session."""
        if self.strategy != "run-sync":
            return None
        answers = Answers(sides.views, sides.mapped, Declared(self.settings.declared))
        return BelowSession(plain, answers, sides)

    def _analysed(
        self, facts: Sequence[ModuleFacts], texts: Mapping[str, str], database: Conversion
    ) -> Analysis:
        return analyse(
            facts,
            texts.__getitem__,
            self.catalogue,
            self.settings,
            self.problems,
            self.unread,
            lambda *_: database,
        )

    def _converted(
        self, sides: Sides, facts: Sequence[ModuleFacts], texts: Mapping[str, str], *, following: bool
    ) -> tuple[Program, Conversion]:
        """What `native` makes of the async side."""
        seen = {each.path: sides.text(each.path, following=following) for each in facts}
        return converted_in(seen, texts, facts, self.catalogue, self.settings, tests_stay=True)

    def _staged(
        self, plain: Analysis, facts: Sequence[ModuleFacts], texts: Mapping[str, str], split: Split
    ) -> dict[str, str]:
        exported = Exported(plain)
        staged = dict(texts)
        for path, edits in split.edits.items():
            # what a twin of an earlier run imports stays for it
            kept = re.findall(r"\w+", texts[path]) if path in split.known else exported.of(path)
            staged[path] = self._rewritten(facts, path, texts[path], edits, frozenset(kept))
        return staged

    def _rewritten(
        self, facts: Sequence[ModuleFacts], path: str, text: str, edits: Sequence[Edit], kept: frozenset[str]
    ) -> str:
        from ..rewrite import rewrite  # LibCST is imported only when something is rewritten

        module = next(each for each in facts if each.path == path)
        return rewrite(
            text,
            edits,
            module=module.module,
            is_package=module.is_package,
            first_party=frozenset(each.module.partition(".")[0] for each in facts),
            line_length=self.line_length,
            exported=kept,
        )

    def _made(
        self, found: Analysis, facts: Sequence[ModuleFacts], staged: Mapping[str, str], split: Split
    ) -> Mapping[str, str]:
        """Path -> what would become of the twins of an earlier run."""
        edits = {
            path: [edit for group in found.plan.groups for edit in group.edits.get(path, ())]
            for path in split.known
        }
        return {
            path: self._rewritten(facts, path, staged[path], found, frozenset())
            for path, found in edits.items()
        }


def _with_names(found: Analysis, plain: Analysis) -> SyncDatabase | None:
    """The databases as they are named today, without the twins of engines."""
    if found.stays_sync is None or plain.stays_sync is None:
        return found.stays_sync
    return replace(found.stays_sync, names=plain.stays_sync.names)


def _lacking(made: Mapping[str, str], texts: Mapping[str, str], split: Split) -> Iterator[Reason]:
    """What twins of an earlier run do not load, and these handlers read."""
    for path, names in sorted(split.known.items()):
        for name in sorted(names):
            line, calls = lacking(made[path], texts[path], name)
            if not only_grows(made[path], texts[path], name):
                for call in calls:
                    text = f"{name} must also {call} for these handlers"
                    yield Reason(OBSTACLE, text, Location(path, line, 1), hint="add it, and run again")


def _sides(
    program: Program, inference: Inference, texts: Mapping[str, str], seeds: Iterable[FunctionId]
) -> Sides:
    keys = [key for seed in seeds if (key := program.key(seed)) is not None]
    return Sides(Views(inference, Syntax(texts.__getitem__)), Mapped(inference), keys)


def _has_new_postgres(conversion: Conversion) -> bool:
    """Does the engine get another driver for PostgreSQL?"""
    codes = (code for edits in conversion.edits.values() for edit in edits for code in codes_of(edit))
    return any("postgresql+" in code.text for code in codes)


def _working(plain: Analysis, sides: Sides) -> frozenset[Place]:
    """The statements with functions that work on a sync session."""
    keys = (key for key in plain.program.functions() if SiteKind.SESSION in plain.reach.flags(key))
    found = map(sides.statements.holding, keys)
    return frozenset(place for place in found if place is not None)


def _dependencies(plain: Analysis, sides: Sides) -> frozenset[Place]:
    entries = (each for each in plain.entries if each.kind is EntryKind.DEPENDENCY)
    keys = (key for each in entries if (key := plain.program.key(each.function)) is not None)
    found = map(sides.statements.holding, keys)
    return frozenset(place for place in found if place is not None)


def _changed(sides: Sides, seen: Program, conversion: Conversion) -> frozenset[Place]:
    """The statements that hold an edit, or a function that turns; `seen` is the program of the conversion."""
    lines = [(key.path, seen.scope(key).span.line) for key in conversion.whole.functions]
    for path, edits in conversion.edits.items():
        lines += [(path, span.line) for edit in edits for span in spans_of(edit)]
    found = [sides.statements.at(path, line) for path, line in lines]
    return frozenset(place for place in found if place is not None and place in sides.inside)


def _concern(sides: Sides, seed: FunctionId, obstacles: Iterable[Reason]) -> bool:
    """Does one of them stand where this handler leads?"""
    key = sides.program.key(seed)
    below = sides.below([sides.seeds[key]]) if key in sides.seeds else frozenset()
    places = [each.location for each in obstacles if each.location is not None]
    return any(sides.statements.at(place.path, place.line) in below for place in places)
