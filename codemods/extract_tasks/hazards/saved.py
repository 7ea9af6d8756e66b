"""Is an object of the database there, as it is here, when a task loads it again?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from ...analysis.scopes import parameter_names
from ...analysis.syntax import last_name, span_of
from ...model import Reason
from ..finding.work import Work, called
from ..sites import COMMIT_AFTER, MUTATES, ORM_OBJECT
from .objects import root_of

_REMOVES = re.compile(r"(^|_)(delete|remove|purge|expunge|destroy)(_|$)")
_SAVES = ("commit", "refresh")


def not_saved(work: Work, name: str, node: ast.expr) -> Reason | None:
    """Why the object of that name, as it is at `node`, may not be what a task finds."""
    return next(_reasons(work, name, node), None)


def _reasons(work: Work, name: str, node: ast.expr) -> Iterator[Reason]:
    place = span_of(node)[:2]
    calls = [part for part in work.frame if isinstance(part, ast.Call)]
    saved = [span_of(call)[:2] for call in calls if called(call) in _SAVES and span_of(call)[:2] < place]
    values = list(_values(work, name))
    if name in parameter_names(work.function.args):
        if not work.is_handler or values:
            yield work.reason(ORM_OBJECT, f"where {name} comes from cannot be told", node)
    elif len(values) != 1:
        yield work.reason(ORM_OBJECT, f"{name} is set more than once", node)
    elif _is_made(values[0]) and not any(span_of(values[0])[:2] < save for save in saved):
        yield work.reason(COMMIT_AFTER, f"{name} is not saved yet", node, "commit before the slow work")
    if not (work.context.is_present(name, span_of(node)) or _is_asked_for(work, name, node)):
        yield work.reason(ORM_OBJECT, f"{name} may be None, which has no key", node)
    for part in work.frame:
        if isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load) and root_of(part) == name:
            changed = span_of(part)[:2]
            if changed > place:
                yield work.reason(MUTATES, f"{name} is changed after the slow work", part)
            if not any(changed < save for save in saved):
                text = f"{name} is changed, and the change is not committed yet"
                yield work.reason(COMMIT_AFTER, text, part, "commit before the slow work")
    gone = next((call for call in calls if _REMOVES.search(last_name(call.func))), None)
    if gone is not None:
        text = f"{name} may be gone when the task runs: {ast.unparse(gone.func)}()"
        yield work.reason(ORM_OBJECT, text, gone)


def _is_asked_for(work: Work, name: str, node: ast.expr) -> bool:
    """`if user:` around it; a name that is set once stays what it is."""
    chain = [node, *work.file.above(node)]
    return any(
        isinstance(above, ast.If)
        and below in above.body
        and ast.unparse(above.test) in (name, f"{name} is not None")
        for below, above in pairwise(chain)
    )


def _values(work: Work, name: str) -> Iterator[ast.expr]:
    for part in work.frame:
        if isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load):
            above = work.file.parents[part]
            is_value = isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is not None
            yield above.value if is_value else part  # type: ignore[attr-defined]


def _is_made(value: ast.expr) -> bool:
    """`User(..)`, or what is no call of a session or of the project."""
    return not isinstance(value, ast.Call) or called(value)[:1].isupper()
