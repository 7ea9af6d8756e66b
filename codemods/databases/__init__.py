"""A SQLAlchemy or SQLModel database goes async whole, or stays as it is with the list of what stands in
the way.

    def get_db():                                        async def get_db():
        with Session(engine) as session:        ->           async with AsyncSession(engine) as session:
            yield session                                        yield session

    def read(id: int, db: SessionDep):                   async def read(id: int, db: SessionDep):
        return db.get(Item, id)                              return await db.get(Item, id)

One sync engine with everything that touches its sessions is one change: factories, providers, annotations,
every
call, legacy queries, the tables made at import, scripts, tests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import partial

from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.callers.unseen import Unseen
from ..analysis.judge.effects.mapped import Mapped
from ..analysis.judge.reaching.reach import Reach
from ..analysis.judge.state.locks import Locks
from ..analysis.judge.turning.idle import Idle
from ..analysis.judge.turning.whole import Whole
from ..analysis.link.program import Key
from ..analysis.syntax import Syntax
from ..analysis.view import View, Views
from ..model import Reason
from .answers import SESSION_IS_SYNC, Answers
from .colours import Colours, finish_runs
from .connections.dialects import convert_asked_connections
from .connections.drivers import ACROSS_LOOPS, Declared
from .connections.engines import convert_engine, map_urls
from .connections.escapes import check_escapes, check_libraries
from .connections.left_open import close_left_open, turn_left_open
from .connections.lent_urls import keep_lent_urls
from .connections.makers import finish_makers
from .connections.migrations import keep_migrations_sync
from .connections.registries import check_registries
from .connections.returned import close_returned, tell_of_kept
from .connections.sessions import convert_sessions
from .connections.shared import WaysToSessions, check_shared
from .conversion import Conversion
from .draft import OBSTACLE, Draft
from .files import Files, sort_files
from .held_locks import check_locks
from .mains import Main, main_of
from .objects.expiry.expiry import Expiry
from .objects.expiry.sent import Sent
from .objects.loading.before_lambdas import await_before_lambdas
from .objects.loading.loading import Loading
from .objects.loading.needs import tell_unmet
from .objects.mapped.imperative import check_imperative
from .objects.mapped.load_options import apply_loads
from .objects.mapped.partial import check_partial
from .objects.mapped.relationships import Relationships
from .objects.mapped.strangers import check_strangers
from .objects.reading.followed import Followed
from .objects.reading.reads import Reads
from .objects.reading.templates import Templates
from .objects.values.expired import keep_loaded
from .objects.values.identity import Identity
from .overlaps import check_overlaps
from .queries.outside import Outside
from .queries.pagination import are_pages_by_session, convert_pagination
from .queries.peers import Peers
from .queries.streaming import read_at_once
from .queries.values import convert_values
from .suites.cases import turn_test_cases
from .suites.clients import convert_clients
from .suites.doubles import convert_doubles
from .suites.made_before import make_tables_before
from .suites.mocked import check_engines, check_mocked
from .suites.overrides import convert_overrides
from .suites.patched import convert_patched, stand_ins
from .suites.runners import run_coroutines
from .suites.shared import Requests, keep_for_fixtures, keep_for_sync_tests, turn_sharing
from .suites.sockets import tell_of_sockets
from .suites.standing import Standing
from .suites.started import start_clients
from .suites.unknown_sessions import check_unknown_sessions
from .types import convert_types, references
from .words import CREATE_ENGINE

__all__ = [
    "OBSTACLE",
    "SESSION_IS_SYNC",
    "Answers",
    "Conversion",
    "Declared",
    "Main",
    "convert",
    "main_of",
]


def convert(
    reach: Reach,
    callers: Callers,
    syntax: Syntax,
    entries: Iterable[Key],
    routes: frozenset[Key],
    declared: Declared,
    *,
    tests_stay: bool = False,
) -> Conversion:
    """The plan for the sync database of the program; an empty one when it has none. Where `tests_stay`, what
    they hand the application changes and nothing else of them."""
    files = sort_files(reach.effects.program, syntax)
    views = Views(reach.effects.inference, syntax)
    follow = not files.tests_have_engine and not tests_stay
    entries = frozenset(entries)
    draft = _draft(reach, callers, views, files, entries, routes, declared, tests_follow=follow)
    modules = reach.effects.program.modules
    stuck = {each.location.path for each in draft.obstacles if each.location is not None} & modules.keys()
    may_follow = not follow and not tests_stay and not draft.is_stuck
    if may_follow and any(modules[path].facts.is_test for path in stuck):
        # the tests call what turns: then their own sessions turn as well
        follow = True
        draft = _draft(reach, callers, views, files, entries, routes, declared, tests_follow=True)
    return _conversion(reach, draft, entries, tests_follow=follow)


def _draft(
    reach: Reach,
    callers: Callers,
    views: Views,
    files: Files,
    entries: frozenset[Key],
    routes: frozenset[Key],
    declared: Declared,
    *,
    tests_follow: bool,
) -> Draft:
    program = reach.effects.program
    draft = Draft(pages_by_session=are_pages_by_session(declared))
    mapped = Mapped(reach.effects.inference)
    engines = sum(_convert_engines(views, views.of(path), draft, declared) for path in files.app)
    old = declared.old_sqlalchemy
    relationships = Relationships(views, mapped)
    peers = Peers(views, callers, relationships, draft, old=old)
    identity = Identity(views, reach, relationships, files.app, entries, routes)
    keep = keep_loaded(views, (*files.app, *(files.tests if tests_follow else ())))
    loading = Loading(views, callers, relationships, draft, identity, entries, old=old, keep=keep)
    reads = Reads(Followed(views, relationships, loading, draft, old=old))
    reads.responses(routes)
    templates = Templates(reads.followed, declared.templates)
    for path in (*files.app, *sorted(files.quiet)):
        if not program.modules[path].facts.is_test:
            reads.code(path)
        templates.read(path)
        loading.backrefs.check(views.of(path))
        check_imperative(views.of(path), draft)
    for path in files.tests if tests_follow else ():
        reads.code(path)
    unseen = Unseen(callers, lambda path: views.syntax.file(path).text, declared.commands)
    idle = Idle(callers, unseen, declared.templates.words)
    tell_unmet(loading.finish(), draft, idle)
    reads.derived.finish()
    served = reach.below(*entries)
    ways = WaysToSessions(views.inference)
    for path in files.app:
        _convert_uses(views, views.of(path), draft, declared, relationships, peers, idle)
        check_shared(views.of(path), draft, served, ways)
    for path in files.app if peers.has_strangers else ():
        check_strangers(views.of(path), draft, relationships)
    if not draft.functions:
        return draft
    if not engines:
        place = program.location(min(draft.functions))
        draft.obstacles.insert(
            0, Reason(OBSTACLE, "no create_engine() of this project makes the sessions", place)
        )
    for path in files.app:
        keep_lent_urls(views.of(path), draft)
    draft.is_stuck = bool(draft.obstacles)  # what the application has to clear comes first
    tests = files.tests if tests_follow and not draft.is_stuck else ()
    follows = tests_follow or draft.is_stuck
    known = stand_ins(views, callers, tests)
    for path in tests:
        _convert_engines(views, views.of(path), draft, declared)
        _convert_uses(views, views.of(path), draft, declared, relationships, peers, idle, known)
    turns_clients = bool(
        tests_follow and not draft.obstacles and draft.async_drivers.difference(ACROSS_LOOPS)
    )
    if turns_clients:
        convert_clients(views, draft, declared)
    peers.check()
    quiet = {path for path in files.quiet if follows or not program.modules[path].facts.is_test}
    quiet |= set(files.tests) if draft.obstacles else set()
    paths = frozenset({*files.app, *tests, *quiet})
    requests = Requests(views, draft, tests)
    sent = Sent(views, callers, relationships, routes, old_pydantic=declared.old_pydantic)
    behind = (views, callers, relationships, draft, entries, requests.may_commit, sent)
    make = partial(Expiry, *behind, old=old, keep=keep)
    if requests.tests:
        turn_sharing(make(), draft, paths)
    locks = Locks(reach, views.syntax)
    Colours(views, callers, draft, paths, locks).spread()
    check_locks(draft, locks, served)
    turn_test_cases(views, callers, draft)
    check_mocked(views, draft, tests)
    check_engines(views, callers, draft, tests)
    tell_of_sockets(views, draft)
    if follows:
        check_unknown_sessions(views, draft, tests)
    else:
        convert_overrides(views, draft, files.tests, declared)
    if not draft.obstacles:  # it finds none, and only adds to a change that is made
        expiry = make()
        expiry.convert()
        keep_for_sync_tests(expiry, draft)
        keep_for_fixtures(expiry, draft)
    keep_migrations_sync(views, draft, files.migrations)
    convert_doubles(views, callers, draft)
    convert_patched(views, callers, draft, known)
    Standing(views, callers, draft, paths).convert()
    apply_loads(views, draft, relationships)
    loading.backrefs.finish()
    peers.takers.hand_over()
    for path in (*files.app, *tests):
        read_at_once(views, views.of(path), draft)
    if not draft.obstacles:  # the same
        close_left_open(views, draft)
    finish_makers(views, draft, old=old)
    finish_runs(draft)
    if not turns_clients:
        start_clients(views, draft)
    run_coroutines(views, draft, declared)
    make_tables_before(views, draft)
    await_before_lambdas(views, draft)
    check_overlaps(views, draft)
    return draft


def _convert_engines(views: Views, view: View, draft: Draft, declared: Declared) -> int:
    """Gives the number of engines that are made in the file."""
    engines = len(draft.engines)
    found = list(references(view))
    convert_types(view, draft, found, declared)
    for node, name in found:
        above = view.file.parents[node]
        if name == CREATE_ENGINE and isinstance(above, ast.Call) and above.func is node:
            before = len(draft.obstacles)
            convert_engine(views, view, draft, above, declared)
            draft.engines.append(tuple(draft.obstacles[before:]))
    map_urls(view, draft)
    return len(draft.engines) - engines


def _convert_uses(
    views: Views,
    view: View,
    draft: Draft,
    declared: Declared,
    relationships: Relationships,
    peers: Peers,
    idle: Idle,
    known: frozenset[ast.Call] = frozenset(),
) -> None:
    if any(driver.startswith("postgresql") for driver in draft.new_drivers):
        convert_values(view, draft, relationships, Outside(views, peers.callers))
    convert_sessions(view, draft, peers, idle)
    convert_asked_connections(view, draft)
    turn_left_open(view, draft)
    close_returned(views, view, draft, peers.callers)
    tell_of_kept(view, draft)
    check_escapes(views, view, draft, known | convert_pagination(views, view, draft, declared))
    check_libraries(views, view, draft)
    check_registries(views, view, draft)
    check_partial(views, view, draft)


def _conversion(reach: Reach, draft: Draft, entries: Iterable[Key], *, tests_follow: bool) -> Conversion:
    served = reach.below(*entries)
    functions = frozenset(draft.functions)
    off_loop = frozenset(f for f in functions if f not in served)
    return Conversion(
        Whole(
            functions,
            frozenset(draft.generators),
            frozenset(draft.replaced),
            off_loop,
            handled=frozenset(draft.handled),
            rewritten=frozenset(draft.rewritten),
            awaited=frozenset(draft.waits),
            loaded_above=frozenset(draft.loaded_above),
        ),
        {path: tuple(edits) for path, edits in sorted(draft.edits.items()) if edits},
        tuple(sorted(draft.obstacles, key=lambda r: (str(r.location), r.text))),
        tuple(dict.fromkeys(draft.notes)),
        tuple(draft.support),
        draft.awaits,
        frozenset(draft.gone),
        next((stuck[0] for stuck in draft.engines), None) if all(draft.engines) else None,
        mixed=tuple(draft.mixed),
        tests_follow=tests_follow,
    )
