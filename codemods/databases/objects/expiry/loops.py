"""Loops over objects that commit on their way: what comes next is expired when its turn comes.

for user in users:                      for user in users:
    user.visits = user.visits + 1  ->       await db.refresh(user)
    db.commit()                             user.visits = user.visits + 1
                                            await db.commit()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.judge.effects.mapped import Mapped
from ....analysis.link.kinds import Obj
from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...words import SESSIONS
from ..values.missing import may_be_missing
from ..values.newborn import is_handed

_WRITES = frozenset({"add", "delete", "refresh", "expire", "expunge", "merge"})


def expiring_loops(
    view: View, function: FunctionNode, statement: ast.stmt, mapped: Mapped
) -> Iterator[tuple[ast.For | ast.AsyncFor, str, list[str]]]:
    """The loops around a commit whose objects are read; with the name, and what has to be asked before it is
    loaded: whether it is there, and is one of the session's."""
    for above in view.file.above(statement):
        if above is function:
            return
        if not isinstance(above, (ast.For, ast.AsyncFor)):
            continue
        if not _comes_round(view, statement, above):
            return
        for target in _targets(above.target):
            objects = {k.key for k in view.kinds(target) if isinstance(k, Obj)} & mapped.classes
            is_new = is_handed(view, function, above.body[-1], target.id, "add", "add_all")
            if objects and not is_new and _is_read(view, above, target.id):
                yield above, target.id, list(_conditions(view, function, above.iter, target.id))


def loop_of_all(view: View, statement: ast.stmt, name: str) -> ast.For | None:
    """The loop over all that the name holds in which every turn commits: what it holds is loaded again once,
    behind the loop, if nothing is changed after the last commit, and nobody reads it before."""
    loop = view.file.parents[statement]
    if not isinstance(loop, ast.For) or statement not in loop.body:
        return None
    if not isinstance(loop.iter, ast.Name) or loop.iter.id != name:
        return None
    inside = [node for each in loop.body for node in walk(each)]
    reads = [node for node in inside if isinstance(node, ast.Name) and node.id == name]
    later = [node for each in loop.body[loop.body.index(statement) + 1 :] for node in walk(each)]
    is_handled = any(isinstance(above, ast.Try) for above in view.file.above(loop))
    is_left = any(isinstance(node, (ast.Continue, ast.Break, ast.Return)) for node in inside)
    if reads or is_left or is_handled or any(_may_change(view, node) for node in later):
        return None
    return loop


def _may_change(view: View, node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return bool(view.functions_called(node))
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)


def _conditions(view: View, function: FunctionNode, source: ast.expr, name: str) -> Iterator[str]:
    if may_be_missing(view, function, name):
        yield f"{name} is not None"
    if not _is_asked(view, function, source):
        yield f"{name} in {{session}}"


def _targets(target: ast.expr) -> Iterator[ast.Name]:
    """`for number, user in enumerate(users):`"""
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _targets(part)


def _comes_round(view: View, statement: ast.stmt, loop: ast.For | ast.AsyncFor) -> bool:
    """Can another turn follow? Not behind `db.commit()` with a `return` below it."""
    for above in (statement, *view.file.above(statement)):
        if above is loop:
            return True
        if not isinstance(above, ast.stmt):
            continue
        if isinstance(above, (ast.For, ast.AsyncFor, ast.While, ast.Try)):
            return True  # what ends inside of it may not end the loop
        for behind in view.block(above)[view.block(above).index(above) + 1 :]:
            if isinstance(behind, (ast.Return, ast.Break)):
                return False
            if any(isinstance(node, ast.Continue) for node in walk(behind)):
                return True
    return True


def _is_read(view: View, loop: ast.For | ast.AsyncFor, name: str) -> bool:
    for statement in loop.body:
        for node in walk(statement):
            if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
                continue
            above = view.file.parents[node]
            is_stored = (
                isinstance(above, ast.Attribute)
                and isinstance(above.ctx, ast.Store)
                and not isinstance(view.file.parents[above], ast.AugAssign)
            )
            is_written = isinstance(above, ast.Call) and getattr(above.func, "attr", "") in _WRITES
            if not is_stored and not is_written:
                return True
    return False


def _is_asked(view: View, function: FunctionNode, node: ast.expr) -> bool:
    """Does a session give what the loop goes through, right here or by way of a name?"""
    if isinstance(node, ast.Call) and view.external(node.func) == "builtins.enumerate" and node.args:
        node = node.args[0]
    values = [node]
    if isinstance(node, ast.Name):
        values = [
            value
            for n in walk(function)
            for target, value in bound_plainly(n)
            if isinstance(target, ast.Name) and target.id == node.id
        ]
    for value in values:
        for inner in ast.walk(value):
            member = view.member(inner) if isinstance(inner, ast.Call) else None
            if member is not None and member.owner in SESSIONS:
                return True
    return False
