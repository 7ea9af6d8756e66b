"""A handler that stays `def` cannot await: it queues its last work behind the response.

def register(user: UserIn, db: Session = Depends(get_db)):
    ...
    send_welcome(user.email)        ->    background_tasks.add_task(send_welcome_task.kiq, user.email)
    return user
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from ..analysis.nodes import walk
from ..analysis.scopes import parameter_names
from ..analysis.syntax import last_name, span_of
from ..model import AddParameter, Code, ImportNeed, slot
from .finding.work import Work
from .sites import TaskPlan

_NAME = "background_tasks"
_CLASS = "BackgroundTasks"


def behind_of(work: Work) -> str:
    """The parameter with the background tasks; the one that is added where there is none.

    Empty where there can be none: others call the handler as well, or its answer brings tasks of its own.
    """
    own = _given(work)
    if own:
        return own
    has_place = bool(work.function.args.args) and not work.function.args.posonlyargs
    is_free = _NAME not in work.locals and work.context.module_name(_NAME) is None
    brings = any(isinstance(node, ast.keyword) and node.arg == "background" for node in walk(work.function))
    return _NAME if has_place and is_free and not brings and not work.is_called else ""


def with_behind(work: Work, plans: Sequence[TaskPlan]) -> tuple[TaskPlan, ...]:
    """The plans; the last one also brings the parameter that they use."""
    if not plans or not work.behind or work.behind in parameter_names(work.function.args):
        return tuple(plans)
    code = Code(f"{work.behind}: {slot(0)}", (ImportNeed("fastapi", _CLASS),))
    first = work.function.args.args[0].arg
    edit = AddParameter(span_of(work.function), code, first)
    return (*plans[:-1], replace(plans[-1], edits=(*plans[-1].edits, edit)))


def _given(work: Work) -> str:
    arguments = (*work.function.args.args, *work.function.args.kwonlyargs)
    return next((a.arg for a in arguments if a.annotation and last_name(a.annotation) == _CLASS), "")
