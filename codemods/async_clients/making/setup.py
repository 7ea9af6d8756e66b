"""The statements below the one that makes a client, and set it up.

session.headers["X-Key"] = KEY
if token:
    session.headers["Authorization"] = f"Bearer {token}"
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from ...analysis.nodes import bound_plainly
from ...analysis.syntax import FileSyntax, span_of
from ..objects.client_object import ClientObject
from ..twin import NoTwinError


def setup_of(
    file: FileSyntax,
    block: Sequence[ast.stmt],
    statement: ast.Assign | ast.AnnAssign,
    client: ClientObject,
    what: str,
) -> tuple[ast.stmt, ...]:
    """The statements directly below that only set the client up; it must not be set up anywhere else."""
    target = file.source(bound_plainly(statement)[0][0])
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


def simple(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """What sets the client up, those in the branches of an `if` by themselves."""
    for each in statements:
        if isinstance(each, ast.If):
            yield from simple((*each.body, *each.orelse))
        else:
            yield each


def _starts_with(file: FileSyntax, statement: ast.stmt, target: str) -> bool:
    if isinstance(statement, ast.If):
        branches = all(_starts_with(file, each, target) for each in (*statement.body, *statement.orelse))
        asks = any(file.source(node) == target for node in ast.walk(statement.test) if _is_name(node))
        return branches and not asks
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return file.source(statement.targets[0]).startswith((f"{target}.", f"{target}["))
    return isinstance(statement, ast.Expr) and file.source(statement).startswith(f"{target}.")


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute))
