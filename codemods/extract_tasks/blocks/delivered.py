"""What is delivered, or done next, behind a file that slow work makes: one task does both.

make_report(path)                    ->    await send_report_task.kiq(path, user.email)
send_mail(user.email, path)

Two tasks would do them in any order, and deliver what could not be made.
"""

from __future__ import annotations

import ast

from ...analysis.syntax import span_of
from ..finding.work import Work
from ..words import FILE_KINDS, TELLING_KINDS
from .movable import may_wait, prepares
from .runs import Run, mentions


def delivered_behind(work: Work, run: Run) -> list[ast.stmt]:
    """The statements behind a run that makes a file which deliver something, and those up to them that work
    on what it works with; none where they must stay."""
    if work.inner is not None or not any(run.holds(s.span) for s in work.slow if s.category in FILE_KINDS):
        return []
    after = run.block[run.last + 1 :]
    delivering = [s for s in after if _delivers(work, s)]
    if not delivering:
        return []
    names = {node.id for node in run.nodes if isinstance(node, ast.Name)} & work.locals
    wanted = [s for s in after[: after.index(delivering[-1]) + 1] if s in delivering or mentions(s, names)]
    return wanted if all(prepares(work, statement) for statement in wanted) else []


def worked_on_behind(work: Work, run: Run) -> Run | None:
    """`make_thumbnail(path)`, `add_watermark(path)`: the run with more work on the same files."""
    names = {node.id for node in run.nodes if isinstance(node, ast.Name)} & work.locals
    more = [s for s in run.block[run.last + 1 :] if _works_on_files(work, s) and mentions(s, names)]
    grown = run.with_statements(more)
    is_whole = all(prepares(work, statement) for statement in grown.moved) and may_wait(work, grown)
    return grown if more and is_whole else None


def _works_on_files(work: Work, statement: ast.stmt) -> bool:
    around = span_of(statement)
    return any(around.contains(site.span) and site.category in FILE_KINDS for site in work.slow)


def _delivers(work: Work, statement: ast.stmt) -> bool:
    around = span_of(statement)
    return any(around.contains(site.span) and site.category in TELLING_KINDS for site in work.slow)
