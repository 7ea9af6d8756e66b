"""A name is local because its function binds it: a binding that moves must not turn a local into a global."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from ..analysis.nodes import walk
from ..analysis.scopes import local_names, names_in, parameter_names
from ..analysis.syntax import span_of
from ..model import Edit, ExtractToThread
from .frame import Frame, Refusal
from .places import bound_by


def lost_local(frame: Frame, edits: Sequence[Edit]) -> Refusal | None:
    """A local that is read although nothing in the function binds it any more.

    def h():                        async def h():
        note(total)                     note(total)  # not an UnboundLocalError: the `total` of the module
        for row in rows:                await run_in_threadpool(..)
            total = load(row)
    """
    taken = [edit for edit in edits if isinstance(edit, ExtractToThread)]
    runs: list[list[ast.AST]] = [[] for _ in taken]
    around: list[ast.AST] = []
    outside: list[ast.AST] = []

    def sort(nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            span = span_of(node) if isinstance(node, ast.stmt) else None
            own = [
                run for edit, run in zip(taken, runs, strict=True) if span and edit.first <= span <= edit.last
            ]
            if own:
                own[0].append(node)
            elif any(_surrounds(node, edit) for edit in taken):
                around.append(node)
                sort(ast.iter_child_nodes(node))
            else:
                outside.append(node)

    sort(frame.function.body)
    stays, moved = names_in(outside), [names_in(run) for run in runs]
    bound = stays.bound.union(
        parameter_names(frame.function.args),
        *(bound_by(node) for node in around),
        *(edit.results for edit in taken),
    )
    read = stays.read | stays.free
    read = read.union(*((names.read | names.free) - names.bound for names in moved))
    for name in sorted(read & local_names(frame.function) - bound):
        return Refusal(f"reads {name}, which nothing would bind any more", frame.function)
    return None


def _surrounds(node: ast.AST, edit: ExtractToThread) -> bool:
    return any(isinstance(part, ast.stmt) and span_of(part) == edit.first for part in walk(node))
