"""A session that a helper is given, in whose place its task opens one of its own.

send_invoice(db, order.id)    ->    await send_invoice_task.kiq(order.id)


                                    @broker.task
                                    def send_invoice_task(order_id: int) -> None:
                                        with SessionLocal() as db:
                                            send_invoice(db, order_id)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from msgspec.structs import replace

from ..analysis.nodes import bound_alone, walk
from .finding.work import Work
from .hazards.rows.rows import is_row
from .sent.opened import Opened
from .sites import HelperSignature


def opened_for(work: Work, helper: HelperSignature, value: ast.expr) -> Opened | None:
    """What opens it; None for a value that is no session, or none as the task could open."""
    opened = work.own_session(value.id) if isinstance(value, ast.Name) else None
    return opened if opened is not None and opened.is_async is helper.is_async else None


def sessions_in(work: Work, helper: HelperSignature, node: ast.AST) -> dict[str, Opened]:
    """All of them that an expression names."""
    found = {n.id: opened_for(work, helper, n) for n in walk(node) if isinstance(n, ast.Name)}
    return {name: opened for name, opened in found.items() if opened is not None}


def made_with_session(work: Work, helper: HelperSignature, name: str) -> ast.Call | None:
    """`Mailer(db)` of `mailer = Mailer(db)`, where the session is an async one: no block takes it along."""
    stores = [n for n in work.frame if isinstance(n, ast.Name) and n.id == name and _is_set(n)]
    made = bound_alone(work.file.parents[stores[0]])[1] if len(stores) == 1 else None
    if not isinstance(made, ast.Call):
        return None
    return made if any(each.is_async for each in sessions_in(work, helper, made).values()) else None


def _is_set(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def changing_its_own(
    work: Work, helper: HelperSignature, bound: Mapping[str, ast.expr], *, later: bool
) -> HelperSignature:
    """What it adds to such a session is a change of the task's own; behind the response, so is what it sets
    in an object that the session has loaded for it."""
    own = {name for name, value in bound.items() if opened_for(work, helper, value) is not None}
    if own and later:
        own |= {
            name for name, value in bound.items() if isinstance(value, ast.Name) and is_row(work, value.id)
        }
    return replace(helper, changed=helper.changed - own)
