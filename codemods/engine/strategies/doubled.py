"""One side of a program moves to an async database, the other keeps the sync one: what both stand on is there
twice.

Three programs, one after the other: the one that was read tells what stands on which side; the async side of
it tells what would change, and what of that the other side uses as well; with copies of this, it is analysed
once more, and `native` sees nothing but the async side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ...analysis.index.facts import ModuleFacts
from ...analysis.index.unread import Unread
from ...analysis.judge.effects.site import SiteKind
from ...analysis.link.infer import Inference
from ...analysis.link.program import Program
from ...beside import Elsewhere, Place, Sides, Split, Splitter, lacking, only_grows
from ...catalogue import Catalogue
from ...databases import OBSTACLE, Conversion
from ...databases.objects.loading.awaitable import MIXIN
from ...model import Edit, EntryKind, Location, Note, Problem, Reason
from ..analysis import Analysis, analyse
from ..edits.spans import codes_of, spans_of
from ..exported import Exported
from ..indexing import index_all
from ..settings.resolved import Settings
from .below_session import BelowSession
from .left_out import converted_in, info_of, moved

SidesOf = Callable[[Program, Inference, Mapping[str, str]], Sides]
"""The sides of a program, with or without the twins."""


class Doubled(msgspec.Struct, frozen=True):
    """One run over the texts of a program."""

    catalogue: Catalogue
    settings: Settings
    problems: tuple[Problem, ...]
    unread: Unread
    line_length: int | None
    tests_stay: bool = True
    """Tests are on neither side: only what they hand the application changes."""

    def attempt(
        self,
        plain: Analysis,
        facts: Sequence[ModuleFacts],
        texts: Mapping[str, str],
        sides_of: SidesOf,
        below_of: Callable[[Sides], BelowSession | None] = lambda sides: None,
    ) -> Analysis | tuple[Sides, tuple[Reason, ...]]:
        """The program with twins, or what is in the way of it on these sides; `below_of` gives the bodies
        that are to run below the async session."""
        sides = sides_of(plain.program, plain.reach.effects.inference, texts)
        below = below_of(sides)
        if below is not None:
            bodies, reasons = below.bodies()
            if reasons and any(sides.leads(seed, reasons) for seed in sides.seeds):
                return sides, reasons
            sides = Sides(sides.views, sides.mapped, sides.seeds, bodies)
        seen, first = self._converted(sides, facts, texts, following=False)
        if first.obstacles or not first:
            return sides, first.obstacles
        strict = tuple(below.told_by_driver()) if below is not None and _has_new_postgres(first) else ()
        if below is not None and any(below.sides.leads(seed, strict) for seed in sides.seeds):
            return below.sides, strict
        splitter = Splitter(sides, _changed(sides, seen, first))
        split = splitter.split()
        elsewhere = Elsewhere(
            sides,
            plain.callers,
            working(plain, sides),
            _dependencies(plain, sides),
            tests_turn=first.tests_follow,
        )
        stay = splitter.relevant if self.tests_stay else frozenset(splitter.twins)
        obstacles = (*split.obstacles, *elsewhere.obstacles(splitter.relevant, stay))
        if below is not None:
            obstacles = (*obstacles, *below.refused(bodies, splitter.relevant))
        if obstacles:
            return sides, obstacles
        staged = self._staged(plain, facts, texts, split)
        infos = [info_of(each) for each in facts]
        known = {each.path: each for each in facts if staged[each.path] == texts[each.path]}
        new_facts, _ = index_all(infos, staged, known)
        program = Program(new_facts, self.catalogue)
        sides = sides_of(program, Inference(program), staged)
        other, second = self._converted(sides, new_facts, staged, following=True)
        if second.obstacles or not second:
            return sides, second.obstacles
        whole = moved(second.whole, other, program)
        side = frozenset(key for key in program.functions() if sides.statements.holding(key) in sides.inside)
        notes = (*second.notes, *self.told(sides))
        second = replace(second, whole=replace(whole, side=side), notes=notes)
        found = self.analysed(new_facts, staged, second)
        if not found.database:
            return sides, found.database.obstacles
        made = self._made(found, new_facts, staged, split)
        reasons = tuple(_lacking(made, texts, split))
        if reasons:
            return sides_of(plain.program, plain.reach.effects.inference, texts), reasons
        stays = {
            path: frozenset(name for name in names if not only_grows(made[path], texts[path], name))
            for path, names in split.known.items()
        }
        split = replace(split, known=stays)
        changed = {path: text for path, text in staged.items() if text != texts[path]}
        return replace(found, twins=split, staged=changed)

    def told(self, sides: Sides) -> Iterable[Note]:
        """What a change on these sides brings with it."""
        return ()

    def analysed(
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
        return converted_in(seen, texts, facts, self.catalogue, self.settings, tests_stay=self.tests_stay)

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


def working(plain: Analysis, sides: Sides) -> frozenset[Place]:
    """The statements with functions that work on a sync session."""
    keys = (key for key in plain.program.functions() if SiteKind.SESSION in plain.reach.flags(key))
    found = map(sides.statements.holding, keys)
    return frozenset(place for place in found if place is not None)


def _lacking(made: Mapping[str, str], texts: Mapping[str, str], split: Split) -> Iterator[Reason]:
    """What twins of an earlier run do not load, and the async side reads."""
    for path, names in sorted(split.known.items()):
        for name in sorted(names):
            line, calls = lacking(made[path], texts[path], name)
            if not only_grows(made[path], texts[path], name):
                for call in calls:
                    text = f"{name} must also {call} for these handlers"
                    yield Reason(OBSTACLE, text, Location(path, line, 1), hint="add it, and run again")


def _has_new_postgres(conversion: Conversion) -> bool:
    """Does the engine get another driver for PostgreSQL?"""
    codes = (code for edits in conversion.edits.values() for edit in edits for code in codes_of(edit))
    return any("postgresql+" in code.text for code in codes)


def _dependencies(plain: Analysis, sides: Sides) -> frozenset[Place]:
    entries = (each for each in plain.entries if each.kind is EntryKind.DEPENDENCY)
    keys = (key for each in entries if (key := plain.program.key(each.function)) is not None)
    found = map(sides.statements.holding, keys)
    return frozenset(place for place in found if place is not None)


def _changed(sides: Sides, seen: Program, conversion: Conversion) -> frozenset[Place]:
    """The statements that hold an edit which the other side would notice, or a function that turns; `seen` is
    the program of the conversion."""
    lines = [(key.path, seen.scope(key).span.line) for key in conversion.whole.functions]
    for path, edits in conversion.edits.items():
        noticed = [each for each in edits if not any(MIXIN in code.needs for code in codes_of(each))]
        lines += [(path, span.line) for edit in noticed for span in spans_of(edit)]
    found = [sides.statements.at(path, line) for path, line in lines]
    return frozenset(place for place in found if place is not None and place in sides.inside)
