"""Statements that belong to a run though no name that they bind says so."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...analysis.judge.state.drawing import draws_on_current, is_of_figures
from ...analysis.nodes import walk
from ...model import Reason
from ..finding.work import Work, called, root_name
from ..sites import NOT_IMPORTABLE, SlowSite
from ..words import REMOVES
from .carried import closes_upload
from .runs import Run, blocks_after, mentions


def binds(statement: ast.stmt, name: str) -> bool:
    for node in walk(statement):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name.split(".")[0]) == name:
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name:
            return True
    return False


def made_together(statements: Sequence[ast.stmt], name: str, *, with_parts: bool) -> list[ast.stmt]:
    """What makes and changes a name, and those that are bound beside it: `figure, axes = ..`.

    `with_parts`: and what is a part of it, such as `sheet = book.active`.
    """
    names, seen = {name}, set[str]()
    found: list[ast.stmt] = []
    while names != seen:
        seen = set(names)
        found = [s for s in statements if mentions(s, seen) or any(binds(s, each) for each in seen)]
        assigned = [s for s in found if isinstance(s, ast.Assign)]
        pairs = [t for s in assigned for t in s.targets if isinstance(t, ast.Tuple)]
        beside = [{n.id for n in t.elts if isinstance(n, ast.Name)} for t in pairs]
        names.update(*(each for each in beside if each & seen))
        parts = [s for s in assigned if with_parts and root_name(s.value) in seen]
        names.update(t.id for s in parts for t in s.targets if isinstance(t, ast.Name))
    return found


def removals(work: Work, run: Run) -> list[ast.stmt]:
    """Statements after the run that remove or close something that it reads."""
    read = {n.id for n in run.nodes if isinstance(n, ast.Name)} & work.locals
    read = {name for name in read if work.own_session(name) is None}
    return [
        statement
        for statement in blocks_after(run)
        if any(isinstance(n, ast.Call) and called(n) in REMOVES and _takes(n, read) for n in walk(statement))
        and not closes_upload(work, statement)
    ]


def set_up_for(work: Work, run: Run) -> list[tuple[ast.stmt, str]]:
    """`resend.api_key = KEY` above a run that sends by it: in a worker nobody else does it."""
    sites = (site for site in work.slow if run.holds(site.span))
    found = (each for site in sites for each in work.context.set_up_before(site.span, site.name))
    return list(found)


def drawn_with(work: Work, run: Run) -> list[ast.stmt] | None:
    """What else works on the figures of pyplot, beside a run that draws; None where it does not."""
    steps = [site.span for site in work.slow if is_of_figures(site.name)]
    if not any(_draws(site) and run.holds(site.span) for site in work.slow):
        return None
    calls = (work.file.call(span) for span in steps if not run.holds(span))
    return in_block(work, run, [call for call in calls if call is not None])


def in_block(work: Work, run: Run, nodes: Sequence[ast.AST]) -> list[ast.stmt]:
    """The statements of the run's block that hold them; of what stands elsewhere the own statement."""
    found: list[ast.stmt] = []
    for node in nodes:
        around = [each for each in (node, *work.file.above(node)) if isinstance(each, ast.stmt)]
        whole = next((s for s in around if any(s is own for own in run.block)), around[0])
        if not any(whole is s for s in found):
            found.append(whole)
    return found


def _draws(site: SlowSite) -> bool:
    return draws_on_current(site.name) or any(each.draws and not each.is_async for each in site.helpers)


def is_shared(work: Work) -> bool:
    """On the loop no two requests draw at once; tasks, in the threads of a worker, do."""
    return isinstance(work.function, ast.AsyncFunctionDef)


def shared_figure(work: Work, node: ast.AST) -> Reason:
    text = "it draws on the current figure of pyplot, on which the threads of a worker would draw together"
    return work.reason(NOT_IMPORTABLE, text, node, "hold a figure of your own: figure, axes = plt.subplots()")


def _takes(call: ast.Call, names: set[str]) -> bool:
    return any(mentions(part, names) for part in call.args) or root_name(call.func) in names
