"""Neighbouring awaits, none of which needs another, as one.

a = (await get(x)).json()      ->      a_response, b = await asyncio.gather(get(x), get(y))
b = await get(y)                       a = a_response.json()
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from ...model import WaitTogether
from .code import BodyStatement, Writer
from .failure import RewriteError


def together(
    edit: WaitTogether, statements: Sequence[BodyStatement], writer: Writer
) -> list[cst.SimpleStatementLine]:
    waited: list[cst.BaseExpression] = []
    below: list[cst.SimpleStatementLine] = []
    for name, statement in zip(edit.names, statements, strict=True):
        only = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if not isinstance(only, (cst.Assign, cst.AnnAssign)) or only.value is None:
            raise RewriteError("no assignment stands here", edit.first)
        found = _awaited(only.value)
        if found is None:
            raise RewriteError("nothing is awaited here", edit.first)
        waited.append(found.expression)
        if found is not only.value:
            rest = statement.deep_replace(found, cst.Name(name))
            assert isinstance(rest, cst.SimpleStatementLine)
            below.append(rest)
    gather = cst.Call(writer.expression(edit.gather), [cst.Arg(each) for each in waited])
    names = writer.statement(f"{', '.join(edit.names)} = None")
    target = names.body[0]
    assert isinstance(target, cst.Assign)
    first = names.with_changes(body=[target.with_changes(value=cst.Await(gather))])
    return [first, *below]


def _awaited(value: cst.BaseExpression) -> cst.Await | None:
    """`await f()` of `(await f()).json()`."""
    while isinstance(value, (cst.Attribute, cst.Call)):
        value = value.func if isinstance(value, cst.Call) else value.value
    return value if isinstance(value, cst.Await) else None
