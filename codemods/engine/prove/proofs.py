"""All proofs over one outcome, and the change groups behind those that fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ...analysis.judge.callers.entered import new_name
from ...analysis.judge.reaching.reach import KNOWN_HARM
from ...analysis.judge.state.locks import Locks
from ...analysis.syntax import Syntax
from ...databases.answers import SESSION_IS_SYNC
from ...model import ChangeGroup, EntryKind, FunctionId, Location, Reason
from ..outcome import Outcome, carry_out
from ..run import Run
from . import soundness, spelling
from .failure import Failure, within
from .lines import lines_stay, signatures_stay
from .names import names_are_bound_before, names_stay_bound
from .threads import locks_are_not_held, threads_do_the_work


def failures_of(outcome: Outcome) -> list[Failure]:
    """In the order of their cost; a file that does not compile spares the rest."""
    if outcome.failures:
        return list(outcome.failures)
    run, old, new = outcome.run, outcome.run.staged, outcome.texts
    failures = list(spelling.compiles(new))
    if failures:
        return failures
    failures += spelling.comments_survive(run.texts, new, spelling.merged_comments(old, outcome.edits))
    for path in sorted(new):  # file by file: each is parsed once for all of them
        here = {path: new[path]}
        failures += spelling.statements_stay(old, here, outcome.edits)
        failures += lines_stay(old, here, outcome.edits)
        failures += signatures_stay(old, here, outcome.edits)
        failures += spelling.imports_stay_used(old, here, run.exported.of)
    before, after = run.before, outcome.after
    functions = frozenset(function for group in outcome.groups for function in group.functions)
    turned = sorted(functions & {before.program.id(key) for key in before.judgement.turned})
    renamed = {key: new_name(before.callers.inference, key) for key in before.judgement.turned}
    names = {before.program.id(key): name for key, name in renamed.items() if name}
    turned = [_renamed(each, names[each]) if each in names else each for each in turned]
    failures += names_stay_bound(before.program, after.program, new)
    failures += names_are_bound_before(before.program, after.program, new)
    failures += soundness.imports_end(after.program, outcome.created)
    failures += soundness.coroutines_are_awaited(after.reach, after.callers, turned)
    whole = before.database.whole
    unserved = {before.program.id(key) for key in whole.off_loop | whole.unreached | before.starting}
    served = [each for each in turned if each not in unserved]
    # what nobody knows ran on the loop in these before
    resolvers = {e.function for e in run.before.entries if e.kind is EntryKind.RESOLVER}
    failures += soundness.nothing_blocks(after.reach, [f for f in served if f not in resolvers])
    failures += soundness.nothing_blocks(after.reach, resolvers.intersection(served), KNOWN_HARM)
    failures += soundness.nothing_brought_blocks(after.reach, _brought(run, functions))
    failures += threads_do_the_work(after.reach, served)
    held = Locks(before.reach, Syntax(old.__getitem__))
    held_after = Locks(after.reach, Syntax({**old, **new}.__getitem__))
    failures += locks_are_not_held(held, held_after, sorted(functions))
    failures += soundness.nothing_new_blocks(before.reach, after.reach, unserved)
    left = frozenset(function for group in before.plan.groups for function in group.functions) - functions
    failures += soundness.nothing_left_to_do(after.plan.groups, left)
    return failures


def _brought(run: Run, functions: frozenset[FunctionId]) -> dict[FunctionId, set[FunctionId]]:
    """Coroutine functions that come onto the loop of the server, and the functions that await them there."""
    program, found = run.before.program, defaultdict[FunctionId, set[FunctionId]](set)
    for key, verdict in run.before.judgement.verdicts.items():
        if verdict.plan is not None and program.id(key) in functions:
            for coroutine in verdict.plan.brings:
                found[program.id(coroutine)].add(program.id(key))
    return found


def _renamed(function: FunctionId, name: str) -> FunctionId:
    return FunctionId(f"{function.rpartition('.')[0]}.{name}")


def waiting(outcome: Outcome, failures: Sequence[Failure]) -> dict[str, Reason]:
    """Ids of the groups that fail and are no bug: they edit a file that did not compile before, or move what
    keeps the database sync, and the next run would turn that."""
    found = dict[str, Reason]()
    old = outcome.run.texts
    for path in (each.path for each in failures if each.proof == spelling.COMPILES and each.path in old):
        if (error := spelling.error_of(path, old[path])) is not None:
            text = f"{path} parses, and does not compile: {error[1]}"
            reason = Reason("AF935", text, Location(path, error[0], 0))
            found |= {group.id: reason for group in outcome.groups if path in group.edits}
    return found or _moving(outcome, failures)


def _moving(outcome: Outcome, failures: Sequence[Failure]) -> dict[str, Reason]:
    if all(failure.proof != soundness.SECOND_RUN for failure in failures):
        return {}
    run, found = outcome.run, dict[str, Reason]()
    for place in filter(None, (reason.location for reason in run.before.database.obstacles)):
        held = _at(run, place.path, place.line)
        holding = [group for group in outcome.groups if any(within(each, held) for each in group.functions)]
        queueing = [group for group in outcome.groups if group.tasks and held & _run_by(run, group)]
        for group in holding or queueing:
            hint = 'take away what is listed there, or give database = "leave"'
            text = "its slow work would go to a task with what keeps the database sync, which waits"
            found.setdefault(group.id, Reason(SESSION_IS_SYNC, text, place, hint=hint))
    return found


def guilty(outcome: Outcome, failures: Sequence[Failure]) -> dict[str, str]:
    """Ids of the groups behind the failures, each with the words of the proof; all when none can be named."""
    found: dict[str, str] = {}
    for failure in failures:
        mine = [
            group for group in outcome.groups if any(within(f, group.functions) for f in failure.functions)
        ]
        if not mine:
            around = _around(outcome.run, failure)
            mine = [group for group in outcome.groups if around & set(group.functions)]
        if not mine:
            here = [group for group in outcome.groups if failure.path in group.edits]
            mine = [group for group in here if not _stands_alone(outcome.run, group, failure.path)] or here
        for group in mine:
            found.setdefault(group.id, f"{failure.proof}: {failure.text}")
    return found or {group.id: f"{failures[0].proof}: {failures[0].text}" for group in outcome.groups}


def _run_by(run: Run, group: ChangeGroup) -> set[FunctionId]:
    """Its functions and all that these run, a part of it in tasks from then on."""
    program = run.before.program
    keys = (program.key(function) for function in group.functions)
    return {program.id(key) for key in run.before.reach.below(*(key for key in keys if key is not None))}


def _around(run: Run, failure: Failure) -> set[FunctionId]:
    """The functions around the line of the old file that a failure is about."""
    return _at(run, failure.path, failure.line)


def _at(run: Run, path: str, line: int) -> set[FunctionId]:
    program = run.before.program
    if path not in program.modules:
        return set()
    spans = {program.id(key): program.scope(key).span for key in program.functions_of(path)}
    return {name for name, span in spans.items() if span.line <= line <= span.end_line}


def _stands_alone(run: Run, group: ChangeGroup, path: str) -> bool:
    """Does the file come out whole with the edits of this group and no others?"""
    alone = carry_out(run, (group,))
    return not alone.failures and not any(spelling.compiles({path: alone.texts.get(path, "")}))
