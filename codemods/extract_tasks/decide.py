"""Slow work of one function: what moves to a task, what stays, and why.

msg = EmailMessage()
msg["To"] = user.email
with smtplib.SMTP(HOST) as smtp:       ->    await send_signup_email_task.kiq(user.email)
    smtp.send_message(msg)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from ..analysis.scopes import own_nodes
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..model import Code, Reason, Span
from .answers import plan_answer
from .behind import behind_of, with_behind
from .block import plan_block, plan_run
from .blocks.delivered import delivered_behind, worked_on_behind
from .blocks.runs import Run, run_of
from .calls import plan_call, run_of_call
from .context import Context
from .finding.handed_on import How, Shape, shape_of
from .finding.inner import in_place
from .finding.requests import NO_REQUESTS, Requests
from .finding.unwrapped import HandedOn, unwrapped
from .finding.waiting import is_on_a_loop_of_its_own, is_within_await
from .finding.work import Work, called
from .generated.names import TaskNames
from .hazards.order.in_order import asked_by_callers, out_of_order, sent_behind, together
from .hazards.order.turns import wanted_next
from .leftovers import without_leftovers
from .sites import (
    CONTROL_FLOW,
    NOT_IMPORTABLE,
    NOT_SENDABLE,
    REPLACED,
    RESULT_USED,
    STAYS,
    HelperSignature,
    SlowSite,
    TaskPlan,
    TaskPlans,
)
from .task_imports import StartsAgainError

_START_LATER = 'call that where the application starts, or under `if __name__ == "__main__":`'


def plan_tasks(
    file: FileSyntax,
    function: FunctionNode,
    slow: Sequence[SlowSite],
    context: Context,
    names: TaskNames,
    prefix: str,
    *,
    is_handler: bool = True,
    is_called: bool = True,
    stays_sync: bool = False,
    steps: Mapping[Span, HelperSignature] = MappingProxyType({}),
    waiting: Callable[[], Reason | None] = lambda: None,
    requests: Requests = NO_REQUESTS,
    takes_more: bool = False,
    changed: Mapping[Span, Code] = MappingProxyType({}),
    turning: frozenset[Span] = frozenset(),
) -> TaskPlans:
    """`prefix` goes before the name of a task when another task has it: the last part of the module.

    `is_handler`: what the function returns is the response; a helper's caller may still fail.
    `is_called`: somebody else than the framework may call it. `stays_sync`: a handler that cannot await.
    `steps`: calls of the project that may go along with slow work. `waiting`: what its callers have changed
    in the database, and not surely committed when they call it. `requests`: what it sends. `takes_more`:
    what a `try` around slow work does with the database goes along. `changed`: what reads otherwise where it
    moves, as what the task awaits has other errors. `turning`: calls that the function will await.
    """
    ordered = tuple(sorted(slow, key=lambda site: site.span))
    work = Work(
        file,
        function,
        ordered,
        context,
        is_handler,
        is_called,
        stays_sync,
        waiting=waiting,
        steps=steps,
        requests=requests,
        takes_more=takes_more,
        changed=changed,
        turning=turning,
    )
    work = replace(work, behind=behind_of(work)) if stays_sync else work
    own = frozenset(span_of(node) for node in own_nodes(function) if isinstance(node, ast.Call))
    plans: list[TaskPlan] = []
    reasons: dict[Span, Reason] = {}
    for site in work.slow:
        if any(span.contains(site.span) for plan in plans for span in plan.covered):
            continue
        call = file.call(site.span)
        if call is None or site.span not in own:
            text = (
                "it is no call, and only calls move"
                if call is None
                else "an inner function or a lambda calls it"
            )
            reasons[site.span] = work.reason(CONTROL_FLOW, text, call or function)
            continue
        try:
            found = _plan(work, names, prefix, site, call)
        except StartsAgainError as why:
            found = work.reason(NOT_IMPORTABLE, str(why), call, _START_LATER)
        if isinstance(found, TaskPlan) and _overlaps(found, plans):
            found = work.reason(CONTROL_FLOW, "it shares statements with other work that moves", call)
        if isinstance(found, Reason):
            reasons[site.span] = found
        else:
            plans.append(found)
    left = {span: reason for span, reason in reasons.items() if not _is_covered(span, plans)}
    return TaskPlans(with_behind(work, without_leftovers(work, plans)), left)


def _plan(work: Work, names: TaskNames, prefix: str, site: SlowSite, call: ast.Call) -> TaskPlan | Reason:
    if site.category in STAYS:
        return work.reason(NOT_IMPORTABLE, "a model lives in the process that loaded it", call)
    if called(call) == "Timer":
        return work.reason(CONTROL_FLOW, "it starts after a delay, which needs a scheduler", call)
    if site.celery:
        return work.reason(CONTROL_FLOW, site.celery, call)
    if any(helper.is_task for helper in site.helpers):
        text = "it is a task already, and is called as a function"
        return work.reason(CONTROL_FLOW, text, call, f"await {ast.unparse(call.func)}.kiq(..) queues it")
    shape = shape_of(work.file, site, call)
    if shape is None and is_within_await(work.file, call):
        return work.reason(CONTROL_FLOW, "it is waited for with others, or for a time", call)
    if is_on_a_loop_of_its_own(work.file, call):
        return work.reason(CONTROL_FLOW, "it runs on an event loop of its own", call)
    if shape is None:
        return work.reason(NOT_SENDABLE, "which function runs, and with what, cannot be seen", call)
    if work.stays_sync and shape.how is not How.BACKGROUND and not work.behind:
        return work.reason(CONTROL_FLOW, "its handler stays in a thread, where nothing can be awaited", call)
    if site.helper is not None and site.helper.expected_in and shape.how is not How.CALL:
        text = f"{site.helper.expected_in} looks for {site.helper.qualname} among what is handed on"
        return work.reason(REPLACED, text, shape.whole)
    wanted = wanted_next(work, site, shape)
    if wanted is not None:
        return wanted
    overtaken = asked_by_callers(work, site, shape)
    if overtaken is not None:
        return overtaken
    if later := sent_behind(work, site, shape):
        return _plan_in_order(work, names, prefix, site, shape, later)
    if shape.how is How.CALL and _is_delivered(work, shape):
        together = plan_block(work, names, prefix, site, shape, together=True)
        if isinstance(together, TaskPlan):
            return together
    is_set_up = any(work.context.set_up_before(site.span, site.name))
    whole = plan_call(work, names, site, shape) if not is_set_up else None
    if isinstance(whole, TaskPlan):
        return whole
    if site.celery is not None:
        return whole or work.reason(NOT_SENDABLE, "what is handed on cannot be seen", call)
    is_later = shape.how in (How.BACKGROUND, How.FORGOTTEN)
    plan = _plan_handed_on if is_later else plan_block
    block = plan(work, names, prefix, site, shape)
    if isinstance(block, TaskPlan):
        return block
    asked = plan_call(replace(work, asks_first=True), names, site, shape) if not is_set_up else None
    if isinstance(asked, TaskPlan):
        return asked
    if block.code == RESULT_USED and shape.how is How.CALL:
        longer = _plan_with_more(work, names, prefix, site, shape)
        if isinstance(longer, TaskPlan):
            return longer
    is_grown = is_later and whole is not None and whole.code == block.code == NOT_SENDABLE
    # what uses the result could go along, if only all of it could be sent
    is_used = whole is not None and whole.code == RESULT_USED and shape.how is How.CALL
    goes_along = is_used and block.code == NOT_SENDABLE
    why = block if whole is None or is_grown or goes_along else whole
    if is_later or why.code != RESULT_USED or names.results == "offload":
        return why
    answer = plan_answer(work, names, site, shape)
    return replace(why, hint=answer.text) if isinstance(answer, Reason) else answer


def _plan_in_order(
    work: Work, names: TaskNames, prefix: str, site: SlowSite, shape: Shape, later: Sequence[Span]
) -> TaskPlan | Reason:
    """One task for it and the requests behind it."""
    run = together(work, shape, later) if shape.how is How.CALL else None
    found = plan_run(work, names, prefix, site, run, shape) if run is not None else None
    if isinstance(found, TaskPlan) and all(_is_covered(span, [found]) for span in later):
        return found
    return out_of_order(work, site, shape, later)


def _plan_with_more(
    work: Work, names: TaskNames, prefix: str, site: SlowSite, shape: Shape
) -> TaskPlan | Reason | None:
    """One task for it and the work on the same files behind it."""
    run = worked_on_behind(work, _run(work, shape))
    return plan_run(work, names, prefix, site, run, shape) if run is not None else None


def _is_delivered(work: Work, shape: Shape) -> bool:
    """Is it made for something that is delivered behind it?"""
    return bool(delivered_behind(work, _run(work, shape)))


def _run(work: Work, shape: Shape) -> Run:
    return run_of(work.file, work.function, work.file.statement(shape.whole))


def _plan_handed_on(
    work: Work, names: TaskNames, prefix: str, site: SlowSite, shape: Shape
) -> TaskPlan | Reason:
    """The statements that make what cannot be sent move along."""
    if site.inner is not None:
        carriers = run_of_call(work, shape)
        placed = in_place(work, site, shape, carriers) if isinstance(carriers, Run) else carriers
        if placed is None or isinstance(placed, Reason):
            return placed or work.reason(RESULT_USED, "its result is used", shape.whole)
        handed_on = HandedOn(shape, is_awaited=False)
        return plan_run(placed[0], names, prefix, site, placed[1], shape, handed_on)
    changed = unwrapped(work, site, shape)
    if changed is None:
        return work.reason(NOT_SENDABLE, "what is handed on cannot be seen", shape.whole)
    return plan_block(changed[0], names, prefix, *changed[1:])


def _overlaps(plan: TaskPlan, others: Sequence[TaskPlan]) -> bool:
    return any(
        one.contains(two) or two.contains(one)
        for other in others
        for one in plan.covered
        for two in other.covered
    )


def _is_covered(span: Span, plans: Sequence[TaskPlan]) -> bool:
    return any(covered.contains(span) for plan in plans for covered in plan.covered)
