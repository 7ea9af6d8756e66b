"""One HTTP call, written anew for an async client: its arguments, its response, the call itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import partial

import msgspec
from msgspec.structs import replace

from ....analysis.index.expr import Const, DictDisplay, Expr, Joined
from ....analysis.judge.effects.site import Site
from ....analysis.link.kinds import NONE, Inst
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import given_to
from ....analysis.syntax import span_of
from ....model import (
    Argument,
    Code,
    Edit,
    HttpClient,
    ImportNeed,
    Note,
    NoteKind,
    ReplaceCall,
    ReplaceExpression,
    Span,
)
from ...twin import Call, NoTwinError
from ..responses.response import Uses, response_uses
from ..responses.streams import STREAM, stream_edits
from ..values.forwarded import forwarded, star_of
from ..values.given import given_arguments
from ..values.scalars import Can
from ..values.values import Values
from . import requests_streams
from .arguments import Mapped, map_arguments
from .flow import Flow
from .in_common import check_auth, check_auth_passed_on

METHODS = ("get", "head", "options", "delete", "post", "put", "patch", "request")
PLAIN_POSITIONS = {
    method: ("method", "url") if method in ("request", STREAM) else ("url",) for method in (*METHODS, STREAM)
}
_PLAIN_BODIES = {"builtins.dict", "builtins.str", "builtins.bytes", NONE}
NOTE = Note(
    NoteKind.BEHAVIOUR,
    "requests become calls of a shared httpx client: it has another User-Agent, writes JSON without blanks "
    "and escapes, follows 20 redirects where requests follows 30, and does not read ~/.netrc and "
    "REQUESTS_CA_BUNDLE; a cookie set by a redirect is not sent to the next hop, which keeps the "
    "Content-Type of a POST that becomes a GET; text without a charset and all JSON are decoded as UTF-8",
)

_STATUS_NOTE = Note(
    NoteKind.BEHAVIOUR,
    "raise_for_status() of httpx takes an answer like 304 for an error as well, "
    "where a service sends one that nobody asked for and that leads nowhere",
)


def _uses_of(call: Call, values: Values, flow: Flow) -> Uses:
    """What becomes of the response; it and those that come to the same places may be handed on."""
    found = Uses()
    done: set[CallKey] = set()
    while pending := flow.requests.keys() - done:
        done |= pending
        for each in (flow.requests[key] for key in sorted(pending)):
            mapped = mapped_call(each, values)
            uses = response_uses(
                each.file,
                each.node,
                each.call,
                each.world.library,
                follows_redirects=mapped.follows_redirects,
                also=partial(_check_other, each, values=values),
                leaves=partial(flow.leave, each.function),
            )
            if flow.is_handed_on and (mapped.streams or not mapped.follows_redirects):
                raise NoTwinError("a response that is handed on is streamed, or may be a redirect")
            found = uses if each.key == call.key else found
    return found


def check_bodies(call: Call) -> None:
    """From httpx to httpx only files and generators differ: they must be async. Raises `NoTwinError`."""
    given = given_arguments(call, PLAIN_POSITIONS[call.site.name.rpartition(".")[2]])
    for name in ("content", "data", "files"):
        if name not in given or isinstance(given[name].value, (ast.Constant, ast.Dict, ast.JoinedStr)):
            continue
        if not _is_plain_body(call, name, call.scope, call.arguments[1].get(name), call.call.lineno):
            raise NoTwinError(f"{name}= may be a file or a generator, which an async client does not take")
    check_auth(call.file, given["auth"].value if "auth" in given else None)
    for name, key, value, line in forwarded(call) if star_of(call) is not None else ():
        if name == "auth":
            check_auth_passed_on(value)
        if name not in ("content", "data", "files") or isinstance(value, (Const, DictDisplay, Joined)):
            continue
        if not _is_plain_body(call, name, key, value, line):
            where = f"{key.path}:{line}"
            raise NoTwinError(f"{name}= is passed on, and may be a file or a generator ({where})")


def _is_plain_body(call: Call, name: str, key: Key, value: Expr | None, line: int) -> bool:
    """A form or a text, whatever stands in it; files may hold what is open."""
    kinds = call.world.kinds(key, value, line) if value is not None else frozenset()
    plain = bool(kinds) and all(isinstance(kind, Inst) and kind.name in _PLAIN_BODIES for kind in kinds)
    return name != "files" and plain


def mapped_call(call: Call, values: Values) -> Mapped:
    return map_arguments(call, call.site.name.rpartition(".")[2], values)


def _check_other(call: Call, other: ast.Call, *, values: Values) -> None:
    """The response of another call has the same name: both turn or none does."""
    world = call.world
    key = world.call_key(call.file.path, other)
    sites: tuple[Site, ...] = () if key is None else world.effects.of_call(key)
    family = call.site.name.rpartition(".")[0]
    if len(sites) != 1 or sites[0].name.rpartition(".")[0] != family:
        raise NoTwinError("its result shares a name with another value")
    if call.file.statement(other) is not call.file.parents[other]:
        raise NoTwinError("its result shares a name with another value")
    if mapped_call(Call(world, call.function, sites[0], call.file, call.node, other), values).streams:
        raise NoTwinError("its result shares a name with one that is streamed")


class ClientCall(msgspec.Struct, frozen=True):
    """What becomes of one call on a session or client."""

    edits: tuple[Edit, ...]
    awaited: tuple[Span, ...]
    notes: tuple[Note, ...] = ()
    support: tuple[HttpClient, ...] = ()
    elsewhere: tuple[tuple[str, Edit], ...] = ()
    """Where functions hand the response to each other."""
    together: frozenset[CallKey] = frozenset()
    """All calls whose responses they hand to each other."""


def client_call(call: Call, values: Values, client: str, *, is_session: bool) -> ClientCall:
    """`client` is the text that gives the async client. Raises `NoTwinError`."""
    if not is_session:
        check_bodies(call)
        method = call.site.name.rpartition(".")[2]
        opened = stream_edits(call.file, call.node, call.call) if method == STREAM else ()
        edit = ReplaceCall(span_of(call.call), Code(f"{client}.{method}"), awaited=not opened)
        return ClientCall((edit, *opened), (edit.span,))
    mapped = mapped_call(call, values)
    if mapped.options.arguments or mapped.options.before:
        raise NoTwinError("verify=, cert= and proxies= belong to the client")
    headers = call.arguments[1].get("headers")
    if headers is not None and values.mapping(call.scope, headers, call.call.lineno)[0] & Can.NONE:
        raise NoTwinError("a header of the session may be taken away")
    return request(call, mapped, values, client, ())


def request(
    call: Call, mapped: Mapped, values: Values, client: str, needs: tuple[ImportNeed, ...]
) -> ClientCall:
    """One request; `client` is the text that gives the client, with slots for `needs`."""
    notes = (NOTE, *dict.fromkeys(mapped.notes))
    support = tuple(HttpClient("", call.world.library, helper) for helper in mapped.helpers)
    if mapped.streams:
        notes = (*notes, *_of_status(call, ()))
        streamed = requests_streams.stream_edits(call, mapped, client, needs, call.world.library)
        return ClientCall(streamed, (span_of(call.call),), (*notes, requests_streams.NOTE), support)
    flow = Flow(call)
    uses = _uses_of(call, values, flow)
    notes = (*notes, *_of_status(call, [where for _, where in flow.raising]))
    edits = (*uses.edits, *_call_edits(call, mapped, uses, client, needs))
    own = ClientCall(edits, (span_of(uses.whole or call.call),), notes, support)
    if not flow.is_handed_on:
        return own
    call.world.raising[call.key] = tuple(flow.raising)
    return replace(own, elsewhere=tuple(flow.edits()), together=frozenset(flow.requests))


def _of_status(call: Call, elsewhere: Iterable[ast.Attribute]) -> tuple[Note, ...]:
    """Is `raise_for_status()` called, here or where the response is handed to?"""
    here = (node for node in ast.walk(call.node) if isinstance(node, ast.Attribute))
    is_called = any(each.attr == "raise_for_status" for each in (*here, *elsewhere))
    return (_STATUS_NOTE,) if is_called else ()


def _call_edits(
    call: Call, mapped: Mapped, uses: Uses, client: str, need: tuple[ImportNeed, ...]
) -> list[Edit]:
    """`client` is the text that gives the client, with slots for `need`."""
    if uses.whole is None:
        callee = Code(f"{client}.{mapped.method}", need)
        return [*mapped.edits, ReplaceCall(span_of(call.call), callee, tuple(mapped.arguments), awaited=True)]
    text = f"{client}.{mapped.method}({', '.join(_written(call, mapped))})"
    awaited = f"await {text}" if ":= {})" in uses.form else f"(await {text})"
    return [ReplaceExpression(span_of(uses.whole), Code(uses.form.format(awaited), need))]


def _written(call: Call, mapped: Mapped) -> list[str]:
    """The new arguments as text, where the call is part of an expression that is written anew."""
    if mapped.helpers:
        raise NoTwinError("params= may be sent differently, and the call is part of an expression")
    if mapped.edits or any(
        isinstance(node, (ast.Call, ast.Await)) for a in call.call.args for node in ast.walk(a)
    ):
        raise NoTwinError("the call is part of an expression that is too long to write anew")
    written = given_to(call.call)
    if any(isinstance(n, (ast.Call, ast.Await, ast.Lambda)) for value in written for n in ast.walk(value)):
        raise NoTwinError("the call is part of an expression that is too long to write anew")
    if "#" in call.file.source(call.call):
        raise NoTwinError("there is a comment in the call")
    return [_argument(call, argument, written) for argument in mapped.arguments]


def _argument(call: Call, argument: Argument, written: list[ast.expr]) -> str:
    source = (
        argument.code.text if argument.code is not None else call.file.source(written[argument.index or 0])
    )
    is_star = argument.index is not None and not argument.keyword and argument.index >= len(call.call.args)
    return f"{argument.keyword}={source}" if argument.keyword else f"{'**' * is_star}{source}"
