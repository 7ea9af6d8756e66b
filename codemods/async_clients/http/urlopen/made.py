"""The `Request` that is opened: made in the call, or by the statements directly above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ....analysis.nodes import walk
from ...twin import Call, NoTwinError
from ..error_families import URLLIB
from ..errors import exception_name

REQUEST = "urllib.request.Request"
_ADD = "add_header"


@dataclass(frozen=True, slots=True)
class Made:
    """`Request(...)`, the statements that make it and add to it, and the calls that add a header."""

    call: Call
    statements: tuple[ast.stmt, ...] = ()
    added: tuple[ast.Call, ...] = ()


def request_of(call: Call, url: ast.expr) -> Made | None:
    """What `urlopen` is given, or None for a plain URL. Raises `NoTwinError` where it serves for more."""
    if isinstance(url, ast.Call):
        made = _request(call, url)
        return Made(made) if made is not None else None
    if not isinstance(url, ast.Name):
        return None
    names = [node for node in walk(call.node) if isinstance(node, ast.Name) and node.id == url.id]
    stores = [node for node in names if not isinstance(node.ctx, ast.Load)]
    statement = call.file.parents[stores[0]] if len(stores) == 1 else None
    value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
    made = _request(call, value) if isinstance(value, ast.Call) else None
    if made is None or not isinstance(statement, ast.stmt):
        return None
    following = _following(call, statement)
    added: list[ast.Call] = []
    for each in following:
        adding = _adding(each, url.id)
        if adding is None:
            break
        added.append(adding)
    behind = following[len(added) :]
    if len(names) != 2 + len(added) or not behind or not _opens(call, behind[0]):
        raise NoTwinError("its request is used for more than one call, or not opened where it is made")
    return Made(made, (statement, *following[: len(added)]), tuple(added))


def _request(call: Call, node: ast.Call) -> Call | None:
    key = call.world.call_key(call.file.path, node)
    sites = call.world.effects.of_call(key) if key is not None else ()
    if len(sites) != 1 or sites[0].name != REQUEST:
        return None
    return Call(call.world, call.function, sites[0], call.file, call.node, node)


def _following(call: Call, statement: ast.stmt) -> Sequence[ast.stmt]:
    """The statements of its block behind it."""
    above = call.file.parents[statement]
    fields = (getattr(above, name, ()) for name in ("body", "orelse", "finalbody"))
    block = next(block for block in fields if isinstance(block, list) and statement in block)
    return block[block.index(statement) + 1 :]


def _adding(statement: ast.stmt, name: str) -> ast.Call | None:
    """`request.add_header("Accept", "text/csv")`"""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != _ADD:
        return None
    is_own = isinstance(call.func.value, ast.Name) and call.func.value.id == name
    is_plain = not call.keywords and not any(isinstance(argument, ast.Starred) for argument in call.args)
    return call if is_own and is_plain and len(call.args) == 2 else None


def _opens(call: Call, statement: ast.stmt) -> bool:
    """Does the statement open it before it does anything else: directly, in a `with`, in a `try`?"""
    if isinstance(statement, ast.Try):
        return _opens(call, statement.body[0])
    return call.file.statement(call.call) is statement and not isinstance(statement, ast.While)


def is_guarded(call: Call, made: Made) -> bool:
    """Would a `try` around the call catch what fails while the request is made outside of it?"""
    return any(
        each.finalbody or not all(_is_of_urllib(call, handler.type) for handler in each.handlers)
        for each in _tries_between(call, made)
    )


def _tries_between(call: Call, made: Made) -> Iterator[ast.Try]:
    if not made.statements:
        return
    outside = call.file.parents[made.statements[0]]
    for above in call.file.above(call.call):
        if above is outside:
            return
        if isinstance(above, ast.Try):
            yield above


def _is_of_urllib(call: Call, types: ast.expr | None) -> bool:
    each = types.elts if isinstance(types, ast.Tuple) else [types]
    effects, function = call.world.effects, call.function
    return all(node is not None and URLLIB.has(exception_name(effects, function, node)) for node in each)
