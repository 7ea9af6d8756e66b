"""What waits for a coroutine: `await send(to)`, `asyncio.run(send(to))`."""

from __future__ import annotations

import ast
from itertools import takewhile

from ...analysis.nodes import bound_plainly, walk
from ...analysis.scopes import own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, last_name

RUNNERS = frozenset({"asyncio.run", "uvloop.run", "asyncio.AbstractEventLoop.run_until_complete"})
"""What waits for a coroutine on a loop of its own."""


def waited_for(file: FileSyntax, call: ast.Call) -> ast.expr:
    """`await send(to)`, `asyncio.run(send(to))`: the call with what waits for its coroutine."""
    above = file.parents[call]
    if isinstance(above, ast.Await):
        return above
    is_run = isinstance(above, ast.Call) and ast.unparse(above.func) in RUNNERS and above.args == [call]
    return above if is_run and not above.keywords else call  # type: ignore[attr-defined, return-value]


def is_within_await(file: FileSyntax, call: ast.Call) -> bool:
    """Does its own statement wait for it, be it with others: `await gather(to_thread(send, to), ..)`?"""
    around = takewhile(lambda above: not isinstance(above, ast.stmt), file.above(call))
    return any(isinstance(above, ast.Await) for above in around)


def is_awaited_later(file: FileSyntax, function: FunctionNode, call: ast.Call) -> bool:
    """`task = create_task(to_thread(send, to))`, and `await task` further on."""
    names = {target.id for target, _ in bound_plainly(file.statement(call)) if isinstance(target, ast.Name)}
    awaits = (node for node in own_nodes(function) if names and isinstance(node, ast.Await))
    return any(isinstance(n, ast.Name) and n.id in names for node in awaits for n in walk(node))


def is_on_a_loop_of_its_own(file: FileSyntax, call: ast.Call) -> bool:
    """`loop.run_until_complete(send(to))`"""
    above = file.parents[call]
    return isinstance(above, ast.Call) and last_name(above.func) == "run_until_complete"
