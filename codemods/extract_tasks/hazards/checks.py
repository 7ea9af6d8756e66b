"""Why a run of statements must stay: what it does that a worker could not do for the request."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...analysis.flow.runs import ReturnKind
from ...analysis.nodes import BINDINGS
from ...analysis.syntax import span_of
from ...model import Code, Reason
from ..blocks.parameters import Input, Inputs
from ..blocks.runs import Run
from ..blocks.taken_along import is_shared, shared_figure
from ..finding.work import Work, called, root_name
from ..sites import (
    CONTROL_FLOW,
    MUTATES,
    NOT_IMPORTABLE,
    NOT_SENDABLE,
    RESULT_USED,
    SHAPES_RESPONSE,
    HelperSignature,
    SlowSite,
    ValueKind,
)
from ..words import FILE_KINDS, NEEDS_EXCEPTION, QUEUES_WORK, STARTS, is_connecting
from .along import along
from .by_name import is_check
from .files.changed_files import changed_files, removed_behind
from .files.files import made_files
from .files.gone import gone_files
from .files.removed import removed_files
from .objects.changes import changes
from .objects.own_changes import is_made_here
from .process.around import set_around
from .rows.rows import looked_at
from .rows.stored import stored
from .rows.uncommitted import looks_up, open_change, uncommitted, unseen

_SESSIONS = ("requests.Session.", "requests.sessions.Session.", "httpx.Client.")
_PRODUCES = re.compile(
    r"^(save|(im)?write|output|build|send|upload|put|dump|export|store|publish|create|make|generate|render|convert|encode"
    r"|compress|pack|add|extract|run|train|to_|resize|process|pdf|from_|archive|copy)",
    re.IGNORECASE,
)


def obstacle(work: Work, run: Run, inputs: Inputs, *, later: bool) -> Reason | None:
    """The first thing that keeps the run in the function; `later`: it ran after the function already."""
    checks = _CHECKS_IN_ORDER if work.inner is None else _CHECKS_OF_LATER
    if later or inputs.session or looks_up(site for site in work.slow if run.holds(site.span)):
        checks = (*checks, uncommitted)
    checks = (*checks, unseen)
    reason = next(removed_behind(work, run), None) if later else None
    reason = reason or set_around(work, run)
    if reason is not None:
        return reason
    return next((found for check in checks for found in check(work, run, inputs)), None)


def call_obstacle(work: Work, run: Run, site: SlowSite, *, later: bool) -> Reason | None:
    """What keeps the call of a helper in the function; `later`: it ran after the function already."""
    helper = site.helper
    if helper is None:
        return None
    if helper.draws and not (later or helper.is_async) and is_shared(work):
        return shared_figure(work, run.moved[0])
    reason = helper_obstacle(work, run, helper, later=later) or changed_argument(work, run, helper)
    if reason is not None:
        return reason
    if not later and not helper.keeps_failures and is_check(site, helper.qualname):
        return work.reason(
            SHAPES_RESPONSE, f"{helper.qualname}() is a check: it works by raising", run.moved[0]
        )
    reason = next(removed_behind(work, run), None) if later else file_obstacle(work, run)
    if reason is not None:
        return reason
    if (reason := set_around(work, run)) is not None:
        return reason
    if later or looks_up([site]):
        reason = next(uncommitted(work, run), None)
    if reason is None and helper.process_state and site.celery is None:
        return open_change(work, run.spans[-1])
    return reason


def file_obstacle(work: Work, run: Run) -> Reason | None:
    """Who looks behind a call at the files that it makes, or changes those that it reads."""
    named = _read_by(work, run)
    return next((found for check in (made_files, changed_files) for found in check(work, run, named)), None)


def changed_argument(work: Work, run: Run, helper: HelperSignature) -> Reason | None:
    read = sorted({n.id for n in run.nodes if isinstance(n, ast.Name)} & work.locals)
    changed = [n for n in read if work.context.kind(n) is not ValueKind.SCALAR]
    if not helper.changed or not changed:
        return None
    return work.reason(MUTATES, f"{helper.qualname}() changes {changed[0]}", run.moved[0])


def helper_obstacle(work: Work, run: Run, helper: HelperSignature, *, later: bool) -> Reason | None:
    """What a helper needs, does or says that keeps it where it is called."""
    name, node = f"{helper.qualname}()", run.moved[0]
    state = helper.needed_later if later else helper.process_state
    if state and not helper.needed_later:
        if (reason := looked_at(work, run, helper)) is not None:
            return reason
    elif state:
        text = f"{name} needs {helper.needed_later}; a worker does not have it"
        return work.reason(NOT_IMPORTABLE, text, node)
    if helper.filled and not is_made_here(work, run, helper):
        return work.reason(NOT_IMPORTABLE, f"{name} needs {helper.filled}; a worker does not have it", node)
    if helper.entered and not is_made_here(work, run, helper, is_entered=True):
        return work.reason(NOT_IMPORTABLE, f"{name} needs {helper.entered}; a worker does not have it", node)
    changed = helper.memory or (helper.changes_itself if not is_made_here(work, run, helper) else "")
    if changed:
        text = f"{name} changes {changed}, and a worker would change its own"
        return work.reason(MUTATES, text, node)
    if not later and helper.raises:
        return work.reason(SHAPES_RESPONSE, f"{name} may raise {helper.raises}", node)
    if not later and helper.only_connects and not _sends(work, run):
        return work.reason(SHAPES_RESPONSE, f"{name} only connects: it works by raising", node)
    if not later and helper.elsewhere:
        text = f"{name} also {helper.elsewhere}, which the next request may look at"
        hint = "let the caller do the slow part with a call of its own"
        return work.reason(MUTATES, text, node, hint)
    return None


def _sends(work: Work, run: Run) -> bool:
    """Does a helper in it do more than to connect?"""
    helpers = (helper for site in work.slow if run.holds(site.span) for helper in site.helpers)
    return any(not helper.only_connects for helper in helpers)


def _read_by(work: Work, run: Run) -> Inputs:
    """The locals that a call reads, as if each were a parameter."""
    read = sorted({n.id for n in run.nodes if isinstance(n, ast.Name)} & work.locals)
    return Inputs(tuple(Input(name, Code("object"), name, name) for name in read), {}, {}, frozenset())


def _control(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    facts, first = run.region, run.moved[0]
    if facts.yields:
        yield work.reason(CONTROL_FLOW, "the block yields", first)
    if facts.returns is not ReturnKind.NEVER and work.inner is None:
        yield work.reason(CONTROL_FLOW, "the block returns from the function", first)
    if facts.breaks_out:
        yield work.reason(CONTROL_FLOW, "the block leaves a loop around it", first)
    if facts.raises and work.inner is None:
        yield work.reason(SHAPES_RESPONSE, "the block raises an error that shapes the response", first)
    if not _awaits_or_blocks(work, run):
        yield work.reason(CONTROL_FLOW, "the block awaits and blocks: one task cannot do both well", first)
    if facts.uses_super or facts.uses_locals:
        yield work.reason(NOT_SENDABLE, "the block needs the frame of the function", first)
    if facts.globals_written or facts.nonlocals_written or facts.rebound_by_closures:
        names = sorted(facts.globals_written | facts.nonlocals_written | facts.rebound_by_closures)
        yield work.reason(MUTATES, f"the block sets {names[0]}, which is read elsewhere", first)
    gone = sorted(facts.deletes & facts.bound_before)
    if gone:
        yield work.reason(MUTATES, f"the block deletes {gone[0]}", first)
    captured = sorted(facts.captured_elsewhere & (facts.writes | facts.maybe_writes))
    if captured:
        yield work.reason(RESULT_USED, f"an inner function uses {captured[0]}", first)
    if _needs_current_exception(work, run):
        yield work.reason(NOT_SENDABLE, "the block looks at the exception that is being handled", first)


def _awaits_or_blocks(work: Work, run: Run) -> bool:
    """Is all that takes long awaited, or nothing? What is called in a statement of its own may be awaited in
    a thread."""
    to_await, frame = work.to_await(run.nodes), set(run.frame)
    if not work.awaits(run.frame) and not to_await:
        return True
    in_threads = work.to_thread(run.nodes)
    awaited = {*map(span_of, to_await), *(span_of(n.value) for n in run.nodes if isinstance(n, ast.Await))}
    awaited |= set(map(span_of, in_threads))
    others = [n for n in run.nodes if isinstance(n, ast.Call) and span_of(n) not in awaited]
    is_whole = all(
        isinstance(work.file.parents[call], (ast.Expr, *BINDINGS)) and call in frame
        for call in (*to_await, *in_threads)
    )
    return is_whole and (not to_await or all(map(work.is_cheap_call, others)))


def _needs_current_exception(work: Work, run: Run) -> bool:
    if not any(isinstance(node, ast.ExceptHandler) for node in work.file.above(run.moved[0])):
        return False
    return any(isinstance(node, ast.Call) and called(node) in NEEDS_EXCEPTION for node in run.nodes)


def _helpers(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    for site in work.slow:
        for helper in site.helpers if run.holds(site.span) else ():
            reason = helper_obstacle(work, run, helper, later=work.inner is not None)
            if reason is not None:
                yield reason


def _set_up(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    slow = [site.name for site in work.slow if run.holds(site.span) and not site.helpers]
    if needed := work.context.set_up_around(slow, run.holds):
        text = f"the block needs {needed}; a worker does not have it"
        yield work.reason(NOT_IMPORTABLE, text, run.moved[0], "set it up where its module is imported")


def _queued(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    for node in run.nodes:
        func = node.func if isinstance(node, ast.Call) else None
        if isinstance(func, ast.Attribute) and func.attr in QUEUES_WORK:
            yield work.reason(CONTROL_FLOW, f"the block has {ast.unparse(func)}() queue other work", node)


def _process(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    for node in run.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "pid":
            text = f"{ast.unparse(node)} would be the number of a process beside the worker"
            yield work.reason(RESULT_USED, text, node)


def _project_code(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    own = run.region.writes | run.region.maybe_writes
    for node in run.nodes:
        if not isinstance(node, ast.Call) or work.is_slow(node) or root_name(node.func) in own:
            continue
        if work.step(node) is None and work.runs_project_code(node):
            text = f"the block calls {ast.unparse(node.func)}() as well, whose failure may shape the response"
            yield work.reason(SHAPES_RESPONSE, text, node)


def _effects(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    """Work whose only effect on the world is that it may raise is a check, and the response depends on it."""
    sites = [site for site in work.slow if run.holds(site.span)]
    names = ["run" if site.name in STARTS else re.split(r"[.:]", site.name)[-1] for site in sites]
    names += [called(node) for node in run.nodes if isinstance(node, ast.Call) and not work.is_slow(node)]
    is_helper = any(site.helpers for site in sites)
    if names and all(map(is_check, sites, names)):
        yield work.reason(SHAPES_RESPONSE, f"{sites[0].name} is a check: it works by raising", run.moved[0])
    if is_helper or not sites:
        return
    kinds = {site.category for site in sites}
    if kinds == {"email"} and all(map(is_connecting, names[: len(sites)])):
        yield work.reason(SHAPES_RESPONSE, "the block only connects: it works by raising", run.moved[0])
    if kinds & FILE_KINDS and not any(_PRODUCES.search(name) for name in names):
        text = "what the block leaves behind cannot be told: its failure may be all that counts"
        yield work.reason(SHAPES_RESPONSE, text, run.moved[0])
    if kinds == {"http"} and all(name in ("get", "head", "options") for name in names[: len(sites)]):
        text = "the block asks and looks at no answer: it works by raising"
        yield work.reason(SHAPES_RESPONSE, text, run.moved[0])
    for session in sorted(_sessions(run, sites)):
        used = (each for each in work.frame if isinstance(each, (ast.Name, ast.Attribute)))
        if any(ast.unparse(each) == session and not run.holds(span_of(each)) for each in used):
            text = f"{session} is used elsewhere as well, and keeps what it is told: headers, cookies"
            yield work.reason(MUTATES, text, run.moved[0])


def _sessions(run: Run, sites: list[SlowSite]) -> set[str]:
    """`session` of `session.post(..)`."""
    spans = {site.span for site in sites if site.name.startswith(_SESSIONS)}
    calls = (each for each in run.nodes if isinstance(each, ast.Call) and span_of(each) in spans)
    return {ast.unparse(each.func.value) for each in calls if isinstance(each.func, ast.Attribute)}


_CHECKS_OF_LATER = (_control, _queued, _helpers, _set_up, _process, changes)
_CHECKS_IN_ORDER = (
    _control, _queued, _helpers, _set_up, _process, _project_code, along, changes, _effects,
    made_files, removed_files, gone_files, changed_files, stored,
)  # fmt: skip
