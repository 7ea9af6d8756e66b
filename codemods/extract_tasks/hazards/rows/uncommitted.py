"""What a task would look for in the database before it is there.

user = User(email=to)                         await send_welcome_task.kiq(to)     # told all that it needs
db.add(user)                        ->        run_in_threadpool(add_to_report)    # looks it up: stays
send_welcome(to); add_to_report()
db.commit()
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator

from ....analysis.syntax import outline, span_of
from ....model import Reason, Span
from ...blocks.parameters import Inputs
from ...blocks.runs import Run
from ...finding.work import Work, root_name
from ...sites import COMMIT_AFTER, SlowSite, ValueKind
from ...words import SESSION_WRITES, TELLING_KINDS
from ..order.ways import comes_to, step_at

_NEVER = (sys.maxsize, 0)


def looks_up(sites: Iterable[SlowSite]) -> bool:
    """May any of it read the database, or leave what the next request looks at? Who is only told something
    gets it before the transaction ends, as ever."""
    return any(
        site.category not in TELLING_KINDS or any(helper.process_state for helper in site.helpers)
        for site in sites
    )


def uncommitted(work: Work, run: Run, _: Inputs | None = None) -> Iterator[Reason]:
    """A task must not start before what it is about is committed."""
    places = run.spans if work.inner is None else work.inner.carriers
    start, end = places[0][:2], places[-1][2:]
    place = step_at(work.file, run.moved[0], start)
    left = _left_at(work, run) if work.inner is None else _NEVER
    written: ast.Call | None = None
    for node in work.frame:
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Attribute)
            or run.holds(span_of(node))
        ):
            continue
        root = root_name(node.func)
        is_session = work.context.kind(root) is ValueKind.SESSION if root else False
        if node.func.attr == "commit" and not node.args:
            at = span_of(node)[:2]
            if end <= at and not comes_to(place, step_at(work.file, node, at)):
                continue
            if end <= at < left:
                yield work.reason(
                    COMMIT_AFTER, "the transaction is committed after the slow work", node, "commit first"
                )
            elif written is not None and span_of(node) > span_of(written):
                written = None
        elif node.func.attr in SESSION_WRITES and is_session and span_of(node)[:2] < start:
            written = node if comes_to(step_at(work.file, node, span_of(node)[2:]), place) else written
    if written is not None and not _has_own_sessions(work, run):  # else `open_change` tells
        text = f"{ast.unparse(written.func)}() is not committed yet when the task would start"
        yield work.reason(COMMIT_AFTER, text, written, "commit before the slow work")


def unseen(work: Work, run: Run, _: Inputs | None = None) -> Iterator[Reason]:
    """Statements that look at the database must find there what has been changed before them."""
    calls = (node for node in run.nodes if isinstance(node, ast.Call))
    if _has_own_sessions(work, run) or any(work.context.works_on_database(span_of(call)) for call in calls):
        places = run.spans if work.inner is None else work.inner.carriers
        found = open_change(work, places[-1], run.holds)
        yield from [found] if found is not None else []


def _has_own_sessions(work: Work, run: Run) -> bool:
    sites = (site for site in work.slow if run.holds(site.span))
    return any(helper.process_state for site in sites for helper in site.helpers)


def open_change(work: Work, place: Span, moves: Callable[[Span], bool] = lambda span: False) -> Reason | None:
    """Why a task that is queued there may not find what the function, or who calls it, has changed."""
    changed = work.context.open_change(place, moves)
    if changed is None:
        return work.waiting()
    text = f"{outline(changed)} may not be committed yet when the task looks at the database"  # type: ignore[arg-type]
    return work.reason(COMMIT_AFTER, text, changed, "commit before the slow work")


def _left_at(work: Work, run: Run) -> tuple[int, int]:
    """Where the function returns or raises behind the run: it does not come to what stands below."""
    above = list(work.file.above(run.moved[0]))
    if any(getattr(node, "finalbody", ()) for node in above):
        return _NEVER
    handlers = [handler for node in above for handler in getattr(node, "handlers", ())]
    leaves = (ast.Return, ast.Raise) if all(map(_only_leaves, handlers)) else (ast.Return,)
    behind = (statement for statement in run.block[run.last + 1 :] if isinstance(statement, leaves))
    return next((span_of(statement)[2:] for statement in behind), _NEVER)


def _only_leaves(handler: ast.ExceptHandler) -> bool:
    """What is raised comes out of it, and nothing is committed on the way."""
    commits = any(isinstance(node, ast.Attribute) and node.attr == "commit" for node in ast.walk(handler))
    return isinstance(handler.body[-1], (ast.Return, ast.Raise)) and not commits
