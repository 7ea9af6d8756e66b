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

from ...analysis.nodes import BINDINGS, bound_plainly, target_of
from ...analysis.view import View
from ..names import names_in
from ..words import ENTERED, SESSIONS


def is_entered_next(view: View, call: ast.Call, *, connects: bool) -> bool:
    """Is it, or one of two, entered by this statement, or by the next one through a name of its own, which is
    no name of a connection that is used inside?"""
    whole = _whole(view, call)
    above = view.file.parents[whole]
    if isinstance(above, ast.withitem):
        return True
    if not isinstance(above, BINDINGS) or not _enterings(view, above):
        return False
    block = view.block(above)
    behind = block[block.index(above) + 1 :][:1]
    items = [each.items[0] for each in behind if isinstance(each, ast.With)]
    entered = [item.context_expr for item in items if item.optional_vars is not None or not connects]
    return any(each in entered for each in _enterings(view, above))


def is_started(view: View, call: ast.Call) -> bool:
    """`connection = engine.connect()`, `db.begin()`: awaited, it begins and is ended by hand."""
    above = view.file.parents[call]
    if isinstance(above, BINDINGS):
        return above.value is call and not _enterings(view, above)
    return isinstance(above, ast.Expr) and getattr(call.func, "attr", "") != "connect"


def begun_by(view: View, transaction: ast.expr) -> list[ast.Call]:
    """The calls of a session that may have begun it: `db.begin()`, also under a name."""
    if isinstance(transaction, ast.IfExp):
        return [call for way in (transaction.body, transaction.orelse) for call in begun_by(view, way)]
    if isinstance(transaction, ast.Call):
        member = view.member(transaction)
        is_begun = member is not None and member.owner in SESSIONS and member.attr in ENTERED[member.owner]
        return [transaction] if is_begun else []
    function = view.function(transaction)
    if function is None or not isinstance(transaction, ast.Name):
        return []
    bound = [view.file.parents[n] for n in names_in(function, transaction.id) if isinstance(n.ctx, ast.Store)]
    values = [value for made in bound for _, value in bound_plainly(made)]
    return [call for value in values for call in begun_by(view, value)]


def is_savepoint(calls: list[ast.Call]) -> bool:
    """Its end expires no more than what was changed in it, and that only where an error ends it."""
    return all(getattr(call.func, "attr", "") == "begin_nested" for call in calls)


def _whole(view: View, call: ast.Call) -> ast.expr:
    """`db.begin_nested() if db.in_transaction() else db.begin()`"""
    above = view.file.parents[call]
    return above if isinstance(above, ast.IfExp) and call is not above.test else call


def _enterings(view: View, made: ast.Assign | ast.AnnAssign) -> list[ast.Name]:
    """Where a `with` enters it by its name."""
    function, target = view.function(made), target_of(made)
    if function is None or not isinstance(target, ast.Name):
        return []
    uses = names_in(function, target.id)
    if sum(isinstance(each.ctx, ast.Store) for each in uses) > 1:
        return []
    return [each for each in uses if isinstance(view.file.parents[each], ast.withitem)]
