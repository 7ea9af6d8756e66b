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

from ...analysis.nodes import walk
from ...analysis.scopes import target_names
from ...analysis.syntax import span_of
from ...model import Reason
from ..blocks.parameters import Inputs
from ..blocks.runs import Run
from ..blocks.taken_along import set_up_for
from ..finding.work import Work, root_name
from ..sites import MUTATES, ValueKind
from ..words import PURE_METHODS
from .objects import changed_by, root_of

_ONE_OF = (ast.Tuple, ast.List, ast.Set, ast.Starred, ast.IfExp, ast.BoolOp, ast.NamedExpr)


def changes(work: Work, run: Run, inputs: Inputs) -> Iterator[Reason]:
    wholes = {each.root for each in inputs.parameters if not each.attribute and each.carriage is None}
    own = {part for statement, _ in set_up_for(work, run) for part in walk(statement)}
    for node in run.nodes:
        if node in own:
            continue
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            for name in _held_in(run, root_name(node)):
                if name in run.region.live_in or name not in work.locals:
                    yield work.reason(MUTATES, f"the block changes {name}", node)
        elif isinstance(node, ast.Call) and work.context.changes_process(node):
            text = f"{ast.unparse(node.func)}() changes an object of this process"
            yield work.reason(MUTATES, text, node)
        elif isinstance(node, ast.Call):
            for name in _changed_by_call(work, run, node):
                if name in wholes and work.context.kind(name) is not ValueKind.SCALAR:
                    yield work.reason(MUTATES, f"{ast.unparse(node.func)}() may change {name}", node)
    for site in work.slow:
        for helper in site.helpers if run.holds(site.span) else ():
            changed = sorted(n for n in wholes if work.context.kind(n) is not ValueKind.SCALAR)
            if changed and helper.changed:
                yield work.reason(MUTATES, f"{helper.qualname}() changes {changed[0]}", run.moved[0])


def _changed_by_call(work: Work, run: Run, call: ast.Call) -> Iterator[str]:
    changed = root_of(changed_by(call))
    is_method = isinstance(call.func, ast.Attribute) and call.func.attr not in PURE_METHODS
    if not changed and is_method and not work.context.only_builds(span_of(call)):
        changed = root_name(call.func)
    yield from _held_in(run, changed)


def _held_in(run: Run, name: str) -> Iterator[str]:
    """The name, and `JOBS` for `job` of `job = JOBS[number]` or `for job in JOBS`: what is changed there is a
    part of the other."""
    found, stack = dict.fromkeys([name]), [name]
    while stack:
        inner = stack.pop()
        new = [whole for node in run.nodes for whole in _wholes(node, inner) if whole not in found]
        found |= dict.fromkeys(new)
        stack += new
    yield from filter(None, found)


def _wholes(node: ast.AST, inner: str) -> Iterator[str]:
    """What the name may be a part of by this statement; a call gives something new."""
    value = node.iter if isinstance(node, (ast.For, ast.comprehension)) else getattr(node, "value", None)
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    if value is None or not any(inner in target_names(each) for each in targets if each is not None):
        return
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, _ONE_OF):
            stack += [child for child in ast.iter_child_nodes(part) if isinstance(child, ast.expr)]
        elif root := root_of(part):
            yield root
