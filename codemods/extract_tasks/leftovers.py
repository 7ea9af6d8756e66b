"""What nothing uses any more when the work has moved: `background: BackgroundTasks`, an injected service."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..model import Edit, RemoveParameter, ReplaceExpression, ReplaceStatements
from .finding.work import Work
from .sites import TaskPlan, ValueKind


def without_leftovers(work: Work, plans: Sequence[TaskPlan]) -> tuple[TaskPlan, ...]:
    """The plans; the last one also takes away parameters that FastAPI would fill for nothing."""
    if not plans or not work.is_handler or work.is_called:
        return tuple(plans)
    arguments = work.function.args
    names = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
    edits = tuple(
        RemoveParameter(span_of(work.function), name) for name in names if _is_left(work, plans, name)
    )
    return (*plans[:-1], replace(plans[-1], edits=(*plans[-1].edits, *edits)))


def _is_left(work: Work, plans: Sequence[TaskPlan], name: str) -> bool:
    is_background = (
        work.context.kind(name) is ValueKind.REQUEST and _annotation(work, name) == "BackgroundTasks"
    )
    if not is_background and work.context.maker(name) is None:
        return False
    uses = [n for statement in work.function.body for n in walk(statement) if _is(n, name)]
    return bool(uses) and all(_goes(plans, use, name) for use in uses) and not _has_comment(work, name)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _annotation(work: Work, name: str) -> str:
    for argument in (*work.function.args.args, *work.function.args.kwonlyargs):
        if argument.arg == name and isinstance(argument.annotation, (ast.Name, ast.Attribute)):
            return ast.unparse(argument.annotation).rpartition(".")[2]
    return ""


def _goes(plans: Sequence[TaskPlan], use: ast.AST, name: str) -> bool:
    """`background.add_task(x_task.kiq, ..)` stays, and needs it."""
    for plan in plans:
        if any(span.contains(span_of(use)) for span in plan.covered):
            return not any(_needs(edit, name) for edit in plan.edits)
    return False


def _needs(edit: Edit, name: str) -> bool:
    if isinstance(edit, ReplaceStatements):
        return edit.code.text.startswith(f"{name}.")
    return isinstance(edit, ReplaceExpression) and not edit.code.text.startswith("await ")


def _has_comment(work: Work, name: str) -> bool:
    """A comment in the lines of the parameter, or right above, would be about it."""
    lines = work.file.text.splitlines()
    for argument in (*work.function.args.args, *work.function.args.kwonlyargs):
        if argument.arg == name:
            end = argument.end_lineno or argument.lineno
            return any("#" in line for line in lines[max(argument.lineno - 2, 0) : end])
    return False
