"""Objects of the database that a block works with, which its task loads again by their keys.

pdf = build_invoice(customer, orders)             await mail_invoice_task.kiq(
send_email(customer.email, "Invoice", pdf)   ->       customer.id, [order.id for order in orders]
                                                  )
"""

from __future__ import annotations

import ast

from ...analysis.syntax import span_of
from ...model import Reason
from ..finding.work import Work
from ..hazards.rows.saved import not_saved
from ..hazards.rows.uncommitted import open_change
from ..sent.loaded import Loaded
from ..sent.opened import Opened
from .imported import bound_by
from .runs import Run


def loaded_by(work: Work, run: Run, name: str, opened: Opened | None) -> Loaded | Reason | None:
    """None for what a task cannot load, or would not have all of that the block reads. `opened`: with the
    session that it opens for more."""
    loader = work.context.loader(name, opened)
    if loader is None or work.inner is not None or work.stays_sync is loader.opened.is_for_async:
        return None
    if loader.opened.is_async and bound_by(run) & run.region.live_in:
        return None  # the function that works in a thread would have names of its own in their place
    uses = sorted((n for n in run.nodes if isinstance(n, ast.Name) and n.id == name), key=span_of)
    related = work.context.related(loader, work.context.attributes_read(name, uses))
    if related is None:
        return None
    loaded = Loaded(name, loader, related=related)
    if any(work.context.imports_late(need) for need in loaded.needs):
        return None
    reason = not_saved(work, name, uses[0], in_list=loader.is_list)
    return reason or open_change(work, run.spans[-1], run.holds) or loaded
