"""Objects from outside that a block changes: a worker would change a copy.

data = {"to": to}
with SMTP(HOST) as smtp:
    smtp.sendmail(..)
    data["sent"] = True          # so would `info = data; info["sent"] = True` or `heappush(data, to)`
return data
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.nodes import walk
from ....analysis.syntax import span_of
from ....model import Reason
from ...blocks.parameters import Input, Inputs
from ...blocks.runs import Run
from ...blocks.taken_along import set_up_for
from ...finding.work import Work, root_name
from ...sent.values import type_names
from ...sites import MUTATES, ValueKind
from ...words import BARE_CONTAINERS, PURE_METHODS
from .held import wholes
from .objects import changed_by, root_of


def changes(work: Work, run: Run, inputs: Inputs) -> Iterator[Reason]:
    sent = [each for each in inputs.parameters if each.carriage is None]
    given = {each.root for each in sent if not each.attribute and _may_change(work, each.root)}
    holders = given | {each.root for each in sent if each.attribute and _holds_others(work, each)}
    own = {part for statement, _ in set_up_for(work, run) for part in walk(statement)}
    for node in run.nodes:
        if node in own:
            continue
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            for name in sorted(filter(None, wholes(run.nodes, root_name(node)))):
                if name in run.region.live_in or name not in work.locals:
                    yield work.reason(MUTATES, f"the block changes {name}", node)
        elif isinstance(node, ast.Call) and work.context.changes_process(node):
            text = f"{ast.unparse(node.func)}() changes an object of this process"
            yield work.reason(MUTATES, text, node)
        elif isinstance(node, ast.Call):
            may = given if changed_by(node) is None else holders
            for name in sorted(wholes(run.nodes, _changed_by_call(work, node)) & may):
                yield work.reason(MUTATES, f"{ast.unparse(node.func)}() may change {name}", node)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            others = wholes(run.nodes, name) - {name} if _may_change(work, name) else set()
            for other in sorted(others & holders):
                yield work.reason(MUTATES, f"the block changes {other}", node)
    for site in work.slow:
        for helper in site.helpers if run.holds(site.span) else ():
            if holders and helper.changed:
                yield work.reason(MUTATES, f"{helper.qualname}() changes {min(holders)}", run.moved[0])


def _may_change(work: Work, name: str) -> bool:
    return work.context.kind(name) is not ValueKind.SCALAR


def _holds_others(work: Work, field: Input) -> bool:
    """Is it a list, say, or an object of the project, and not a text?"""
    names = type_names(field.annotation)
    return names is None or bool(names & (BARE_CONTAINERS | work.context.own_types(field.annotation)))


def _changed_by_call(work: Work, call: ast.Call) -> str:
    changed = root_of(changed_by(call))
    is_method = isinstance(call.func, ast.Attribute) and call.func.attr not in PURE_METHODS
    if changed or not is_method or work.context.only_builds(span_of(call)):
        return changed
    return root_name(call.func)
