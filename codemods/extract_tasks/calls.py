"""A call to a helper that does slow work -> `await its_task.kiq(..)` with the same arguments.

send_welcome(user.email, lang=lang)    ->    await send_welcome_task.kiq(user.email, lang=lang)
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ..analysis.nodes import BINDINGS, bound_plainly
from ..analysis.syntax import span_of
from ..model import (
    Code,
    ImportNeed,
    Reason,
    TaskDefinition,
)
from .arguments import Accepted, accept, bind, callee_of, passed_on, signature_text, why_not_reached
from .behind import more_behind
from .blocks.elsewhere import replaced
from .blocks.runs import Run, mentions, run_of
from .blocks.surroundings import Climb, around
from .blocks.taken_along import removals
from .comments import loses_comment
from .finding.handed_on import How, Shape, is_discarded
from .finding.work import Work, called, root_name
from .generated.code import CodeBuilder, plain
from .generated.layout import call_text, function_text
from .generated.loading import with_loaded
from .generated.names import TaskNames, name_of_call
from .hazards.checks import call_obstacle
from .notes import (
    is_caught,
    is_tolerated,
    notes_of,
    notes_of_celery,
    notes_of_commit,
    notes_of_loaded,
    notes_of_rows,
)
from .queueing import queueing
from .sent.given import Given
from .sent.opened import Opened
from .session_arguments import changing_its_own, made_with_session, sessions_in
from .sites import (
    CONTROL_FLOW,
    NOT_IMPORTABLE,
    NOT_SENDABLE,
    ORM_OBJECT,
    RESULT_USED,
    HelperSignature,
    SlowSite,
    TaskPlan,
)
from .task_imports import late_imports, set_up_imports


def plan_call(work: Work, names: TaskNames, site: SlowSite, shape: Shape) -> TaskPlan | Reason | None:
    """None when the call is better moved as a block."""
    helper = site.helper
    later = shape.how in (How.BACKGROUND, How.FORGOTTEN)
    if helper is None:
        return None
    bound = bind(shape, helper) or {}
    helper = changing_its_own(work, helper, bound, later=later)
    site = replace(site, helper=helper)
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
    if site.celery is not None:
        # a call of the task itself would have Celery bind it, in several threads at once
        target = replace(target, callee=replace(target.callee, text=f"{target.callee.text}.run"))
    keys = [each for each in target.accepted if each.loaded is not None or each.is_session]
    loaded = [each.loaded for each in keys if each.loaded is not None]
    if keys and (shape.how is How.FORGOTTEN or shape.is_peeled or isinstance(run.moved[0], BINDINGS)):
        text = f"{work.file.source(keys[0].argument)} belongs to its database session"  # type: ignore[arg-type]
        return work.reason(ORM_OBJECT, text, shape.whole)
    task = task_of(work, names, site, helper, target)
    packed = [each.parameter.name for each in target.accepted if each.is_packed]
    edits = queueing(work, names, run, shape, task, keys, [bound[name] for name in packed])
    if any(loses_comment(work.file, edit) for edit in edits):
        return work.reason(CONTROL_FLOW, "a comment stands beside what would go", shape.whole)
    is_silent = later or helper.keeps_failures
    notes = notes_of(
        work,
        shape.whole,
        task.name,
        site.category,
        tolerated=is_silent or is_tolerated(work, run.moved),
        caught=not is_silent and is_caught(work, run.moved[0]),
        secrets=[*shape.words(), *_given(bound)],
    )
    notes += notes_of_celery(work, shape.whole, task.name) if site.celery is not None else ()
    notes += notes_of_loaded(work, shape.whole, loaded)
    notes += notes_of_commit(work, run, task.name)
    notes += notes_of_rows(work, run, task.name) if not later else ()
    covered = [span_of(shape.whole), *(run.spans if shape.thread else ())]
    if shape.definition is not None:
        covered.append(span_of(shape.definition))
    awaited = (site.span,) if helper.is_async else ()
    asked = () if work.stays_sync else work.asked(_arguments(shape)) or ()
    return TaskPlan(edits, task, tuple(covered), notes, awaited, asked=tuple(map(span_of, asked)))


def _arguments(shape: Shape) -> list[ast.expr]:
    return [*shape.positional, *(keyword.value for keyword in shape.keywords)]


def _given(bound: Mapping[str, ast.expr]) -> Iterable[str]:
    """Parameters that get a value of the function: `api_key` of `send(to, api_key=made)`."""
    return (name for name, value in bound.items() if not isinstance(value, ast.Constant))


class Target(msgspec.Struct, frozen=True):
    """What the task calls, and with what."""

    accepted: Sequence[Accepted]
    callee: Code
    written: str
    """The name in the code."""
    session: str = ""
    """The name of the session that the task opens, which the helper or its object is given."""
    opened: Opened | None = None


def target_of(work: Work, helper: HelperSignature, shape: Shape, *, later: bool) -> Target | Reason | None:
    """None when the call is better moved as a block."""
    arguments = _arguments(shape)
    for value in arguments:
        if any(isinstance(node, ast.NamedExpr) for node in ast.walk(value)):
            return work.reason(CONTROL_FLOW, "an argument binds a name", value)
    # a handler that stays in its thread computes them as it did
    is_costly = work.asked(arguments) is None or any(
        work.context.runs_property(span_of(value)) for value in arguments
    )
    if is_costly and not work.stays_sync:
        text = "an argument is computed by a call that may block"
        return work.reason(NOT_SENDABLE, text, shape.whole) if later else None
    bound = bind(shape, helper)
    if bound is None:
        text = "the arguments are not named one by one"
        return work.reason(NOT_SENDABLE, text, shape.whole) if later else None
    accepted = accept(work, helper, bound, packs=not later and not work.stays_sync)
    if isinstance(accepted, Reason):
        return accepted
    callee = callee_of(work, shape, helper)
    if callee is None:
        text = why_not_reached(work, shape)
        return work.reason(NOT_IMPORTABLE, text, shape.whole) if later else None
    sessions = {**sessions_in(work, helper, shape.carrier), **_of_object(work, helper, shape)}
    if any(opened.is_async is not helper.is_async for opened in sessions.values()):
        text = f"{ast.unparse(shape.callee)} works on a session of another kind than a task would open"
        return work.reason(ORM_OBJECT, text, shape.whole)
    taken = {each.parameter.name for each in accepted if not each.is_session}
    if len(sessions) > 1 or taken & sessions.keys():
        return work.reason(ORM_OBJECT, f"{min(sessions)} is one of several things of the task", shape.whole)
    session, opened = next(iter(sessions.items()), ("", None))
    reason = replaced(work, callee.needs[0], root_name(shape.callee), shape.whole)
    return reason or Target(accepted, callee, ast.unparse(shape.callee), session, opened)


def _of_object(work: Work, helper: HelperSignature, shape: Shape) -> Mapping[str, Opened]:
    """The sessions with which the object was made, here or by FastAPI: `service.send(..)`."""
    node = shape.callee.value if isinstance(shape.callee, ast.Attribute) else None
    if not isinstance(node, ast.Name):
        return {}
    made = made_with_session(work, helper, node.id)
    return sessions_in(work, helper, made) if made is not None else work.context.sessions_of_maker(node.id)


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
    is_assigned = isinstance(statement, BINDINGS) and statement.value is shape.whole
    if is_assigned and _is_never_read(run, statement):
        return run
    return work.reason(RESULT_USED, "its result is used", shape.whole)


def _is_never_read(run: Run, statement: ast.stmt) -> bool:
    """`sent = send(..)`, a local that nobody reads; what `job.sent = send(..)` sets is read elsewhere."""
    facts = run.region
    is_local = all(isinstance(target, ast.Name) for target, _ in bound_plainly(statement))
    return is_local and not (facts.live_out or facts.globals_written or facts.nonlocals_written)


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
    opens = target.opened.needs if target.opened is not None else ()
    types = (need for each in target.accepted if each.revived is not None for need in each.revived.needs)
    late = tuple(
        need
        for need in dict.fromkeys((*target.callee.needs, *opens, *types))
        if work.context.imports_late(need) or (helper.needs_late_import and need.module == helper.module)
    )

    loaded = [each.loaded for each in target.accepted if each.loaded is not None]
    own = (target.session, target.opened)
    in_loop = target.opened is None and any(each.loader.opened.is_async for each in loaded)
    needs = [need for each in (*loaded, target.opened) if each is not None for need in each.needs]
    set_up = set_up_imports(work, (*target.callee.needs, *needs))

    def make(name: str) -> Code:
        builder = CodeBuilder()
        decorator = f"@{builder.need(names.broker)}.task"
        parameters = signature_text(target.accepted, builder)
        callee, given = builder.add(target.callee, late), passed_on(target.accepted, builder, late)
        called = f"await {callee}" if helper.is_async else callee
        read = len(plain(builder.code(called)))
        call = call_text(called, given, names.line_length, width=read)
        if in_loop:
            # a task that opens an async session runs on the event loop of the worker
            to_thread = f"{builder.need(ImportNeed('asyncio'))}.to_thread"
            head = f"await {to_thread}"
            width = len(plain(builder.code(f"{head}{callee}"))) - len(callee)
            call = call_text(head, [callee, *given], names.line_length, width=width)
        if gives is not None:
            call = f"return {gives.packed(call, builder)}"
        taken = {each.parameter.name for each in target.accepted}
        done = with_loaded(loaded, f"    {call}\n", taken, builder, own, late)
        first = set_up + late_imports(late)
        body = f"{first}\n{done}" if first else done
        returns = gives.annotation(builder) if gives is not None else "None"
        return builder.code(
            function_text(
                decorator,
                name,
                parameters,
                body,
                is_async=helper.is_async or in_loop,
                length=names.line_length,
                returns=returns,
            )
        )

    wanted = name_of_call(f"{helper.module}.{target.written}", site.category)
    prefix = helper.module.rpartition(".")[2]
    origin = (work.file.path, site.span)
    task = names.settle(wanted, prefix, make, late, origin, gives_result=gives is not None)
    return replace(task, reads_set_up=any(map(work.context.reads_set_up, late)))
