"""The statements around a slow call, as they are, as the body of a task."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from ..analysis.nodes import walk
from ..analysis.syntax import FileSyntax, span_of
from ..model import ImportNeed, Reason
from .behind import more_behind
from .blocks.carried import stored
from .blocks.growth import grow
from .blocks.movable import asks_database
from .blocks.parameters import Input, Inputs
from .blocks.runs import Run, run_of
from .cut import cut_out
from .finding.handed_on import How, Shape
from .finding.unwrapped import HandedOn, queue_text
from .finding.work import Work, called
from .generated.code import CodeBuilder
from .generated.layout import UnusualLayoutError
from .generated.names import TaskNames, name_of_block, name_of_call, name_of_inner, word_of_url
from .hazards.checks import obstacle
from .hazards.objects.objects import root_of
from .hazards.order.turns import each_on_its_own
from .notes import (
    is_caught,
    is_tolerated,
    notes_of,
    notes_of_block,
    notes_of_commit,
    notes_of_loaded,
    notes_of_rows,
)
from .sent.fields_set import HINT, WORDS
from .sites import (
    CONTROL_FLOW,
    MUTATES,
    NOT_IMPORTABLE,
    NOT_SENDABLE,
    RESULT_USED,
    SHAPES_RESPONSE,
    SlowSite,
    TaskPlan,
)

_OF_VALUES = (NOT_SENDABLE, NOT_IMPORTABLE, MUTATES)


def plan_block(
    work: Work,
    names: TaskNames,
    prefix: str,
    site: SlowSite,
    shape: Shape,
    handed_on: HandedOn | None = None,
    *,
    together: bool = False,
) -> TaskPlan | Reason:
    """`handed_on`: what the call in `work` stands for in the file; `together`: with what is delivered
    behind it."""
    if shape.how is How.WAITED:
        return work.reason(CONTROL_FLOW, "a thread is waited for in the block", shape.whole)
    seed = _seed(work, shape)
    if isinstance(seed, Reason):
        return seed
    shape = shape if handed_on is None else handed_on.shape
    return plan_run(work, names, prefix, site, seed, shape, handed_on, together=together)


def plan_run(
    work: Work,
    names: TaskNames,
    prefix: str,
    site: SlowSite,
    seed: Run,
    shape: Shape,
    handed_on: HandedOn | None = None,
    *,
    together: bool = False,
) -> TaskPlan | Reason:
    """`seed`: the statements that must move; more may go along. Where something keeps them that the function
    could make a text of, it does."""
    parts = (names, prefix, site, seed, shape, handed_on)
    found = _plan_run(work, *parts, together=together)
    if not isinstance(found, Reason) or found.code not in _OF_VALUES or work.inner is not None:
        return found
    told = _plan_run(replace(work, tells=True), *parts, together=together)
    return found if isinstance(told, Reason) else told


def _plan_run(
    work: Work,
    names: TaskNames,
    prefix: str,
    site: SlowSite,
    seed: Run,
    shape: Shape,
    handed_on: HandedOn | None,
    *,
    together: bool,
) -> TaskPlan | Reason:
    grown = grow(work, seed, is_stored=bool(names.uploads), together=together)
    if isinstance(grown, Reason):
        return grown
    work, run, inputs = grown
    if work.inner is not None and not work.inner.is_whole(run):
        return work.reason(CONTROL_FLOW, "what the inner function works with is made elsewhere", run.moved[0])
    reason = obstacle(work, run, inputs, later=work.inner is not None or handed_on is not None)
    reason = reason or more_behind(work, run, shape) or each_on_its_own(work, run, shape)
    reason = reason or _asked_of(work, site, run, inputs)
    if reason is not None:
        return reason
    if any(each.is_stored for each in inputs.carried) and handed_on and handed_on.stays_behind(work, run):
        text = "what it reads would be stored for nothing, should something fail before the response is sent"
        return work.reason(NOT_SENDABLE, text, run.moved[0])
    if handed_on is not None and shape.how is How.BACKGROUND and _goes_on(run, seed):
        text = "what it works with is changed after it was handed on, and before it runs"
        return work.reason(CONTROL_FLOW, text, run.moved[0])
    try:
        return _planned(work, names, prefix, site, run, inputs, handed_on)
    except UnusualLayoutError:
        return work.reason(CONTROL_FLOW, "the statements cannot be cut out as lines", run.moved[0])


def _goes_on(run: Run, seed: Run) -> bool:
    """Does anything but what is handed on as well stand behind it? It comes before what runs in the end."""
    behind = (each for each in run.moved if each.lineno > seed.moved[-1].lineno)
    calls = (each.value if isinstance(each, ast.Expr) else None for each in behind)
    return any(not isinstance(call, ast.Call) or called(call) != "add_task" for call in calls)


def _asked_of(work: Work, site: SlowSite, run: Run, inputs: Inputs) -> Reason | None:
    """Does the slow work ask which fields of a model were set that the block is sent?"""
    asking = next(filter(None, (helper.asks_what_is_set for helper in site.helpers)), "")
    models = (each for each in inputs.parameters if _is_made_again(work, each))
    model = next(models, None) if asking else None
    if model is None:
        return None
    return work.reason(NOT_SENDABLE, f"{model.argument} {WORDS.format(asking)}", run.moved[0], HINT)


def _is_made_again(work: Work, sent: Input) -> bool:
    if sent.loaded is not None:
        return False
    return sent.revived is not None or bool(work.context.own_types(sent.annotation))


def _seed(work: Work, shape: Shape) -> Run | Reason:
    """The statement of the call. What asks for its value at once cannot do without it."""
    statement = work.file.statement(shape.whole)
    if isinstance(statement, (ast.Raise, ast.Assert)):
        return work.reason(SHAPES_RESPONSE, "its failure decides what the client is told", shape.whole)
    if isinstance(statement, (ast.Return, ast.If, ast.While, ast.Match)):
        return work.reason(RESULT_USED, "its result is used", shape.whole)
    return run_of(work.file, work.function, statement)


def _planned(
    work: Work,
    names: TaskNames,
    prefix: str,
    site: SlowSite,
    run: Run,
    inputs: Inputs,
    handed_on: HandedOn | None,
) -> TaskPlan:
    cut = cut_out(work, run, inputs, handed_on, names)
    asks = bool(inputs.session) and any(asks_database(work, statement) for statement in run.moved)
    wanted, origin = _name(work, site, run, asks=asks), (work.file.path, site.span)
    general = _name_of_all(work, site, run, "")
    own = _name_of_all(work, site, run, work.function.name)
    told = _name_by_url(work, site, run)
    task = names.settle(wanted, prefix, cut.under, cut.late, origin, own, shared=general, told=told)
    task = replace(task, reads_set_up=any(map(work.context.reads_set_up, cut.late)))
    builder = CodeBuilder()
    queued = builder.need(ImportNeed(names.module, task.name))
    arguments = [
        each.carriage.argument(builder) if each.carriage else each.argument for each in inputs.parameters
    ]
    passed = ", ".join(map(work.inner.passed, arguments) if work.inner is not None else arguments)
    if handed_on is not None:
        text = handed_on.queue(work, run, queued, passed)
    else:
        text = queue_text(work.behind, queued, passed)
    queue = builder.code(stored(inputs.carried, text, builder, names.uploads))
    first = run.moved[0]
    notes = notes_of(
        work,
        first,
        task.name,
        _main(work, run, site).category,
        tolerated=handed_on is not None or is_tolerated(work, run.moved),
        caught=handed_on is None and is_caught(work, first) and not isinstance(first, ast.Try),
        secrets=[
            *(each.parameter for each in inputs.parameters),
            *(word for each in inputs.told for word in each.words()),
        ],
    )
    notes += notes_of_block(work, run, inputs) + notes_of_loaded(work, first, inputs.loaded)
    notes += notes_of_commit(work, run, task.name)
    if handed_on is None and work.inner is None:
        notes += notes_of_rows(work, run, task.name, stores=bool(inputs.session))
    calls = tuple(map(span_of, work.to_await(run.nodes)))
    roots = {each.root for each in inputs.parameters if each.attribute}
    sent = tuple(span_of(n) for n in run.nodes if isinstance(n, ast.Attribute) and root_of(n) in roots)
    made = (n for each in inputs.told for n in walk(each.expression))
    sent += tuple(span_of(n) for n in made if isinstance(n, ast.Attribute))
    if work.inner is None:
        return TaskPlan(run.edits(queue), task, run.spans, notes, calls, sent)
    covered = (*run.spans, work.inner.definition, *work.inner.carriers)
    return TaskPlan(work.inner.edits(run, queue), task, covered, notes, calls, sent)


def _name(work: Work, site: SlowSite, run: Run, *, asks: bool) -> str:
    if work.inner is not None and (told := name_of_inner(work.inner.name)):
        return told
    helpers = [each for each in work.slow if run.holds(each.span) and each.helper is not None]
    others = [each for each in work.slow if run.holds(each.span) and each.helper is None]
    has_step = asks or any(map(work.has_step, run.moved))
    if has_step and _is_all(work, run):
        return f"{work.function.name}_task"
    if len(helpers) == 1 and not (others or has_step):
        call = work.file.call(helpers[0].span)
        if call is not None:
            module = helpers[0].helper.module  # type: ignore[union-attr]
            return name_of_call(f"{module}.{called(call)}", helpers[0].category)
    return _name_of_all(work, site, run, work.function.name)


def _is_all(work: Work, run: Run) -> bool:
    """Is nothing left of the function but what it answers?"""
    body = work.function.body[1:] if ast.get_docstring(work.function) else work.function.body
    left = [statement for statement in body if statement not in run.moved]
    return all(isinstance(statement, ast.Return) for statement in left)


def _name_of_all(work: Work, site: SlowSite, run: Run, function: str) -> str:
    category = _main(work, run, site).category
    return name_of_block(function, category, _text(work.file, run))


def _name_by_url(work: Work, site: SlowSite, run: Run) -> str:
    """`send_sync_deals_request_task`"""
    if _main(work, run, site).category != "http":
        return ""
    texts = (node.value for node in run.nodes if isinstance(node, ast.Constant))
    word = word_of_url(text for text in texts if isinstance(text, str))
    return _name_of_all(work, site, run, f"{work.function.name}_{word}") if word else ""


def _main(work: Work, run: Run, site: SlowSite) -> SlowSite:
    """The last thing that is done gives the name: what is built is built to be sent."""
    return next((each for each in reversed(work.slow) if run.holds(each.span)), site)


def _text(file: FileSyntax, run: Run) -> str:
    return "\n".join(file.source(statement) for statement in run.moved)
