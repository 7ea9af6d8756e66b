"""What the handler does with its session beside slow work, and a task with one that it opens: it stores what
was made, and reads with a sync one, or hands it to what sends.

pdf = make_pdf(user.name)                         await make_report_task.kiq(user.name, user.id)
db.add(Report(user_id=user.id, content=pdf))  ->
db.commit()
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ..finding.work import Work, called
from ..sent.opened import Opened
from .runs import Run


def session_of(work: Work, run: Run) -> str:
    """The session with which a task can do what the run does, if there is one; else nothing."""
    names = [n for n in run.nodes if isinstance(n, ast.Name) and n.id in run.region.live_in]
    found = {name.id: work.own_session(name.id) for name in names}
    sessions = {name: opened for name, opened in found.items() if opened is not None}
    if len(sessions) != 1:
        return ""
    (name, opened), *_ = sessions.items()
    if not opened.is_async:
        return name if is_sync(work, run, opened) and not _leaves_open(work, run) else ""
    uses = [each for each in names if each.id == name]
    is_whole = work.inner is None and all(work.keeps(_call_on(work, use)) for use in uses)
    return name if is_whole and _commits(name, run) else ""


def is_sync(work: Work, run: Run, opened: Opened) -> bool:
    """Does the task, as its session, await nothing?"""
    return not (opened.is_async or work.awaits(run.frame) or work.to_await(run.nodes))


def _leaves_open(work: Work, run: Run) -> bool:
    """Is something that it changes committed by nobody in it?"""
    calls = [node for node in run.nodes if isinstance(node, ast.Call)]
    commits = [span_of(call)[:2] for call in calls if called(call) == "commit"]
    changes = [
        call for call in calls if called(call) != "commit" and work.context.changes_rows(span_of(call))
    ]
    return work.inner is None and any(not any(span_of(c)[:2] < at for at in commits) for c in changes)


def _call_on(work: Work, name: ast.Name) -> ast.AST:
    """`db.add(report)` for the name `db`."""
    method = work.file.parents[name]
    call = work.file.parents[method]
    return call if isinstance(call, ast.Call) and call.func is method else name


def _commits(name: str, run: Run) -> bool:
    """Does all that it adds get there, whatever it does behind?"""
    added = [n for n in run.nodes if _is(n, name, ("add", "add_all", "flush"))]
    saved = [n for s in run.moved if isinstance(s, ast.Expr) for n in walk(s) if _is(n, name, ("commit",))]
    positions = [(n.lineno, n.col_offset) for n in saved if isinstance(n, ast.Call)]
    return bool(positions) and all(
        isinstance(n, ast.Call) and (n.lineno, n.col_offset) < positions[-1] for n in added
    )


def stored_behind(work: Work, run: Run) -> list[ast.stmt]:
    """The statements behind a run that adds something which commit it; none where nobody does."""
    added = [n for n in run.nodes if isinstance(n, ast.Call) and work.keeps(n)]
    name = _owner(added[-1]) if added else ""
    if not name or any(_is(n, name, ("commit",)) for n in added):
        return []
    found: list[ast.stmt] = []
    for statement in run.block[run.last + 1 :]:
        call = _only_call(statement)
        if call is None or not work.keeps(call) or _owner(call) != name:
            continue
        found.append(statement)
        if _is(call, name, ("commit",)):
            return found
    return []


def kept_between(work: Work, users: Sequence[ast.stmt], after: Sequence[ast.stmt]) -> list[ast.stmt]:
    """`db.commit()` between `db.add(report)` and `db.refresh(report)`, which go together."""
    kept = [s for s in users if work.keeps(_only_call(s))]
    if len(kept) < 2:
        return []
    start, end = span_of(kept[0]), span_of(kept[-1])
    between = [s for s in after if start < span_of(s) < end and not any(s is user for user in users)]
    return [s for s in between if work.keeps(_only_call(s))]


def _only_call(statement: ast.stmt) -> ast.Call | None:
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return value if isinstance(value, ast.Call) else None


def _is(node: ast.AST, name: str, methods: tuple[str, ...]) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in methods
        and _owner(node) == name
    )


def _owner(call: ast.AST) -> str:
    method = call.func if isinstance(call, ast.Call) else None
    owner = method.value if isinstance(method, ast.Attribute) else None
    return owner.id if isinstance(owner, ast.Name) else ""
