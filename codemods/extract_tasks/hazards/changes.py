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
from ...analysis.syntax import last_name, span_of
from ...model import Reason
from ..blocks.parameters import Input, Inputs
from ..blocks.runs import Run
from ..blocks.taken_along import set_up_for
from ..finding.work import Work, root_name
from ..sent.values import type_names
from ..sites import MUTATES, ValueKind
from ..words import BARE_CONTAINERS, PURE_METHODS, words
from .objects import changed_by, root_of

_ONE_OF = (ast.Tuple, ast.List, ast.Set, ast.Starred, ast.IfExp, ast.BoolOp, ast.NamedExpr)
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
_GIVE_PARTS = words("get items setdefault values")
_GO_THROUGH = words("enumerate filter iter list reversed set sorted tuple zip")


def changes(work: Work, run: Run, inputs: Inputs) -> Iterator[Reason]:
    sent = [each for each in inputs.parameters if each.carriage is None]
    wholes = {each.root for each in sent if not each.attribute and _may_change(work, each.root)}
    holders = wholes | {each.root for each in sent if each.attribute and _holds_others(work, each)}
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
            may = wholes if changed_by(node) is None else holders
            for name in filter(may.__contains__, _changed_by_call(work, run, node)):
                yield work.reason(MUTATES, f"{ast.unparse(node.func)}() may change {name}", node)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            others = holders - {node.target.id} if _may_change(work, node.target.id) else set()
            for name in filter(others.__contains__, _held_in(run, node.target.id)):
                yield work.reason(MUTATES, f"the block changes {name}", node)
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
    """What the name may be a part of by this statement; most calls give something new."""
    value = node.iter if isinstance(node, _LOOPS) else getattr(node, "value", None)
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    if value is None or isinstance(node, ast.AugAssign):
        return
    if not any(inner in target_names(each) for each in targets if each is not None):
        return
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, _ONE_OF):
            stack += [child for child in ast.iter_child_nodes(part) if isinstance(child, ast.expr)]
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            stack += [part.func.value] if part.func.attr in _GIVE_PARTS else []
        elif isinstance(part, ast.Call):
            stack += part.args if isinstance(node, _LOOPS) and last_name(part.func) in _GO_THROUGH else []
        elif root := root_of(part):
            yield root
