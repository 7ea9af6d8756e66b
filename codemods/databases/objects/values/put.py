"""What the code puts into the relationships of an object: no query for that object has brought it."""

from __future__ import annotations

import ast

from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import FunctionNode

_GROWS = frozenset({"add", "append", "extend", "insert"})


def put_into(function: FunctionNode, owner: ast.expr, name: str) -> list[ast.expr]:
    """`Note(owner=user)`, `note.owner = user` later, `user.notes.append(note)`."""
    found: list[ast.expr] = []
    spelled = ast.unparse(owner)
    for each in walk(function):
        for target, value in bound_plainly(each):
            if ast.unparse(target) == f"{spelled}.{name}":
                found.append(value)
            elif ast.unparse(target) == spelled and isinstance(value, ast.Call):
                found += [keyword.value for keyword in value.keywords if keyword.arg == name]
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in _GROWS:
            found += each.args[-1:] if ast.unparse(each.func.value) == f"{spelled}.{name}" else ()
    return found
