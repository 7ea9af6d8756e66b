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
_STARTS = words("loop_forever loop_start run_polling start start_http_server start_polling")


def starts(view: View, body: Iterable[ast.stmt]) -> Iterator[ast.Call]:
    """`uvicorn.run(app)`, `scheduler.start()`: something begins to run on its own, and a second one where this
    runs again."""
    for statement in body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and _starts(view, call):
            yield call


def _starts(view: View, call: ast.Call) -> bool:
    if last_name(call.func) in _SERVE:
        return view.external(call.func).partition(".")[0] in _SERVERS
    return last_name(call.func) in _STARTS and not view.functions_run(call)


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
