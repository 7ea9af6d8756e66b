"""An async iterator in the place of an iterator: in a loop, or taken whole.

for key in cache.scan_iter():       ->      async for key in cache().scan_iter():
keys = list(cache.scan_iter())      ->      keys = [item async for item in cache().scan_iter()]
b"".join(r.iter_bytes())            ->      b"".join([item async for item in r.aiter_bytes()])
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.syntax import FileSyntax, span_of
from ..model import AsyncStatement, Code, Edit, ReplaceCall, ReplaceExpression
from .twin import NoTwinError


def iterated(file: FileSyntax, call: ast.Call, callee: str) -> Iterator[Edit]:
    """`callee` is what is called from now on. Raises `NoTwinError` where it is iterated in another way."""
    parent = file.parents[call]
    if isinstance(parent, ast.For) and parent.iter is call:
        yield ReplaceCall(span_of(call), Code(callee))
        yield AsyncStatement(span_of(parent))
        return
    taken = isinstance(parent, ast.Call) and len(parent.args) == 1 and not parent.keywords
    if taken and any(isinstance(node, ast.Call) for part in call.args for node in ast.walk(part)):
        raise NoTwinError(f"{callee}() is part of an expression that cannot be written anew")
    given = file.source(call)[len(file.source(call.func)) :]
    code = Code(f"[item async for item in {callee}{given}]")
    if taken and isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "list":
        yield ReplaceExpression(span_of(parent), code)
    elif taken and isinstance(parent, ast.Call) and getattr(parent.func, "attr", "") == "join":
        yield ReplaceExpression(span_of(call), code)
    else:
        raise NoTwinError(f"{callee}() is iterated in an expression")
