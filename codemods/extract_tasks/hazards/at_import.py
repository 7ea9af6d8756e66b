"""What runs of a file when it is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ...analysis.nodes import walk
from ...analysis.syntax import last_name
from ...analysis.view import View
from ..words import words

_SERVERS = words("granian hypercorn uvicorn")
_SERVE = words("run serve")


def starts_server(view: View) -> bool:
    """`uvicorn.run(app)`, with no main guard around it."""
    return any(
        last_name(call.func) in _SERVE and view.external(call.func).partition(".")[0] in _SERVERS
        for statement in run_at_import(view.file.tree.body)
        for call in calls_of(statement)
    )


def calls_of(statement: ast.stmt) -> Iterator[ast.Call]:
    """Those that run with the statement."""
    if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)):
        yield from (node for node in walk(statement) if isinstance(node, ast.Call))


def run_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, (ast.Try, ast.With)):
            yield from run_at_import(statement.body)
        elif isinstance(statement, ast.If):
            if "__name__" not in ast.unparse(statement.test):
                yield from run_at_import((*statement.body, *statement.orelse))
        else:
            yield statement
