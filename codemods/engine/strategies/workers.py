"""Workers that cannot await (tasks of Celery, commands, what libraries call back) keep the sync database,
and all else goes async with an engine beside it.

    @celery.task                                     @celery.task
    def remind(user_id: int) -> None:                def remind(user_id: int) -> None:
        with SessionLocal() as db: ..        ->          with SessionLocal() as db: ..


    def get_db():                                    async def get_db():
        with SessionLocal() as db:                       async with AsyncSessionLocal() as db:
            yield db                                         yield db
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from ...analysis.index.facts import ModuleFacts
from ...analysis.judge.effects.mapped import Mapped
from ...analysis.judge.effects.site import SiteKind
from ...analysis.judge.turning import commands
from ...analysis.judge.turning.obstacles import Obstacles
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Ext, Inst, Kinds, Member, Obj, is_known
from ...analysis.link.program import CallKey, Key, Program
from ...analysis.syntax import Syntax
from ...analysis.view import Views
from ...beside import Apart, Sides
from ...databases.words import FAMILY
from ...model import FunctionId, Note, NoteKind, Reason
from ..analysis import Analysis
from .doubled import Doubled
from .met import are_met_by, served_by_handlers

_DECORATED, _HANDED_ON, _RUN = "AF904", "AF906", "AF911"
_PASSING_ON = ("builtins.", "functools.", "itertools.")
"""They call it with what they are given beside it."""
_THREADS = ("threading.Thread", "multiprocessing.context.Process", "multiprocessing.Process")
_MOST = 5
"""So many are named, and the number of the others."""


class Workers(Doubled, frozen=True, kw_only=True):
    """The async side is all but the workers."""

    tests_stay: bool = False

    def analyse(self, plain: Analysis, facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
        """The program without them, where they alone keep its database sync; else as it is."""
        database = plain.database
        if not database.obstacles or database.at_engine is not None or self.settings.config.databases:
            return plain
        served = served_by_handlers(plain)
        workers = dict(_workers(plain, served))
        known = {reason.location for reason in workers.values()}
        others = [each for each in database.obstacles if each.location not in known]
        if not workers or are_met_by(plain, served, others):
            return plain
        sides_of = _apart([plain.program.id(key) for key in workers])
        if any(map(sides_of(plain.program, plain.reach.effects.inference, texts).is_for_others, others)):
            return plain
        found = self.attempt(plain, facts, texts, sides_of)
        return found if isinstance(found, Analysis) else replace(plain, left=found[1])

    def told(self, sides: Sides) -> Iterator[Note]:
        places = sorted(sides.workers) if isinstance(sides, Apart) else []
        names = [sides.names(place)[0] for place in places]
        if not names:
            return
        what = ", ".join([*names[:_MOST], *([f"{len(names) - _MOST} more"] if len(names) > _MOST else [])])
        text = (
            f"{what} cannot be async, and the sync engine stays for it, beside an async one for all else:"
            " a process that uses both has connections for both"
        )
        first = sides.views.of(places[0].path)
        yield Note(NoteKind.BEHAVIOUR, text, first.place(sides.statements.node(places[0])))


def _apart(workers: Sequence[FunctionId]) -> Callable[[Program, Inference, Mapping[str, str]], Apart]:
    def sides(program: Program, inference: Inference, texts: Mapping[str, str]) -> Apart:
        keys = [key for each in workers if (key := program.key(each)) is not None]
        return Apart(Views(inference, Syntax(texts.__getitem__)), Mapped(inference), keys)

    return sides


def _workers(plain: Analysis, served: set[Key]) -> Iterator[tuple[Key, Reason]]:
    """Functions at the top of a file that make sessions of their own, and why they cannot be async."""
    program, reach = plain.program, plain.reach
    obstacles = Obstacles(plain.callers)
    mapped = Mapped(reach.effects.inference)
    for key in sorted(program.functions()):
        scope, reason = program.scope(key), None
        if scope.is_async or program.modules[key.path].facts.is_test:
            continue
        is_working = key not in served and SiteKind.SESSION in reach.flags(key)
        if program.parent(key).scope:
            if is_working and _is_in_thread(plain, mapped, key) and (found := obstacles.of(key)) is not None:
                yield key, found
            continue
        if is_working:
            reason = obstacles.of(key) or commands.why_not(program, plain.unread, key)
        if reason is not None and reason.code in (_DECORATED, _HANDED_ON, _RUN):
            is_told = not _is_called_with_something(plain, key) and (
                reason.code != _HANDED_ON or _is_called_back(plain, mapped, key)
            )
            if not _hands_over(plain, mapped, key, is_told=is_told):
                yield key, reason


def _is_in_thread(plain: Analysis, mapped: Mapped, function: Key) -> bool:
    """A method of `class Poller(threading.Thread)`, which is made with nothing but plain values."""
    inference, cls = plain.reach.effects.inference, plain.program.enclosing_class(function)
    if cls is None or plain.program.parent(cls).scope:
        return False
    if not any(inference.classes.is_a(cls, each) for each in _THREADS):
        return False
    made = inference.classes.method(cls, "__init__")
    taken = range(1, len(plain.program.scope(made).parameters)) if made is not None else ()
    given = [inference.parameters.parameter(made, position) for position in taken if made is not None]
    return all(is_known(kinds) and not _holds(kinds, mapped) and not _has_own(kinds) for kinds in given)


def _has_own(kinds: Kinds) -> bool:
    """Objects and functions of the project may lead to a session."""
    return not all(isinstance(kind, Inst) for kind in kinds)


def _is_called_with_something(plain: Analysis, function: Key) -> bool:
    calls = (plain.program.call(each.call) for each in plain.callers.calls(function))
    return any(call.args or call.keywords for call in calls)


def _is_called_back(plain: Analysis, mapped: Mapped, function: Key) -> bool:
    """`channel.basic_consume("orders", on_message_callback=work)`: is it only handed to libraries, which get
    nothing of the database with it? Then what they call it with is their own."""
    inference = plain.reach.effects.inference
    for path, reference in plain.callers.references(function):
        if reference.call < 0:
            return False
        site = CallKey(path, reference.call)
        call = plain.program.call(site)
        given = [*call.args, *(value for _, value in call.keywords)]
        scope = Key(path, call.scope)
        others = [inference.kinds(scope, each, call.span.line) for each in given if each != reference.expr]
        if any(_holds(kinds, mapped) or not is_known(kinds) for kinds in others):
            return False
        if not all(map(_is_of_library, inference.callees(site) or (None,))):
            return False
    return True


def _is_of_library(callee: object) -> bool:
    name = getattr(callee, "owner" if isinstance(callee, Member) else "name", "")
    return isinstance(callee, (Ext, Member)) and not name.startswith(_PASSING_ON)


def _hands_over(plain: Analysis, mapped: Mapped, function: Key, *, is_told: bool) -> bool:
    """May it be given a session, or an object of one, or give one back? What goes to another process is
    neither, nor what comes from a command line; `is_told` where nothing else is known to give it anything."""
    inference = plain.reach.effects.inference
    if inference.decorators.put_in_its_place(function) is not None:
        return False
    found = [
        inference.parameters.parameter(function, position)
        for position in range(len(plain.program.scope(function).parameters))
    ]
    given = inference.function_result(function)
    return any(_holds(kinds, mapped) for kinds in (given, *found)) or not (
        is_told or all(map(is_known, found))
    )


def _holds(kinds: Kinds, mapped: Mapped) -> bool:
    return any(
        (isinstance(kind, Inst) and (kind.name in FAMILY or any(_holds(each, mapped) for each in kind.args)))
        or (isinstance(kind, Obj) and kind.key in mapped.classes)
        for kind in kinds
    )
