"""Bytes that are known to be few, which go through the queue as base64.

data = await file.read()
if len(data) > 65_536:                          await save_avatar_task.kiq(user_id, b64encode(data).decode())
    raise HTTPException(413)
save_avatar(user_id, data)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.nodes import bound_plainly
from ...analysis.syntax import span_of
from ...model import ImportNeed
from ..constants import constant
from ..finding.work import Work, called
from ..sites import LIMIT, ValueKind

ENCODE, DECODE = ImportNeed("base64", "b64encode"), ImportNeed("base64", "b64decode")


def is_small(work: Work, value: ast.expr) -> bool:
    """Is it the name of bytes that are read up to a size, or refused above it?"""
    if not isinstance(value, ast.Name) or work.context.kind(value.id) is not ValueKind.BYTES:
        return False
    stores = [n for n in work.frame if isinstance(n, ast.Name) and n.id == value.id and n is not value]
    stores = [node for node in stores if not isinstance(node.ctx, ast.Load)]
    if len(stores) > 1:
        return False
    made = work.file.statement(stores[0]) if stores else None
    read = next((value for _, value in bound_plainly(made)), None) if made is not None else None
    read = read.value if isinstance(read, ast.Await) else read
    if isinstance(read, ast.Call) and called(read) == "read" and len(read.args) == 1:
        is_ours = work.context.runs_project_code(span_of(read))
        return not is_ours and _is_within(work, read.args[0])
    behind = made.lineno if made is not None else 0
    return any(
        _refuses(work, each, value.id) for each in that_ran_before(work, value) if each.lineno > behind
    )


def that_ran_before(work: Work, node: ast.AST) -> Iterator[ast.stmt]:
    """What has run when the node does."""
    inside: ast.AST = node
    for above in work.file.above(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(above, name, None)
            if isinstance(block, list) and inside in block:
                yield from block[: block.index(inside)]
        if above is work.function:
            return
        inside = above


def _refuses(work: Work, statement: ast.stmt, name: str) -> bool:
    """`if len(data) > LIMIT: raise HTTPException(413)`"""
    if not isinstance(statement, ast.If) or not isinstance(statement.body[-1], (ast.Raise, ast.Return)):
        return False
    test = statement.test
    asked = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else [test]
    return any(
        isinstance(each, ast.Compare)
        and isinstance(each.ops[0], (ast.Gt, ast.GtE))
        and len(each.ops) == 1
        and ast.unparse(each.left) == f"len({name})"
        and _is_within(work, each.comparators[0])
        for each in asked
    )


def _is_within(work: Work, size: ast.expr) -> bool:
    number = _number(work, size)
    return number is not None and 0 <= number <= LIMIT


def _number(work: Work, node: ast.expr) -> int | None:
    """`65_536`, `64 * 1024`, and constants at the top of the file."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, int) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _number(work, node.left), _number(work, node.right)
        return left * right if left is not None and right is not None else None
    made = constant(work.file, node) if isinstance(node, ast.Name) else None
    if not isinstance(node, ast.Name) or made is None or work.context.written_elsewhere(node):
        return None
    return _number(work, made)
