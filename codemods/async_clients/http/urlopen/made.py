"""The `Request` that is opened: made in the call, or by the statements directly above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import dropwhile, takewhile

import msgspec
from msgspec.structs import replace

from ....analysis.nodes import bound_alone, walk
from ...twin import Call, NoTwinError
from ..errors.error_families import URLLIB
from ..errors.errors import exception_name

URLOPEN = "urllib.request.urlopen"
REQUEST = "urllib.request.Request"
_ADD = "add_header"
_LOGS = ("builtins.print", "logging.", "loguru.")


class Made(msgspec.Struct, frozen=True):
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
    calls = (node for node in walk(call.node) if isinstance(node, ast.Call))
    opened = [node for node in calls if _is_given(node, url.id) and is_urlopen(call, node)]
    all_made = {node: _above(replace(call, call=node), url.id) for node in opened}
    used = {
        name for node, made in all_made.items() if made is not None for name in _names(node, made, url.id)
    }
    others = (node for node in walk(call.node) if _is(node, url.id) and node not in used)
    if any(others) and _is_request(call, url.id):
        raise NoTwinError("its request is used for more than one call, or not opened where it is made")
    return all_made.get(call.call)


def is_urlopen(call: Call, node: ast.Call) -> bool:
    key = call.world.call_key(call.file.path, node)
    return key is not None and [site.name for site in call.world.effects.of_call(key)] == [URLOPEN]


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_given(node: ast.Call, name: str) -> bool:
    """`urlopen(request, timeout=5)`"""
    return bool(node.args) and _is(node.args[0], name)


def _names(opened: ast.Call, made: Made, name: str) -> Iterator[ast.AST]:
    yield opened.args[0]
    yield from (node for each in made.statements for node in walk(each) if _is(node, name))


def _above(call: Call, name: str) -> Made | None:
    """The request that is made above the statement that opens it, with nothing between but its headers."""
    statement = call.file.statement(call.call)
    if isinstance(statement, ast.While):
        return None
    while True:
        before = [*dropwhile(lambda each: _is_log(call, each), reversed(_before(call, statement)))]
        added = [*takewhile(lambda each: each is not None, (_adding(each, name) for each in before))]
        rest = before[len(added) :]
        above = call.file.parents[statement]
        if before or not (isinstance(above, ast.Try) and statement in above.body):
            break
        statement = above
    made = rest[0] if rest else None
    target, value = bound_alone(made) if made is not None else (None, None)
    request = _request(call, value) if isinstance(value, ast.Call) else None
    if made is None or request is None or target is None or not _is(target, name):
        return None
    adding = tuple(each for each in reversed(added) if each is not None)
    return Made(request, (made, *reversed(before[: len(added)])), adding)


def _is_request(call: Call, name: str) -> bool:
    """Is it a name that has a request somewhere in the function?"""
    stores = (node for node in walk(call.node) if isinstance(node, ast.Name) and _is(node, name))
    values = (getattr(call.file.parents[node], "value", None) for node in stores)
    return any(isinstance(value, ast.Call) and _request(call, value) is not None for value in values)


def _request(call: Call, node: ast.Call) -> Call | None:
    key = call.world.call_key(call.file.path, node)
    sites = call.world.effects.of_call(key) if key is not None else ()
    if len(sites) != 1 or sites[0].name != REQUEST:
        return None
    return Call(call.world, call.function, sites[0], call.file, call.node, node)


def _before(call: Call, statement: ast.stmt) -> Sequence[ast.stmt]:
    """The statements of its block in front of it."""
    above = call.file.parents[statement]
    fields = (getattr(above, name, ()) for name in ("body", "orelse", "finalbody"))
    block = next((block for block in fields if isinstance(block, list) and statement in block), [])
    return block[: block.index(statement)] if block else ()


def _adding(statement: ast.stmt, name: str) -> ast.Call | None:
    """`request.add_header("Accept", "text/csv")`"""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != _ADD:
        return None
    is_own = isinstance(call.func.value, ast.Name) and call.func.value.id == name
    is_plain = not call.keywords and not any(isinstance(argument, ast.Starred) for argument in call.args)
    return call if is_own and is_plain and len(call.args) == 2 else None


def _is_log(call: Call, statement: ast.stmt) -> bool:
    """Does the statement only write to a log?"""
    logged = statement.value if isinstance(statement, ast.Expr) else None
    key = call.world.call_key(call.file.path, logged) if isinstance(logged, ast.Call) else None
    sites = call.world.effects.of_call(key) if key is not None else ()
    return bool(sites) and all(site.name.startswith(_LOGS) for site in sites)


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
