"""What a transaction has changed expires when an error leaves it; handlers that read it load it again first.

try:                                     try:
    with db.begin_nested():                  async with db.begin_nested():
        account.balance -= amount                account.balance -= amount
except IntegrityError:            ->     except IntegrityError:
    log(account.owner)                       await db.refresh(account)
                                             log(account.owner)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ....analysis.flow.runs import live_after
from ....analysis.nodes import TRIES, walk
from ....analysis.syntax import FunctionNode, holds
from ....analysis.view import View
from ...connections.begun import begun_by, is_savepoint

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Undone(msgspec.Struct, frozen=True):
    session: str
    transaction: ast.With
    handler: ast.ExceptHandler
    """Where the error may come to."""
    names: frozenset[str]
    """Read from there on; what a savepoint cannot have changed apart."""


def undone(view: View, function: FunctionNode) -> Iterator[Undone]:
    for transaction in walk(function):
        if not isinstance(transaction, ast.With) or view.function(transaction.items[0]) is not function:
            continue
        for begun in (begun_by(view, item.context_expr) for item in transaction.items):
            if not begun:
                continue
            assert isinstance(begun[0].func, ast.Attribute)
            session = view.source(begun[0].func.value)
            changed = _names(transaction.body)
            for tries, handler in _handlers(view, function, transaction):
                names = _read_from(function, tries, handler)
                names = names & changed if is_savepoint(begun) else names
                yield Undone(session, transaction, handler, names)


def _handlers(
    view: View, function: FunctionNode, transaction: ast.With
) -> Iterator[tuple[ast.stmt, ast.ExceptHandler]]:
    for above in view.file.above(transaction):
        if above is function:
            return
        if isinstance(above, TRIES) and any(holds(each, transaction) for each in above.body):
            yield from ((above, handler) for handler in above.handlers)


def _read_from(function: FunctionNode, tries: ast.stmt, handler: ast.ExceptHandler) -> frozenset[str]:
    read = _names(handler.body)
    return read if isinstance(handler.body[-1], _LEAVES) else read | live_after(function, tries)


def _names(block: list[ast.stmt]) -> frozenset[str]:
    nodes = (node for statement in block for node in walk(statement))
    return frozenset(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
