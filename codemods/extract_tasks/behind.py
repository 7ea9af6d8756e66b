"""A handler that stays `def` cannot await: it queues its last work behind the response.

def register(user: UserIn, db: Session = Depends(get_db)):
    ...
    send_welcome(user.email)        ->    background_tasks.add_task(send_welcome_task.kiq, user.email)
    return user
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec.structs import replace

from ..analysis.nodes import walk
from ..analysis.scopes import parameter_names
from ..analysis.syntax import last_name, span_of
from ..frameworks.names import METHODS
from ..model import AddParameter, Code, ImportNeed, Reason, slot
from .blocks.runs import Run
from .finding.handed_on import How, Shape
from .finding.work import Work, called
from .sites import CONTROL_FLOW, TaskPlan, ValueKind

_NAME = "background_tasks"
_CLASS = "BackgroundTasks"


def behind_of(work: Work) -> str:
    """The parameter with the background tasks; the one that is added where there is none.

    Empty where there can be none: others call or wrap the handler, or its answer brings tasks of its own.
    """
    own = _given(work)
    if own:
        return own
    has_place = bool(_place(work)) and not work.function.args.posonlyargs
    is_free = _NAME not in work.locals and work.context.module_name(_NAME) is None
    brings = any(isinstance(node, ast.keyword) and node.arg == "background" for node in walk(work.function))
    decorators = work.function.decorator_list
    is_a_route = bool(decorators) and all(
        map(_registers, decorators)
    )  # Starlette gives nothing but a request
    can_be = has_place and is_free and is_a_route and not brings and not work.is_called
    return _NAME if can_be else ""


def with_behind(work: Work, plans: Sequence[TaskPlan]) -> tuple[TaskPlan, ...]:
    """The plans; the last one also brings the parameter that they use."""
    if not plans or not work.behind or work.behind in parameter_names(work.function.args):
        return tuple(plans)
    code = Code(f"{work.behind}: {slot(0)}", (ImportNeed("fastapi", _CLASS),))
    edit = AddParameter(span_of(work.function), code, _place(work))
    return (*plans[:-1], replace(plans[-1], edits=(*plans[-1].edits, edit)))


def _registers(decorator: ast.expr) -> bool:
    """`@router.post("/x")`; what wraps the handler may have the parameters that it has now."""
    return isinstance(decorator, ast.Call) and last_name(decorator.func) in {*METHODS, "api_route"}


def _named(work: Work) -> list[ast.arg]:
    return [*work.function.args.args, *work.function.args.kwonlyargs]


def _place(work: Work) -> str:
    """Before which parameter one more is written: behind those that have no default, else ahead of all."""
    arguments = work.function.args
    with_default = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    own = [each.arg for each in with_default or _named(work) if each.arg not in ("self", "cls")]
    return own[0] if own else ""


def _given(work: Work) -> str:
    names = (argument.arg for argument in _named(work))
    return next((name for name in names if work.context.kind(name) is ValueKind.BACKGROUND), "")


def more_behind(work: Work, run: Run, shape: Shape) -> Reason | None:
    """Does a handler that can queue only behind the response still do something after the work?"""
    if not work.behind or shape.how is How.BACKGROUND or is_last_effect(work, run):
        return None
    text = "its handler stays in a thread, and does more after it"
    return work.reason(CONTROL_FLOW, text, run.moved[0])


def is_last_effect(work: Work, run: Run) -> bool:
    """Whether nothing but a `return` of what is already there follows."""
    if not work.is_handler:
        return False
    current: Run | None = run
    while current is not None:
        for statement in current.block[current.last + 1 :]:
            if isinstance(statement, ast.Return):
                return statement.value is None or _is_there(work, statement.value)
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


def _is_there(work: Work, value: ast.expr) -> bool:
    """Data, or `JSONResponse(..)` or a model built of it: constructors by their capital letter.

    What is asked for now, or code of the project, may fail, and nothing would be done behind the response.
    """
    nodes = list(walk(value))
    calls = (node for node in nodes if isinstance(node, ast.Call) and not called(node)[:1].isupper())
    return not any(isinstance(node, ast.Await) for node in nodes) and all(
        work.is_cheap_call(call) and not work.context.runs_project_code(span_of(call)) for call in calls
    )
