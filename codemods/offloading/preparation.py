"""What stands directly above a run and is there for the run alone: start values and imports.

count = 0                        def remove_files():
for path in paths:      ->           count = 0
    path.unlink()                    for path in paths:
    count += 1                           path.unlink()
                                         count += 1
                                     return count
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..analysis.flow.runs import region
from ..analysis.nodes import bound_plainly, walk
from .frame import Frame
from .places import bound_by

_EMPTY = frozenset({"dict", "list", "set"})


def with_preparation(
    frame: Frame, above: Sequence[ast.stmt], run: Sequence[ast.stmt]
) -> Iterator[Sequence[ast.stmt]]:
    """The run with more and more of what stands above it, the longest first."""
    start = len(above)
    while (
        start
        and not frame.is_native(above[start - 1])
        and (_is_import(above[start - 1]) or _start_value(above[start - 1]))
    ):
        start -= 1
    if start == len(above):
        return
    facts = region(frame.function, run[0], run[-1])
    written = facts.writes | facts.maybe_writes
    rebound = facts.live_in & written
    for first in range(start, len(above)):
        statement = above[first]
        wanted = facts.live_in if _is_import(statement) else rebound
        bound = _bound(statement)
        own = written if not _is_filled(statement) else written | facts.live_in
        if bound & wanted or (bound & own and _is_only_for(frame, run, statement, bound)):
            yield [*above[first:], *run]


def _is_only_for(frame: Frame, run: Sequence[ast.stmt], statement: ast.stmt, names: set[str]) -> bool:
    """`device = ""`, which a `try` sets in any case, or `found = {}`, which is filled: read nowhere else."""
    inside = {node for part in (*run, statement) for node in walk(part)}
    named = (node for node in walk(frame.function) if isinstance(node, ast.Name) and node.id in names)
    return inside.issuperset(named)


def _is_filled(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
    return isinstance(value, (ast.Dict, ast.List, ast.Call))


def _bound(statement: ast.stmt) -> set[str]:
    return {name for node in walk(statement) for name in bound_by(node)}


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def _start_value(statement: ast.stmt) -> bool:
    """`count = 0`, `found: list[str] = []`, `path = DEFAULT_PATH`."""
    bound = bound_plainly(statement)
    return bool(bound) and all(isinstance(target, ast.Name) and _is_start(value) for target, value in bound)


def _is_start(value: ast.expr) -> bool:
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.operand, ast.Constant)
    if isinstance(value, ast.Name):
        return value.id.isupper()
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, (ast.List, ast.Tuple)):
        return not value.elts
    if isinstance(value, ast.Call):
        return (
            isinstance(value.func, ast.Name)
            and value.func.id in _EMPTY
            and not value.args
            and not value.keywords
        )
    return isinstance(value, ast.Constant)
