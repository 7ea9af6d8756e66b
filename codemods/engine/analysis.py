"""The first half of the pipeline over texts in memory: index, link, judge, plan. The proofs run it again on
the outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial

import msgspec
from msgspec.structs import replace

from ..analysis.index.facts import ModuleFacts
from ..analysis.index.unread import Unread
from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.callers.unseen import Unseen
from ..analysis.judge.effects.effects import Effects
from ..analysis.judge.effects.simulated import simulated
from ..analysis.judge.effects.site import Site, SiteKind
from ..analysis.judge.reaching.reach import Reach
from ..analysis.judge.state.locks import Locks
from ..analysis.judge.state.short_locks import ShortLocks
from ..analysis.judge.turning.colours import Judge
from ..analysis.judge.turning.idle import Idle
from ..analysis.judge.turning.starting import only_starting
from ..analysis.judge.turning.verdicts import Judgement, Wishes
from ..analysis.judge.turning.whole import Whole
from ..analysis.link.infer import Inference
from ..analysis.link.program import Key, Program
from ..analysis.syntax import Syntax
from ..analysis.view import Views
from ..async_clients import Twins
from ..async_generators import AsyncGenerators
from ..async_tests import AsyncTests
from ..beside import Split
from ..catalogue import Catalogue
from ..databases import Answers, Conversion, Declared
from ..databases.scripts import run_by_hand
from ..extract_tasks import Tasks
from ..extract_tasks.finding.chosen import Chosen
from ..extract_tasks.generated.names import TaskNames
from ..frameworks.fastapi import entry_points
from ..kept_results import KeptResults
from ..model import EntryKind, EntryPoint, Problem, Reason, SyncDatabase
from .interleaving import Interleavings
from .plan.change_groups import Plan, plan
from .plan.out_of_sight import generated_roots
from .plan.wiring import not_started
from .reaching import allowed_on_loop, watching_sessions
from .remedies import RemedyLadder
from .serving import serving
from .settings.config import Config, in_use, policy
from .settings.resolved import Settings
from .strategies.several import engines_of, native, several
from .strategies.whole_database import seen, sync_database


class Judged(msgspec.Struct, frozen=True):
    judgement: Judgement
    plan: Plan
    stays_sync: SyncDatabase | None


class Analysis(msgspec.Struct, frozen=True):
    program: Program
    reach: Reach
    callers: Callers
    entries: tuple[EntryPoint, ...]
    judged: Callable[[], Judged]
    """A program that is only looked at on the way to another one is not judged."""
    problems: tuple[Problem, ...]
    unread: Unread
    database: Conversion = Conversion()
    twins: Split = msgspec.field(default_factory=Split)
    """What the program was prepared with before all else: async twins that are still sync copies."""
    staged: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The texts with these copies, to which places and edits refer."""
    left: tuple[Reason, ...] = ()
    """Why handlers stay on the sync side."""
    starting: frozenset[Key] = frozenset()
    """What runs before the first request or after the last one, and at no other time."""

    @property
    def judgement(self) -> Judgement:
        return self.judged().judgement

    @property
    def plan(self) -> Plan:
        return self.judged().plan

    @property
    def stays_sync(self) -> SyncDatabase | None:
        return self.judged().stays_sync


Convert = Callable[[Callers, Syntax, tuple[EntryPoint, ...], Settings], Conversion]


def analyse(
    facts: Iterable[ModuleFacts],
    read: Callable[[str], str],
    catalogue: Catalogue,
    settings: Settings,
    problems: Iterable[Problem] = (),
    unread: Unread = Unread(),
    convert: Convert = native,
) -> Analysis:
    """Link, judge and plan; `convert` says what becomes of the database."""
    program = Program(facts, catalogue)
    effects = Effects(Inference(program), settings.config.trusted)
    callers = Callers(effects, read)
    entries = entry_points(effects.inference)
    syntax = Syntax(read)
    by_hand = run_by_hand(program, {entry.location.path for entry in entries})
    settings = replace(settings, api=settings.api - by_hand)
    names = _task_names(settings, read, program)
    points = {key: entry for entry in entries if (key := program.key(entry.function)) is not None}
    handlers = frozenset(points)
    config = settings.config
    policies = _policies(config.functions, program)
    told = (handlers - _of_kind(points, EntryKind.BACKGROUND)).union(*policies.values())
    stand_ins = {key: kind for key, kind in simulated(effects.inference).items() if key not in told}
    chosen = Chosen(program, syntax, policies.get("task", frozenset()), handlers, stand_ins)
    in_threads = policies.get("thread", frozenset())
    allowed = allowed_on_loop(settings, program, syntax)
    locks = ShortLocks(effects, syntax, allowed)
    marked = dict.fromkeys(in_threads - handlers, SiteKind.BLOCKING)
    marked |= dict.fromkeys((*chosen.functions, *chosen.stand_ins), SiteKind.SLOW)
    is_served = any(entry.location.path in settings.api for entry in entries)
    api = settings.api if is_served else frozenset()  # in a library no line changes

    def ignored(site: Site) -> bool:
        return allowed(site) or locks.takes(site)

    wishes = Wishes(
        api,
        serving(program, entries, api),
        in_threads=in_threads | handlers if "async-routes" in config.skip else in_threads,
        only_for_awaits=config.offload_only == "keep-def",
        unread=unread,
        in_any_case=policies.get("async", frozenset()),
    )

    starting, _ = only_starting(Reach(effects), points, wishes.serving)
    idle = Idle(callers, Unseen(callers, read, settings.commands), settings.templates.words)

    def judged(reach: Reach, whole: Whole) -> tuple[Judgement, RemedyLadder]:
        routes = _of_kind(points, EntryKind.ROUTE)
        twins = Twins(
            reach.effects,
            callers,
            syntax,
            settings.http_library,
            settings.http_place.module,
            settings.declared,
            _of_kind(points, EntryKind.LIFESPAN),
            settings.of_requests,
            gathers=config.unsafe,
        )
        tasks = Tasks(
            reach,
            syntax,
            entries,
            routes,
            chosen,
            names,
            callers,
            settings.templates,
            is_left_out="extract-tasks" in config.skip,
            starting=starting,
            whole=whole,
            replaces_celery=config.celery == "taskiq",
        )
        mapped = reach.effects.mapped
        declared = Declared(settings.declared)
        views = Views(effects.inference, syntax)
        answers = Answers(views, mapped, declared) if mapped is not None else None
        generators = AsyncGenerators(views, callers, Locks(reach, syntax))
        tests = AsyncTests(callers, syntax, settings.declared, generators)
        in_threads = _threaded(effects, syntax, config, routes)
        ladder = RemedyLadder(
            reach,
            syntax,
            twins,
            tasks,
            routes,
            tests,
            generators,
            KeptResults(callers, syntax, Declared(settings.declared)),
            whole,
            answers,
            frozenset(config.skip),
            starting=starting,
            resolvers=_of_kind(points, EntryKind.RESOLVER),
            on_loop=frozenset(reach.below(*(key for key in handlers if program.scope(key).is_async))),
            in_threads=in_threads,
        )
        judgement = None
        while judgement is None:
            asked = replace(wishes, also=twins.also, given=twins.given)
            judge = Judge(reach, callers, ladder, generators, asked, whole, idle)
            judgement = judge.judge(entries)
            judgement = twins.finish(judgement, idle, ladder.following.hoped(judgement, points))
            judgement = tasks.finish(judgement, twins.in_tasks) if judgement is not None else None
        return judgement, ladder

    database = seen(convert(callers, syntax, entries, settings), program, unread)
    if database:
        stuck = not_started(effects.inference, syntax.file, database.support, settings.declared)
        database = replace(database, obstacles=(*database.obstacles, *stuck))

    def concluded(reach: Reach, known: tuple[Judgement, RemedyLadder] | None) -> Judged:
        judgement, ladder = known or judged(reach, Whole())
        told = Interleavings(reach, syntax, judgement).notes
        found = plan(
            reach, judgement, entries, database, told, callers.beside, generated_roots(settings), read
        )
        sync = sync_database(
            judgement, ladder, database, in_use(config), lambda: engines_of(effects, syntax).sync
        )
        return Judged(judgement, found, sync)

    known: tuple[Judgement, RemedyLadder] | None = None
    if database:
        reach = Reach(effects, ignored, marked)
        if database.whole.side:
            reach = watching_sessions(effects, ignored, marked, handlers, database.whole.side)
        known = judged(reach, database.whole)
        database = database.without(known[0].refused, program)
    if not database:
        reach, known = watching_sessions(effects, ignored, marked, handlers), None
    problems = (*problems, *_unknown(config.functions, program))
    return Analysis(
        program,
        reach,
        callers,
        entries,
        cache(partial(concluded, reach, known)),
        problems,
        unread,
        database,
        starting=starting,
    )


def _threaded(effects: Effects, syntax: Syntax, config: Config, routes: frozenset[Key]) -> frozenset[Key]:
    """The routes whose work on databases goes to a thread as a whole."""
    databases = several(effects, syntax, config)
    if databases is None:
        return routes if in_use(config) == "thread" else frozenset()
    return frozenset(route for route in routes if databases.all_are("thread", route))


def _task_names(settings: Settings, read: Callable[[str], str], program: Program) -> TaskNames:
    place = settings.tasks_place
    existing = read(place.path) if place.path in program.modules else ""
    broker = settings.broker.need if settings.broker else None
    kinds = (settings.line_length, settings.results, settings.uploads)
    old_pydantic = Declared(settings.declared).old_pydantic
    return TaskNames(place, broker, existing, *kinds, old_pydantic=old_pydantic)


def _of_kind(points: Mapping[Key, EntryPoint], kind: EntryKind) -> frozenset[Key]:
    return frozenset(key for key, entry in points.items() if entry.kind is kind)


def _policies(functions: Mapping[str, str], program: Program) -> Mapping[str, frozenset[Key]]:
    """Policy of the config -> the functions of which it holds."""
    found: dict[str, set[Key]] = defaultdict(set)
    for key in program.functions() if functions else ():
        found[policy(program.id(key), functions)].add(key)
    return {name: frozenset(keys) for name, keys in found.items()}


def _unknown(functions: Mapping[str, str], program: Program) -> Iterable[Problem]:
    """A name that fits no function is a mistake that would do nothing, without a word."""
    ids = [program.id(key) for key in program.functions()] if functions else []
    for pattern in functions:
        if not any(policy(name, {pattern: "named"}) == "named" for name in ids):
            yield Problem(f"functions of the config: nothing in the project is called {pattern}")
