"""`auth=` and `files=` of requests, where httpx sends the same."""

from __future__ import annotations

import ast

from ....analysis.index.expr import Call as CallFact
from ....analysis.index.expr import DictDisplay, Display
from ....analysis.link.kinds import Ext
from ....analysis.link.program import CallKey
from ....model import Argument, Code
from ...twin import Call, NoTwinError
from ..values.given import Given, is_none
from ..values.scalars import Can
from ..values.values import Values


def auth(call: Call, argument: Given) -> Argument:
    value = argument.value
    if is_none(argument) or (isinstance(value, ast.Tuple) and len(value.elts) == 2):
        return Argument(argument.index, keyword="auth")
    if isinstance(value, ast.Call) and isinstance(argument.fact, CallFact):
        made = call.world.effects.inference.callees(CallKey(call.key.path, argument.fact.index))
        basic = any(
            isinstance(kind, Ext) and kind.name.rpartition(".")[2] == "HTTPBasicAuth" for kind in made
        )
        if basic and len(value.args) == 2 and not value.keywords:
            user, password = (call.file.source(part) for part in value.args)
            return Argument(keyword="auth", code=Code(f"({user}, {password})"))
    raise NoTwinError("auth= is neither a pair nor HTTPBasicAuth")


def files(call: Call, argument: Given, values: Values) -> Argument:
    """`{"file": (name, data, type)}`: the other forms get another file name or type from httpx."""
    if is_none(argument):
        return Argument(argument.index, keyword="files")
    if not isinstance(argument.fact, DictDisplay) or not isinstance(argument.value, ast.Dict):
        raise NoTwinError("files= is not written out")
    for fact, value in zip(argument.fact.values, argument.value.values, strict=True):
        if not isinstance(fact, Display) or fact.type != "tuple" or len(fact.items) != 3:
            raise NoTwinError("files= does not give name, bytes and type")
        if values.scalar(call.scope, fact.items[1], value.lineno) != Can.BYTES:
            raise NoTwinError("files= may hold an open file, which httpx would read on the event loop")
        if values.scalar(call.scope, fact.items[0], value.lineno) != Can.TEXT:
            raise NoTwinError("a file name in files= may be None")
        if values.scalar(call.scope, fact.items[2], value.lineno) != Can.TEXT:
            raise NoTwinError("a content type in files= may be None")
    return Argument(argument.index, keyword="files")
