"""Several sync databases, of which some have a strategy of their own, or cannot go async: those that can are
converted as if the others were not there.

    [tool.async-fix.databases]
    "app.audit:engine" = "leave"
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.effects.effects import Effects
from ...analysis.judge.effects.mapped import Mapped
from ...analysis.judge.effects.site import SiteKind
from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.program import Key, Program
from ...analysis.syntax import Syntax, extent
from ...analysis.view import Views
from ...beside import Engines, Place, Sides
from ...databases import OBSTACLE, Conversion
from ...model import EntryPoint, Reason
from ..edits.spans import spans_of
from ..settings.config import Config, ConfigError, in_use
from ..settings.resolved import Settings
from .left_out import converted_in, moved
from .whole_database import converted, is_left_alone


def native(callers: Callers, syntax: Syntax, entries: Iterable[EntryPoint], settings: Settings) -> Conversion:
    """What becomes of the database that the API layer works on, if it has a sync one."""
    if in_use(settings.config) != "native" or is_left_alone(settings.config):
        return Conversion()
    effects = callers.effects
    reach = Reach(effects)
    keys = [effects.program.key(e.function) for e in entries if e.location.path in settings.api]
    served = [key for key in keys if key is not None and SiteKind.SESSION in reach.flags(key)]
    if not served:
        return Conversion()
    databases = several(effects, syntax, settings.config)
    if databases is not None:
        found = databases.native(effects, syntax, settings)
    else:
        found = converted(callers, syntax, entries, settings)
    if not found.obstacles or len(engines_of(effects, syntax).sync) < 2:
        return found
    databases = databases or all_native(effects, syntax)
    return _without_stuck(databases, found, served, effects, syntax, settings) or found


def _without_stuck(
    databases: Several,
    found: Conversion,
    served: Sequence[Key],
    effects: Effects,
    syntax: Syntax,
    settings: Settings,
) -> Conversion | None:
    """Those that can go, of databases of which some cannot: they do not wait for the others. None where no
    handler would gain from it, or nobody knows what an obstacle belongs to."""
    reasons: list[Reason] = []
    while found.obstacles:
        reasons += found.obstacles
        stuck = databases.stuck(found.obstacles)
        databases = replace(databases, strategies={**databases.strategies, **dict.fromkeys(stuck, "leave")})
        if not stuck or not any(databases.all_are("native", key) for key in served):
            return None
        found = databases.native(effects, syntax, settings)
    return replace(found, kept_sync=tuple(reasons))


def several(effects: Effects, syntax: Syntax, config: Config) -> Several | None:
    """The databases of the program with their strategies; None where they all have the same. Raises
    `ConfigError` for a name that is none."""
    if not config.databases:
        return None
    engines = engines_of(effects, syntax)
    for name in config.databases:
        if name not in engines.by_name:
            known = (
                f"the project has {', '.join(engines.by_name)}" if engines.by_name else "the project has none"
            )
            place = config.origins.get("databases", "")
            raise ConfigError(f"{place}: databases names {name}, which is no database; {known}")
    found = {name: config.databases.get(name, config.database) for name in engines.by_name}
    return Several(engines, found, config.database) if len({*found.values(), config.database}) > 1 else None


def all_native(effects: Effects, syntax: Syntax) -> Several:
    engines = engines_of(effects, syntax)
    return Several(engines, dict.fromkeys(engines.by_name, "native"), "native")


def engines_of(effects: Effects, syntax: Syntax) -> Engines:
    mapped = effects.mapped or Mapped(effects.inference)
    return Engines(Sides(Views(effects.inference, syntax), mapped, ()))


class Several(msgspec.Struct, frozen=True, dict=True):
    engines: Engines
    strategies: Mapping[str, str]
    """The name of every engine -> what becomes of its database."""
    default: str

    def all_are(self, strategy: str, function: Key) -> bool:
        """Has every database that the function works on this strategy?"""
        found = {self.strategies[name] for name in self.engines.of(function)} or {self.default}
        return found == {strategy}

    def stuck(self, obstacles: Iterable[Reason]) -> frozenset[str]:
        """The names of those that go async, but for these; none where an obstacle belongs to none of them."""
        ours = {name: self._around([name]) for name, each in self.strategies.items() if each == "native"}
        found: set[str] = set()
        for obstacle in obstacles:
            at = obstacle.location
            place = self.engines.sides.statements.at(at.path, at.line) if at is not None else None
            names = {name for name, around in ours.items() if place in around}
            if not names:
                return frozenset()
            found |= names
        return frozenset(found)

    def native(self, effects: Effects, syntax: Syntax, settings: Settings) -> Conversion:
        """What becomes of those that go async whole; what others work on as well may not change with them."""
        program, sides = effects.program, self.engines.sides
        facts = [module.facts for module in program.modules.values()]
        texts = {each.path: syntax.file(each.path).text for each in facts}
        seen_texts = {path: self._seen(path, text) for path, text in texts.items()}
        seen, found = converted_in(seen_texts, texts, facts, program.catalogue, settings)
        if not found.whole:
            return found
        side = frozenset(key for key in program.functions() if sides.statements.holding(key) in self._ours)
        whole = replace(moved(found.whole, seen, program), side=side)
        found = replace(found, whole=whole)
        return replace(found, obstacles=(*found.obstacles, *self._shared(found, program)))

    @cached_property
    def _ours(self) -> frozenset[Place]:
        """What works on the databases that go async, or is used by what does."""
        return self._around(name for name, strategy in self.strategies.items() if strategy == "native")

    @cached_property
    def _theirs(self) -> frozenset[Place]:
        return self._around(name for name, strategy in self.strategies.items() if strategy != "native")

    def _around(self, names: Iterable[str]) -> frozenset[Place]:
        return self.engines.below(self.engines.users(names))

    def _seen(self, path: str, text: str) -> str:
        """The file without what works on the others alone."""
        lines = text.split("\n")
        kept: set[int] = set()
        gone: set[int] = set()
        for place, statement in self.engines.sides.statements.of(path):
            is_gone = place in self._theirs and place not in self._ours and not self._is_model(place)
            (gone if is_gone else kept).update(extent(statement))
        for number in gone - kept:
            lines[number - 1] = ""
        return "\n".join(lines)

    def _is_model(self, place: Place) -> bool:
        """Mapped classes hold no session."""
        sides = self.engines.sides
        return any(sides.statements.holding(key) == place for key in sides.mapped.classes)

    def _shared(self, found: Conversion, program: Program) -> Iterator[Reason]:
        """Functions that would change under those who stay."""
        statements = self.engines.sides.statements
        others = ", ".join(name for name, strategy in self.strategies.items() if strategy != "native")
        lines = [(key.path, program.scope(key).span.line) for key in found.whole.functions]
        for path, edits in found.edits.items():
            lines += [(path, span.line) for edit in edits for span in spans_of(edit)]
        places = {place for path, line in lines if (place := statements.at(path, line)) is not None}
        for place in sorted(places & self._theirs):
            view = self.engines.sides.views.of(place.path)
            if not view.module.is_test and not statements.is_import(place):
                what = next(iter(self.engines.sides.names(place)), "this")
                text = f"{what} works for a database that stays sync as well: {others}"
                yield Reason(OBSTACLE, text, view.place(statements.node(place)))
