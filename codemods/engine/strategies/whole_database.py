"""What becomes of a sync database as a whole, and what is said of one that stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from ...analysis.index.bindings import How, Import
from ...analysis.index.unread import Unread
from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.reaching.reach import Reach
from ...analysis.judge.turning.commands import runner
from ...analysis.judge.turning.verdicts import FunctionPlan, Judgement
from ...analysis.link.program import Program
from ...analysis.syntax import Syntax
from ...databases import SESSION_IS_SYNC, Conversion, Declared, convert
from ...model import EntryKind, EntryPoint, Location, Reason, ReplaceCall, ReplaceExpression, SyncDatabase
from ..remedies import RemedyLadder
from ..settings.config import Config
from ..settings.resolved import Settings


def is_left_alone(config: Config) -> bool:
    return bool({"databases", "async-routes"} & set(config.skip))


def sync_database(
    judgement: Judgement,
    ladder: RemedyLadder,
    database: Conversion,
    strategy: str,
    names: Callable[[], Iterable[str]],
) -> SyncDatabase | None:
    """What keeps it sync, and how many of its routes a thread could serve; None where none is kept."""
    kept = [
        key
        for key, verdict in judgement.verdicts.items()
        if key in ladder.routes and verdict.reason is not None and verdict.reason.code == SESSION_IS_SYNC
    ]
    if not kept or ladder.sessions is None:
        return None
    possible = [key for key in kept if isinstance(ladder.sessions.plan(key), FunctionPlan)]
    moved = database.whole.functions & ladder.routes if database else frozenset()
    obstacles = (*database.obstacles, *database.kept_sync)
    return SyncDatabase(
        obstacles, database.at_engine, strategy, tuple(names()), len(moved), len(kept), len(possible)
    )


def converted(
    callers: Callers,
    syntax: Syntax,
    entries: Iterable[EntryPoint],
    settings: Settings,
    *,
    tests_stay: bool = False,
) -> Conversion:
    """All that works on a sync database goes async, or is refused with the list of obstacles."""
    keys = [(e, key) for e in entries if (key := callers.program.key(e.function)) is not None]
    routes = frozenset(key for e, key in keys if e.kind is EntryKind.ROUTE)
    found = convert(
        Reach(callers.effects),
        callers,
        syntax,
        [key for _, key in keys],
        routes,
        Declared(
            settings.declared,
            settings.templates,
            _driver(settings.config),
            settings.commands,
            settings.databases,
        ),
        tests_stay=tests_stay,
    )
    unreached = frozenset(key for key in found.whole.off_loop if key.path in settings.api)
    off_loop = found.whole.off_loop - unreached
    return replace(found, whole=replace(found.whole, off_loop=off_loop, unreached=unreached))


def _driver(config: Config) -> str:
    return "" if config.database_driver == "auto" else config.database_driver


def seen(database: Conversion, program: Program, unread: Unread) -> Conversion:
    """Its engines and factories change their kind, so a file that cannot be read must not use them, nor a
    command."""
    found: list[Reason] = []
    for path in sorted(database.edits) if database else ():
        module = program.modules[path].facts.module
        edits = (edit for edit in database.edits[path] if isinstance(edit, (ReplaceCall, ReplaceExpression)))
        replaced = {edit.span.line for edit in edits}
        for name, bindings in program.modules[path].names[0].items():
            if any(isinstance(binding.value, Import) for binding in bindings):
                continue
            if user := unread.user(module, name):
                text = f"{name} of {module} may be used by {user}, which cannot be read"
                found.append(Reason("AF917", text, Location(user, 1, 1)))
            elif any(binding.how is How.ASSIGN and binding.line in replaced for binding in bindings) and (
                user := runner(program, unread, module, name)
            ):
                text = f"{name} of {module} may be used by {user}, where nothing would await it"
                found.append(Reason("AF917", text, Location(path, bindings[0].line, 1)))
    return replace(database, obstacles=(*database.obstacles, *found)) if found else database
