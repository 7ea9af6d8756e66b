"""A call that is awaited from now on, whatever is called."""

from __future__ import annotations

import ast

from ..analysis.syntax import FileSyntax, span_of
from ..model import AwaitExpression, Code, Edit, ReplaceCall


def awaited(file: FileSyntax, call: ast.Call, callee: str) -> Edit:
    """What is called stays as it is if it can, for others change it, too: `(await get_redis()).ttl(key)`"""
    if callee == file.source(call.func):
        return AwaitExpression(span_of(call))
    return ReplaceCall(span_of(call), Code(callee), awaited=True)
