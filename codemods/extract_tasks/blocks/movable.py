"""Which statements may go along with slow work, and run after those that stay between them."""

from __future__ import annotations

import ast

from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ..finding.work import Work, called
from ..sites import ValueKind
from ..words import STOPWATCHES
from .runs import Run, mentions

_SIMPLE = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Expr,
    ast.With,
    ast.If,
    ast.For,
    ast.Import,
    ast.ImportFrom,
)


def prepares(work: Work, statement: ast.stmt, *, with_steps: bool = True) -> bool:
    """Whether it may move: it only builds, or is a step, and nothing in it fails for the client."""
    if not isinstance(statement, _SIMPLE):
        return False
    for node in walk(statement):
        if isinstance(node, ast.Await) and not (
            work.reads_upload(node) or work.keeps(node.value) or (with_steps and work.awaits_step(node))
        ):
            return False
        if isinstance(node, (ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)):
            return False
        if (
            isinstance(node, ast.Call)
            and not (work.is_slow(node) or (with_steps and work.step(node) is not None))
            and work.runs_project_code(node)
        ):
            return False
    return True


def may_wait(work: Work, run: Run) -> bool:
    """Whether the moved statements may run after those that stay between them."""
    for staying in run.staying:
        position = span_of(staying)
        early = [s for s in run.moved if span_of(s) < position]
        bound = {
            n.id
            for s in early
            for n in ast.walk(s)
            if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
        }
        read = {n.id for s in early for n in ast.walk(s) if isinstance(n, ast.Name)} & work.locals
        written = {
            n.id for n in ast.walk(staying) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
        }
        if mentions(staying, bound) or written & read or any(map(starts_stopwatch, early)):
            return False
        if any(work.has_step(s) or asks_database(work, s) for s in early) and any(
            isinstance(n, ast.Call) and not work.is_cheap_call(n) for n in walk(staying)
        ):
            return False
        shared = {n for n in read if mentions(staying, {n})}
        if any(not _is_fixed(work, n, staying) for n in shared):
            return False
    return True


def starts_stopwatch(statement: ast.AST) -> bool:
    """`start = perf_counter()`, which measures what comes next, and counts from a moment of its machine."""
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and called(value) in STOPWATCHES


def asks_database(work: Work, statement: ast.stmt) -> bool:
    calls = (n for n in walk(statement) if isinstance(n, ast.Call) and not work.is_slow(n))
    return any(work.context.works_on_database(span_of(call)) for call in calls)


def _is_fixed(work: Work, name: str, statement: ast.stmt) -> bool:
    """Whether the statement only reads fields of the object, or the object cannot change."""
    if work.types.name(name) is not None and work.context.kind(name) is ValueKind.SCALAR:
        return True
    names = [n for n in walk(statement) if isinstance(n, ast.Name) and n.id == name]
    return all(_only_reads_field(work, n) for n in names)


def _only_reads_field(work: Work, name: ast.Name) -> bool:
    field = work.file.parents[name]
    if not isinstance(field, ast.Attribute) or not isinstance(field.ctx, ast.Load):
        return False
    above = work.file.parents[field]
    return not (isinstance(above, ast.Call) and above.func is field)
