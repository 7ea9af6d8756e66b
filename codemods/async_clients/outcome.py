"""What is decided once the judgement stands: which clients would turn in part, and the `except` clauses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ..analysis.index.bindings import Scope
from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.effects.site import Site
from ..analysis.judge.turning.verdicts import Judgement, Verdict
from ..analysis.link.program import CallKey, Key, Program
from ..analysis.syntax import span_of
from ..model import (
    Code,
    Edit,
    RemedyKind,
    ReplaceExpression,
    ReplaceStatements,
    Span,
    TaskDefinition,
    TurnAsync,
)
from .http.errors.error_chain import ErrorChain, Found
from .http.errors.error_constants import Classes
from .http.errors.errors import Below
from .http.responses.response import json_is_read
from .twin import TwinPlan


class Outcome(msgspec.Struct, frozen=True):
    """The sites that await their twin, with their functions, and those that moved to a task."""

    twinned: dict[CallKey, tuple[Key, Site]]
    gone: frozenset[Site]
    on_loop: frozenset[Key]

    @classmethod
    def of(
        cls,
        judgement: Judgement,
        already_async: frozenset[Key],
        behind: Callable[[Site], CallKey | None],
    ) -> Outcome:
        """`behind` gives the call whose plan a site has that is none itself."""
        twinned: dict[CallKey, tuple[Key, Site]] = {}
        gone: set[Site] = set()
        for key, verdict in sorted(judgement.verdicts.items()):
            for mended in verdict.plan.mended if verdict.plan is not None else ():
                call = behind(mended.site) or mended.site.call
                if mended.remedy is RemedyKind.TWIN and call is not None:
                    twinned[call] = (key, mended.site)
                elif mended.remedy is RemedyKind.TASK:
                    gone.add(mended.site)
        below = {key for key, each in judgement.verdicts.items() if each.plan and each.plan.in_threads}
        return cls(twinned, frozenset(gone), (judgement.turned | already_async) - below)


def idle_users(
    outcome: Outcome, plans: Iterable[TwinPlan], program: Program, is_idle: Callable[[Key], bool]
) -> frozenset[Key]:
    """Idle functions that are all that keeps a client from turning, and those that its library calls."""
    found: set[Key] = set()
    gone = {site.call for site in outcome.gone}
    for whole in {plan.whole for plan in plans if plan.whole is not None}:
        missing = whole.calls - outcome.twinned.keys()
        if not whole.is_among(outcome.twinned) or missing & gone:
            continue
        users = {program.owner_of(call.path, program.call(call).scope) for call in missing}
        users |= whole.askers - outcome.on_loop
        waiting = whole.given - outcome.on_loop
        if waiting or all(user.scope and is_idle(user) for user in users):
            found |= waiting or users
    return frozenset(found)


def turned_by_edits(outcome: Outcome, plans: Iterable[TwinPlan], callers: Callers) -> frozenset[Key]:
    """Functions outside the API that give their client to FastAPI, and turn with it, and are called as well:
    whoever does that must be told to await them."""
    wholes = [each for each in plans if each.whole is not None and each.whole.is_among(outcome.twinned)]
    edits = {(path, edit) for plan in wholes for path, edit in plan.edits}
    program = callers.program
    turned = {
        function
        for path, edit in edits
        if isinstance(edit, (TurnAsync, ReplaceStatements))
        for function in program.functions_of(path)
        if _turns(edit, program.scope(function))
    }
    return frozenset(each for each in turned - outcome.on_loop if any(callers.calls(each)))


def _turns(edit: TurnAsync | ReplaceStatements, function: Scope) -> bool:
    if isinstance(edit, TurnAsync):
        return edit.span == function.span
    return edit.first == function.span and f"async def {function.name}(" in edit.code.text


def halves(
    outcome: Outcome,
    plans: Iterable[TwinPlan],
    making: frozenset[Key],
    why_not: Callable[[CallKey, str], str],
) -> dict[str, str]:
    """Clients of which some calls would turn and others not, each with the reason; what is only `making`
    them runs where it is called."""
    found: dict[str, str] = {}
    for plan in plans:
        whole = plan.whole
        if whole is None or not (whole.is_among(outcome.twinned) or whole.given & outcome.on_loop):
            continue
        missing = sorted(whole.calls - outcome.twinned.keys())
        moved = sorted(whole.calls & {site.call for site in outcome.gone})
        if moved:
            found[whole.name] = why_not(moved[0], "which a task does in a worker")
        elif missing:
            found[whole.name] = why_not(missing[0], "")
        elif not whole.askers <= outcome.on_loop | making:
            found[whole.name] = "a function that gets the client runs in a thread"
    return found


def hoped_in_vain(
    outcome: Outcome,
    plans: Mapping[CallKey, TwinPlan],
    hoped: Iterable[CallKey],
    why_not: Callable[[CallKey, str], str],
) -> dict[str, str]:
    """Clients for which a stream turned that could have stayed in its thread, or which were to be made in
    another way, and that do not turn."""
    wholes = {call: plans[call].whole for call in sorted(hoped) if call in plans}
    return {
        whole.name: why_not(call, "")
        for call, whole in wholes.items()
        if whole is not None and not whole.is_among(outcome.twinned)
    }


def with_clauses(
    judgement: Judgement,
    outcome: Outcome,
    errors: ErrorChain,
    names: frozenset[str],
) -> tuple[Judgement, dict[tuple[str, Span], Code]]:
    """With the `except` clauses around awaited twins, which depend on all that their `try` still runs; and
    what becomes of those in statements that move to a task, by file and place."""
    edits: dict[Key, list[tuple[str, Edit]]] = defaultdict(list)
    done: set[tuple[str, Span]] = set()
    read: dict[tuple[str, Span], list[_Read]] = defaultdict(list)
    twinned = {call: key for call, (key, site) in outcome.twinned.items() if site.name in names}
    moved = list(_moved(judgement))
    in_tasks: dict[tuple[str, Span], Code] = {}
    for call, key in twinned.items():
        file = errors.world.syntax.file(call.path)
        node = file.call(errors.program.call(call).span)
        for found in errors.tries(key, node) if node is not None else ():
            place = (found.file.path, span_of(found.statement))
            if place in done:
                continue
            done.add(place)
            is_moved = any(path == place[0] and run.contains(place[1]) for path, run in moved)
            below = _below(errors, found, twinned, outcome.gone, is_moved=is_moved)
            holder = judgement.verdicts.get(found.function)
            owner = found.function if holder is not None and holder.plan is not None else key
            mapped = errors.edits(found, below)
            edits[owner].extend((found.file.path, edit) for edit in mapped)
            if is_moved:
                changed = (edit for edit in mapped if isinstance(edit, ReplaceExpression))
                in_tasks |= {(found.file.path, edit.span): edit.code for edit in changed}
            for constant in errors.constants(found):
                read[constant.path, span_of(constant.value)].append(_Read(owner, found, constant, below))
    leaving: dict[CallKey, Key] = {}
    json_read = False
    for call, key in twinned.items() if errors.answered.all else ():
        node = errors.world.syntax.file(call.path).call(errors.program.call(call).span)
        if node is not None and errors.leaves(key, node):
            leaving[call] = key
            json_read = json_read or errors.reads_json_of(key, node)
    if leaving:
        below = Below(json_read, _may_still_raise(errors, twinned, outcome.gone))
        answered = tuple(errors.answered.edits(below))
        for owner in dict.fromkeys(leaving.values()):
            edits[owner].extend(answered)
    for (path, _), clauses in read.items():
        changes = errors.constant_edits(clauses[0].found, clauses[0].constant, _of_all(clauses))
        for owner in dict.fromkeys(each.owner for each in clauses):
            edits[owner].extend((path, edit) for edit in changes)
    verdicts = {key: _with_edits(verdict, edits.get(key, [])) for key, verdict in judgement.verdicts.items()}
    return replace(judgement, verdicts=verdicts), in_tasks


def _moved(judgement: Judgement) -> Iterator[tuple[str, Span]]:
    """Statements that move to tasks, with their files."""
    for verdict in judgement.verdicts.values():
        if verdict.plan is not None and any(
            isinstance(each, TaskDefinition) for each in verdict.plan.support
        ):
            for path, edit in verdict.plan.edits:
                if isinstance(edit, ReplaceStatements):
                    yield path, Span(*edit.first[:2], *edit.last[2:])


class _Read(msgspec.Struct, frozen=True):
    """A `try` around awaited twins, of which a clause reads a constant."""

    owner: Key
    found: Found
    constant: Classes
    below: Below


def _of_all(clauses: Sequence[_Read]) -> Below:
    """What holds for the constant: it keeps its classes where any clause may need them, be it that only the
    change of another one is made."""
    known = {id(handler.type) for each in clauses for handler in each.found.statement.handlers}
    is_whole = all(id(name) in known for name in clauses[0].constant.reads)
    is_one = is_whole and len({each.owner for each in clauses}) == 1
    keep_old = not is_one or any(each.below.keep_old for each in clauses)
    return Below(any(each.below.json_read for each in clauses), keep_old)


def _may_still_raise(errors: ErrorChain, twinned: Mapping[CallKey, Key], gone: frozenset[Site]) -> bool:
    """May anything in the program that stays raise an error of the library?"""
    program = errors.program
    return any(
        errors.may_raise(function, site)
        for function in program.functions()
        if not program.modules[function.path].facts.is_test
        for site in errors.world.effects.sites(function)
        if site.call not in twinned and site not in gone
    )


def _below(
    errors: ErrorChain,
    found: Found,
    twinned: dict[CallKey, Key],
    gone: frozenset[Site],
    *,
    is_moved: bool,
) -> Below:
    """`is_moved`: to a task, with all that it holds."""
    json_read = keep_old = False
    if is_moved:
        gone = frozenset(site for site in gone if site.key != found.function)
    for function, site in errors.sites_below(found, gone):
        if site.call is not None and site.call in twinned:
            json_read = json_read or errors.reads_json(site.call)
            file = errors.world.syntax.file(function.path)
            call = file.call(errors.program.call(site.call).span)
            within = found.statement if function == found.function else errors.world.node(function)
            if call is not None and within is not None:
                json_read = json_read or json_is_read(file, call, within)
        elif errors.may_raise(function, site):
            keep_old = True
    return Below(json_read, keep_old)


def _with_edits(verdict: Verdict, more: list[tuple[str, Edit]]) -> Verdict:
    if not more or verdict.plan is None:
        return verdict
    return replace(verdict, plan=replace(verdict.plan, edits=(*verdict.plan.edits, *more)))
