"""What waits for a coroutine: `await send(to)`, `asyncio.run(send(to))`."""

from __future__ import annotations

import ast

from ...analysis.syntax import FileSyntax

RUNNERS = frozenset({"asyncio.run", "uvloop.run", "asyncio.AbstractEventLoop.run_until_complete"})
"""What waits for a coroutine on a loop of its own."""


def waited_for(file: FileSyntax, call: ast.Call) -> ast.expr:
    """`await send(to)`, `asyncio.run(send(to))`: the call with what waits for its coroutine."""
    above = file.parents[call]
    if isinstance(above, ast.Await):
        return above
    is_run = isinstance(above, ast.Call) and ast.unparse(above.func) in RUNNERS and above.args == [call]
    return above if is_run and not above.keywords else call  # type: ignore[attr-defined, return-value]
