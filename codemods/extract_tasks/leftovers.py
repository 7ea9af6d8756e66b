"""What nothing uses any more when the work has moved: `background: BackgroundTasks`, an injected service, a
session, the `loop` that ran it in a thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from ..analysis.nodes import bound_alone, given_to, walk
from ..analysis.syntax import span_of
from ..model import Code, Edit, RemoveParameter, ReplaceCall, ReplaceExpression, ReplaceStatements, Span
from .finding.work import Work, called
from .sites import TaskPlan, ValueKind

_LOOPS = frozenset({"get_event_loop", "get_running_loop"})


def without_leftovers(work: Work, plans: Sequence[TaskPlan]) -> tuple[TaskPlan, ...]:
    """The plans; the last one also takes away parameters that FastAPI would fill for nothing."""
    if not plans:
        return ()
    gone = list(_objects(work, plans))
    edits: list[Edit] = [*_loops(work, plans), *(ReplaceStatements(each, each, Code("")) for each in gone)]
    if work.is_handler and not work.is_called:
        arguments = work.function.args
        names = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
        if work.behind and work.behind not in names:
            names = names[1:]  # the parameter that is added goes before the first one
        edits += [
            RemoveParameter(span_of(work.function), name)
            for name in names
            if _is_left(work, plans, name, gone)
        ]
    return (*plans[:-1], replace(plans[-1], edits=(*plans[-1].edits, *edits)))


def _loops(work: Work, plans: Sequence[TaskPlan]) -> Iterator[Edit]:
    """`loop = asyncio.get_running_loop()`, of which all uses move."""
    for node in work.frame:
        target, made = bound_alone(node)
        if not isinstance(target, ast.Name) or not isinstance(made, ast.Call) or called(made) not in _LOOPS:
            continue
        uses = [n for n in walk(work.function) if _is(n, target.id) and n is not target]
        is_commented = "#" in work.file.comments_above(target) + work.file.line(target.lineno)
        if uses and not is_commented and all(_goes(plans, use, target.id) for use in uses):
            yield ReplaceStatements(span_of(node), span_of(node), Code(""))


def _objects(work: Work, plans: Sequence[TaskPlan]) -> Iterator[Span]:
    """`mailer = Mailer(db)`, of which nothing is called but what becomes a task."""
    covered = [span for plan in plans if plan.sent is None for span in plan.covered]
    methods = {helper.qualname.rpartition(".")[2] for site in work.slow for helper in site.helpers}
    for node in work.frame:
        target, made = bound_alone(node)
        if not isinstance(target, ast.Name) or not isinstance(made, ast.Call):
            continue
        made_with = (n for n in walk(made) if isinstance(n, ast.Name))
        if not any(work.own_session(name.id) is not None for name in made_with):
            continue
        uses = [n for n in walk(work.function) if _is(n, target.id) and n is not target]
        called_in = [span for span in covered if any(span.contains(span_of(use)) for use in uses)]
        is_commented = "#" in work.file.comments_above(target) + work.file.line(target.lineno)
        are_called = all(getattr(work.file.parents[use], "attr", "") in methods for use in uses)
        if uses and are_called and len(called_in) == len(uses) and not is_commented:
            yield span_of(node)


def _is_left(work: Work, plans: Sequence[TaskPlan], name: str, gone: Sequence[Span]) -> bool:
    is_background = work.context.kind(name) is ValueKind.BACKGROUND
    is_session = work.own_session(name) is not None
    if not (is_background or is_session or work.context.maker(name) is not None):
        return False
    named = [n for statement in work.function.body for n in walk(statement) if _is(n, name)]
    uses = [use for use in named if not any(span.contains(span_of(use)) for span in gone)]
    if is_session and any(_is_asked(work, plans, use) for use in uses):
        return False
    return bool(named) and all(_goes(plans, use, name) for use in uses) and not _has_comment(work, name)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _goes(plans: Sequence[TaskPlan], use: ast.AST, name: str) -> bool:
    """`background.add_task(x_task.kiq, ..)` stays, and needs it."""
    for plan in plans:
        if any(span.contains(span_of(use)) for span in plan.covered):
            return not any(_needs(edit, name) for edit in plan.edits)
    return False


def _is_asked(work: Work, plans: Sequence[TaskPlan], session: ast.AST) -> bool:
    """`send(db.get(User, user_id).email)`: the function asks, and sends what it got."""
    spans = [span for plan in plans if plan.sent is None for span in plan.covered]
    below, above = session, work.file.parents[session]
    while any(span.contains(span_of(above)) for span in spans):
        value = below.value if isinstance(below, ast.keyword) else below
        if isinstance(above, ast.Call) and value in given_to(above) and value is not session:
            return True
        below, above = above, work.file.parents[above]
    return False


def _needs(edit: Edit, name: str) -> bool:
    if isinstance(edit, ReplaceStatements):
        return edit.code.text.startswith(f"{name}.")
    if isinstance(edit, ReplaceCall):
        return edit.callee.text.startswith(f"{name}.")
    return isinstance(edit, ReplaceExpression) and not edit.code.text.startswith("await ")


def _has_comment(work: Work, name: str) -> bool:
    """A comment in the lines of the parameter, or right above, would be about it."""
    lines = work.file.text.splitlines()
    for argument in (*work.function.args.args, *work.function.args.kwonlyargs):
        if argument.arg == name:
            end = argument.end_lineno or argument.lineno
            return any("#" in line for line in lines[max(argument.lineno - 2, 0) : end])
    return False
