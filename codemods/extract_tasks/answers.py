"""Work whose result the answer needs, left to a worker all the same where the user asks for it (`results`).

return Response(build(number), media_type=PDF)

wait:   return Response(b64decode(await result_of(await build_task.kiq(number))), media_type=PDF)

poll:   return accepted(await build_task.kiq(number))


        @router.get("/reports/{number}/result/{task_id}")
        async def report_result(task_id: str, number: int):
            result = await result_if_ready(task_id)
            if result is None:
                return still_running(task_id)
            return Response(b64decode(result), media_type=PDF)
"""

from __future__ import annotations

import ast

from ..analysis.nodes import TRIES
from ..analysis.syntax import span_of
from ..model import (
    ImportNeed,
    InsertStatements,
    Location,
    Note,
    NoteKind,
    Reason,
    ReplaceExpression,
    ReplaceStatements,
)
from .blocks.runs import Run, run_of
from .calls import Target, target_of, task_of
from .endpoints import Endpoint, endpoint
from .finding.handed_on import How, Shape
from .finding.work import Work
from .generated.code import CodeBuilder
from .generated.names import TaskNames
from .hazards.checks import changed_argument, helper_obstacle
from .hazards.rows.uncommitted import uncommitted
from .notes import notes_of
from .sent.given import Given, given, may_be_none
from .sites import CONTROL_FLOW, NOT_SENDABLE, SHAPES_RESPONSE, HelperSignature, SlowSite, TaskPlan


def plan_answer(work: Work, names: TaskNames, site: SlowSite, shape: Shape) -> TaskPlan | Reason:
    helper = site.helper
    if helper is None or shape.how not in (How.CALL, How.WAITED) or not work.is_handler:
        return work.reason(CONTROL_FLOW, "its result is no value of a function of the project", shape.whole)
    gives = given(helper.returns)
    if gives is None:
        text = f"what {helper.qualname}() gives may not come back as it was"
        return work.reason(NOT_SENDABLE, text, shape.whole, "annotate what it returns")
    run = run_of(work.file, work.function, work.file.statement(shape.whole))
    reason = _obstacle(work, run, helper)
    if reason is not None:
        return reason
    target = target_of(work, helper, shape, later=True)
    if not isinstance(target, Target):
        return target or work.reason(NOT_SENDABLE, "a task cannot call it", shape.whole)
    if target.opened is not None or any(each.loaded is not None for each in target.accepted):
        return work.reason(NOT_SENDABLE, "it takes an object of the database", shape.whole)
    if names.results == "poll":
        page = endpoint(work, run, shape.whole)
        if isinstance(page, Reason):
            return page
        if may_be_none(gives):
            return work.reason(CONTROL_FLOW, "None would look as if it was not done yet", shape.whole)
        return _polled(work, names, site, shape, gives, target, page)
    return _awaited(work, names, site, shape, gives, target)


def _obstacle(work: Work, run: Run, helper: HelperSignature) -> Reason | None:
    """What a worker could not do for the request, or would do differently."""
    reason = helper_obstacle(work, run, helper, later=True)
    reason = reason or changed_argument(work, run, helper) or next(uncommitted(work, run), None)
    if reason is not None:
        return reason
    if helper.raises:
        return work.reason(SHAPES_RESPONSE, f"{helper.qualname}() may raise {helper.raises}", run.moved[0])
    child: ast.AST = run.moved[0]
    for node in work.file.above(run.moved[0]):
        if node is work.function:
            return None
        if isinstance(node, TRIES) and any(child is s for s in node.body):
            text = "its failure is handled here, and would not be the same from a worker"
            return work.reason(SHAPES_RESPONSE, text, node)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return work.reason(CONTROL_FLOW, f"it stands under `with {ast.unparse(node.items[0])}`", node)
        child = node
    return None


def _queued(work: Work, names: TaskNames, shape: Shape, task: str, builder: CodeBuilder) -> str:
    written = [work.file.source(value) for value in shape.positional]
    written += [f"{keyword.arg}={work.file.source(keyword.value)}" for keyword in shape.keywords]
    return f"await {builder.need(ImportNeed(names.module, task))}.kiq({', '.join(written)})"


def _awaited(
    work: Work, names: TaskNames, site: SlowSite, shape: Shape, gives: Given, target: Target
) -> TaskPlan:
    assert site.helper is not None
    task = task_of(work, names, site, site.helper, target, gives)
    builder = CodeBuilder()
    queued = _queued(work, names, shape, task.name, builder)
    text = f"await {builder.need(ImportNeed(names.results_module, 'result_of'))}({queued})"
    is_inner = isinstance(work.file.parents[shape.whole], (ast.Attribute, ast.Subscript))
    unpacked = gives.unpacked(text, builder)
    code = builder.code(f"({unpacked})" if is_inner and unpacked == text else unpacked)
    note = f"the request waits for {task.name}, and is answered with 504 when no worker is done in time"
    return TaskPlan(
        (ReplaceExpression(span_of(shape.whole), code),),
        task,
        (span_of(shape.whole),),
        _notes(work, site, shape, task.name, note),
    )


def _polled(
    work: Work, names: TaskNames, site: SlowSite, shape: Shape, gives: Given, target: Target, page: Endpoint
) -> TaskPlan:
    assert site.helper is not None
    task = task_of(work, names, site, site.helper, target, gives)
    builder = CodeBuilder()
    queued = _queued(work, names, shape, task.name, builder)
    text = f"return {builder.need(ImportNeed(names.results_module, 'accepted'))}({queued})"
    queue = ReplaceStatements(page.first, page.last, builder.code(text))
    note = f"{page.label} answers 202 with a task id, and GET {page.path} gives the result when it is there"
    below = InsertStatements(span_of(work.function), page.code(names.results_module, gives), after=True)
    return TaskPlan(
        (queue, below),
        task,
        (page.first, page.last),
        _notes(work, site, shape, task.name, note),
    )


def _notes(work: Work, site: SlowSite, shape: Shape, task: str, text: str) -> tuple[Note, ...]:
    others = notes_of(work, shape.whole, task, site.category, tolerated=True, secrets=shape.words())
    place = Location(work.file.path, shape.whole.lineno, shape.whole.col_offset + 1)
    return (Note(NoteKind.BEHAVIOUR, text, place), *others)
