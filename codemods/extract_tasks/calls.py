"""A call to a helper that does slow work -> `await its_task.kiq(..)` with the same arguments.

send_welcome(user.email, lang=lang)    ->    await send_welcome_task.kiq(user.email, lang=lang)
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ..analysis.scopes import parameter_names
from ..analysis.syntax import span_of
from ..model import (
    Argument,
    Code,
    Edit,
    ImportNeed,
    Reason,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    TaskDefinition,
    slot,
)
from .arguments import Accepted, accept, bind, call_text, callee_of, signature_text
from .blocks.growth import removals
from .blocks.inputs import replaced
from .blocks.runs import Run, mentions, run_of
from .blocks.surroundings import Climb, around
from .finding.handed_on import How, Shape, is_discarded
from .finding.work import Work, called, root_name
from .generated.code import CodeBuilder, spelled
from .generated.layout import function_text
from .generated.names import TaskNames, name_of_call
from .hazards.checks import call_obstacle
from .notes import is_tolerated, notes_of
from .sent.given import Given
from .sites import (
    CONTROL_FLOW,
    NOT_IMPORTABLE,
    NOT_SENDABLE,
    RESULT_USED,
    HelperSignature,
    SlowSite,
    TaskPlan,
)


def plan_call(work: Work, names: TaskNames, site: SlowSite, shape: Shape) -> TaskPlan | Reason | None:
    """None when the call is better moved as a block."""
    helper = site.helper
    later = shape.how in (How.BACKGROUND, How.FORGOTTEN)
    if helper is None:
        return None
    run = run_of_call(work, shape)
    if isinstance(run, Reason):
        return run
    if run is None:
        return None
    reason = call_obstacle(work, run, site, later=later)
    if reason is not None:
        return reason
    if not later and (removals(work, run) or isinstance(around(work, run), Climb)):
        return None
    outside = around(work, run) if not later else None
    if isinstance(outside, Reason):
        return outside
    reason = more_behind(work, run, shape)
    if reason is not None:
        return reason
    target = target_of(work, helper, shape, later=later)
    if not isinstance(target, Target):
        return target
    task = task_of(work, names, site, helper, target)
    edits = _edits(work, names, run, shape, task)
    is_late = later or helper.keeps_failures or is_tolerated(work, run.moved)
    notes = notes_of(work, shape.whole, task.name, site.category, tolerated=is_late, secrets=shape.words())
    covered = [span_of(shape.whole), *(run.spans if shape.thread else ())]
    if shape.definition is not None:
        covered.append(span_of(shape.definition))
    return TaskPlan(edits, task, tuple(covered), notes)


@dataclass(frozen=True, slots=True)
class Target:
    """What the task calls, and with what."""

    accepted: Sequence[Accepted]
    need: ImportNeed
    rest: str
    """The text behind the imported name: `().send_invoice`."""
    written: str
    """The name in the code."""


def target_of(work: Work, helper: HelperSignature, shape: Shape, *, later: bool) -> Target | Reason | None:
    """None when the call is better moved as a block."""
    arguments = [*shape.positional, *(keyword.value for keyword in shape.keywords)]
    for value in arguments:
        if any(isinstance(node, ast.NamedExpr) for node in ast.walk(value)):
            return work.reason(CONTROL_FLOW, "an argument binds a name", value)
    if not all(work.is_cheap(value) for value in arguments):
        text = "an argument is computed by a call that may block"
        return work.reason(NOT_SENDABLE, text, shape.whole) if later else None
    bound = bind(shape, helper)
    if bound is None:
        text = "the arguments are not named one by one"
        return work.reason(NOT_SENDABLE, text, shape.whole) if later else None
    accepted = accept(work, helper, bound)
    if isinstance(accepted, Reason):
        return accepted
    callee = callee_of(work, shape, helper)
    if callee is None:
        text = f"{ast.unparse(shape.callee)} cannot be reached from the tasks module"
        return work.reason(NOT_IMPORTABLE, text, shape.whole) if later else None
    reason = replaced(work, callee[0], root_name(shape.callee), shape.whole)
    return reason or Target(accepted, *callee, ast.unparse(shape.callee))


def run_of_call(work: Work, shape: Shape) -> Run | Reason | None:
    """The statements that the call stands for: its own, or those that make and start a thread."""
    statement = work.file.statement(shape.whole)
    run = run_of(work.file, work.function, statement)
    if shape.thread:
        users = [s for s in run.block[run.first :] if mentions(s, {shape.thread})]
        thread = run.with_statements(users)
        used = work.reason(RESULT_USED, f"the thread {shape.thread} is used afterwards", statement)
        is_plain = all(_is_thread_step(s, shape.thread) for s in users[1:]) and len(users) > 1
        return thread if is_plain and not thread.region.live_out and not thread.staying else used
    if is_discarded(work.file, shape.whole) or _is_made(shape):
        return run
    if isinstance(statement, ast.Assign) and statement.value is shape.whole and not run.region.live_out:
        return run
    return work.reason(RESULT_USED, "its result is used", shape.whole)


def _is_made(shape: Shape) -> bool:
    """`background=BackgroundTask(send, ..)`: an argument of the response."""
    return shape.how is How.BACKGROUND and called(shape.carrier) == "BackgroundTask"


def _is_thread_step(statement: ast.stmt, name: str) -> bool:
    text = ast.unparse(statement)
    return text in (f"{name}.start()", f"{name}.daemon = True", f"{name}.setDaemon(True)")


def task_of(
    work: Work,
    names: TaskNames,
    site: SlowSite,
    helper: HelperSignature,
    target: Target,
    gives: Given | None = None,
) -> TaskDefinition:
    need = target.need
    is_late = work.context.imports_late(need) or (helper.needs_late_import and need.module == helper.module)

    def make(name: str) -> Code:
        builder = CodeBuilder()
        decorator = f"@{builder.need(names.broker)}.task"
        parameters = signature_text(target.accepted, builder)
        function = spelled(need) if is_late else builder.need(need)
        call = f"{function}{target.rest}({call_text(target.accepted)})"
        call = f"await {call}" if helper.is_async else call
        if gives is not None:
            call = f"return {gives.packed(call, builder)}"
        body = f"    {late_import(need)}\n\n    {call}\n" if is_late else f"    {call}\n"
        returns = gives.annotation(builder) if gives is not None else "None"
        return builder.code(
            function_text(
                decorator,
                name,
                parameters,
                body,
                is_async=helper.is_async,
                length=names.line_length,
                returns=returns,
            )
        )

    wanted = name_of_call(target.written.rpartition(".")[2], site.category)
    prefix = helper.module.rpartition(".")[2]
    late = (need,) if is_late else ()
    origin = (work.file.path, site.span)
    return names.settle(wanted, prefix, make, late, origin, gives_result=gives is not None)


def late_import(need: ImportNeed) -> str:
    return f"from {need.module} import {need.name}" if need.name else f"import {need.module}"


def _edits(work: Work, names: TaskNames, run: Run, shape: Shape, task: TaskDefinition) -> tuple[Edit, ...]:
    queue = Code(f"{slot(0)}.kiq", (ImportNeed(names.module, task.name),))
    is_given = root_name(shape.carrier.func) in parameter_names(work.function.args)
    is_behind = shape.how is How.BACKGROUND and (
        work.stays_sync or not (is_given and is_last_effect(work, run))
    )
    if work.behind and shape.how is not How.BACKGROUND:
        return _queued_behind(work, run, shape, queue)
    if shape.is_peeled:
        return _unwrapped(work, shape, queue, is_behind=is_behind)
    if is_behind:
        return (ReplaceExpression(span_of(shape.callee), queue),)
    if (
        shape.thread
        or isinstance(run.moved[0], ast.Assign)
        or (shape.how is How.FORGOTTEN and shape.whole is not shape.carrier)
    ):
        written = ", ".join(_written(work, shape))
        return run.edits(Code(f"await {queue.text}({written})", queue.needs))
    carrier = shape.carrier
    is_awaited = isinstance(work.file.parents[carrier], ast.Await)
    if not shape.offset:
        return (ReplaceCall(span_of(carrier), queue, None, awaited=not is_awaited),)
    kept = tuple(
        Argument(index=number) for number in range(shape.offset, len(carrier.args) + len(carrier.keywords))
    )
    return (ReplaceCall(span_of(carrier), queue, kept, awaited=not is_awaited),)


def _queued_behind(work: Work, run: Run, shape: Shape, queue: Code) -> tuple[Edit, ...]:
    """`background_tasks.add_task(x_task.kiq, ..)`; arguments that stand in a call keep their lines."""
    if shape.how is How.CALL and isinstance(run.moved[0], ast.Expr):
        count = len(shape.carrier.args) + len(shape.carrier.keywords)
        given = (Argument(code=queue), *(Argument(index=number) for number in range(count)))
        return (ReplaceCall(span_of(shape.carrier), Code(f"{work.behind}.add_task"), given),)
    text = f"{work.behind}.add_task({', '.join([queue.text, *_written(work, shape)])})"
    return run.edits(Code(text, queue.needs))


def more_behind(work: Work, run: Run, shape: Shape) -> Reason | None:
    """Does a handler that can queue only behind the response still do something after the work?"""
    if not work.behind or shape.how is How.BACKGROUND or is_last_effect(work, run):
        return None
    text = "its handler stays in a thread, and does more after it"
    return work.reason(CONTROL_FLOW, text, run.moved[0])


def _written(work: Work, shape: Shape) -> list[str]:
    given = [work.file.source(value) for value in shape.positional]
    return given + [f"{keyword.arg}={work.file.source(keyword.value)}" for keyword in shape.keywords]


def _unwrapped(work: Work, shape: Shape, queue: Code, *, is_behind: bool) -> tuple[Edit, ...]:
    """The call without what it is wrapped in; a `partial` or a lambda would drop the coroutine of `kiq`."""
    given = _written(work, shape)
    text = f"await {queue.text}({', '.join(given)})"
    if is_behind:
        text = f"{work.file.source(shape.carrier.func)}({', '.join([queue.text, *given])})"
    edits: list[Edit] = [ReplaceExpression(span_of(shape.whole), Code(text, queue.needs))]
    if shape.definition is not None:
        span = span_of(shape.definition)
        edits.append(ReplaceStatements(span, span, Code("")))
    return tuple(edits)


def is_last_effect(work: Work, run: Run) -> bool:
    """Whether nothing but a `return` of what is already there follows."""
    if not work.is_handler:
        return False
    current: Run | None = run
    while current is not None:
        for statement in current.block[current.last + 1 :]:
            if isinstance(statement, ast.Return):
                return (
                    statement.value is None
                    or work.is_cheap(statement.value)
                    or _makes_response(work, statement.value)
                )
            if not work.logs.is_log(statement):
                return False
        child, current = current, current.climbed()
        if current is not None and not _runs_through(work, current.moved[0], child):
            return False
    return True


def _runs_through(work: Work, around: ast.stmt, inside: Run) -> bool:
    """Does nothing else happen in the statement around, in a loop not even in the next round?"""
    if isinstance(around, ast.For):
        return all(statement in inside.moved or work.logs.is_log(statement) for statement in inside.block)
    return isinstance(around, (ast.If, ast.With, ast.AsyncWith))


def _makes_response(work: Work, value: ast.expr) -> bool:
    """`JSONResponse(..)` or a model built of what is there: constructors by their capital letter."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and not called(node)[:1].isupper() and not work.is_cheap(node):
            return False
    return True
