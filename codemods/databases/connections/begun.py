"""Connections and transactions that are made in one statement, and used in others.

tx = db.begin()                      tx = await db.begin()
..                           ->      ..
tx.commit()                          await tx.commit()

tx = db.begin()                      tx = db.begin()
with tx:                     ->      async with tx:          # begins here: twice would raise
    ..                                   ..
"""

from __future__ import annotations

import ast

from ...analysis.view import View
from ..queries.chains import names_in


def is_entered_next(view: View, call: ast.Call, *, connects: bool) -> bool:
    """Is it, or one of two, entered by this statement, or by the next one through a name of its own, which is
    no name of a connection that is used inside?"""
    whole = _whole(view, call)
    above = view.file.parents[whole]
    if isinstance(above, ast.withitem):
        return True
    if not isinstance(above, ast.Assign) or not _enterings(view, above):
        return False
    block = view.block(above)
    behind = block[block.index(above) + 1 :][:1]
    items = [each.items[0] for each in behind if isinstance(each, ast.With)]
    entered = [item.context_expr for item in items if item.optional_vars is not None or not connects]
    return any(each in entered for each in _enterings(view, above))


def is_started(view: View, call: ast.Call) -> bool:
    """`connection = engine.connect()`, `db.begin()`: awaited, it begins and is ended by hand."""
    above = view.file.parents[call]
    if isinstance(above, ast.Assign):
        return above.value is call and not _enterings(view, above)
    return isinstance(above, ast.Expr) and getattr(call.func, "attr", "") != "connect"


def _whole(view: View, call: ast.Call) -> ast.expr:
    """`db.begin_nested() if db.in_transaction() else db.begin()`"""
    above = view.file.parents[call]
    return above if isinstance(above, ast.IfExp) and call is not above.test else call


def _enterings(view: View, made: ast.Assign) -> list[ast.Name]:
    """Where a `with` enters it by its name."""
    function, target = view.function(made), made.targets[0]
    if function is None or not isinstance(target, ast.Name):
        return []
    uses = names_in(function, target.id)
    if sum(isinstance(each.ctx, ast.Store) for each in uses) > 1:
        return []
    return [each for each in uses if isinstance(view.file.parents[each], ast.withitem)]
