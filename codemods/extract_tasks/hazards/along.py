"""What goes along with slow work: a step before it that reads, and one behind it that stores what was made.

data = read(user_id)
pdf = make_pdf(data)            ->    await make_report_task.kiq(user_id)
store(user_id, pdf)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from ...analysis.syntax import span_of
from ...model import Reason
from ..blocks.parameters import Inputs
from ..blocks.runs import Run
from ..finding.work import Work
from ..sites import SHAPES_RESPONSE
from ..words import FILE_KINDS
from .by_name import is_named_as_check
from .rows.rows import looked_at


def along(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    """What goes along before the slow work only reads; behind it, it stores what was made."""
    slow = [site for site in work.slow if run.holds(site.span)]
    for node in run.nodes:
        step = work.step(node) if isinstance(node, ast.Call) else None
        if step is None:
            continue
        name = f"{step.qualname}()"
        if is_named_as_check(step.qualname):
            yield work.reason(SHAPES_RESPONSE, f"{name} is a check: it works by raising", node)
        is_behind = any(site.category in FILE_KINDS and site.span[2:] <= span_of(node)[2:] for site in slow)
        if step.process_state:
            stores = replace(step, stored="", stores_product=bool(step.stored))
            reason = looked_at(work, run, stores if is_behind else step)
            if reason is not None:
                yield reason
