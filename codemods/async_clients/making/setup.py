"""The statements below the one that makes a client, and set it up: `session.headers["X-Key"] = KEY`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...analysis.syntax import FileSyntax, span_of
from ..objects.client_object import ClientObject, Holder
from ..twin import NoTwinError


def setup_of(
    file: FileSyntax,
    block: Sequence[ast.stmt],
    statement: ast.Assign | ast.AnnAssign,
    holder: Holder,
    client: ClientObject,
    what: str,
) -> tuple[ast.stmt, ...]:
    """The statements directly below that only set the client up; it must not be set up anywhere else."""
    target = file.source(target_of(statement))
    found: list[ast.stmt] = []
    for following in block[block.index(statement) + 1 :]:
        if not _starts_with(file, following, target):
            break
        found.append(following)
    inside = [span_of(each) for each in found]
    for path, span in client.reads:
        if path != file.path or not any(each.contains(span) for each in inside):
            raise NoTwinError(f"{what} is set up in several places ({path}:{span.line})")
    return tuple(found)


def _starts_with(file: FileSyntax, statement: ast.stmt, target: str) -> bool:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return file.source(statement.targets[0]).startswith((f"{target}.", f"{target}["))
    return isinstance(statement, ast.Expr) and file.source(statement).startswith(f"{target}.")


def target_of(statement: ast.Assign | ast.AnnAssign) -> ast.expr:
    return statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
