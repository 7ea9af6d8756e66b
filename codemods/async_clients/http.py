"""Blocking HTTP -> one shared `AsyncClient` for each event loop.

    r = requests.get(url, timeout=2)      ->      r = await http_client().get(url, timeout=2)

Only where every argument, every use of the response and every `except` clause has an exact equal; other calls
are offloaded.
"""

from __future__ import annotations

import ast

from ..analysis.effects import Site
from ..analysis.program import CallKey
from ..analysis.syntax import span_of
from ..model import Argument, Code, Edit, ImportNeed, ReplaceCall, ReplaceExpression, Support, slot
from . import http_clients
from .http_arguments import Mapped, given_arguments, map_arguments
from .http_response import Uses, response_uses
from .twin import Call, NoTwinError, TwinPlan
from .values import Values

_METHODS = ("get", "head", "options", "delete", "post", "put", "patch", "request")
REQUESTS = frozenset(f"requests.{method}" for method in _METHODS)
PLAIN = frozenset(f"{library}.{method}" for library in ("httpx", "httpx2") for method in _METHODS)
_NOTE = (
    "requests become calls of a shared httpx client: ~/.netrc and REQUESTS_CA_BUNDLE are not read, "
    "a cookie set by a redirect is not sent to the next hop, and text without a charset is decoded as UTF-8"
)
_PLAIN_POSITIONS = {method: ("method", "url") if method == "request" else ("url",) for method in _METHODS}
_OF_THE_CLIENT = {"verify", "cert", "proxy", "proxies", "mounts", "trust_env", "cookies"}


def twin(call: Call, values: Values) -> TwinPlan:
    """The plan for one `requests.<method>(...)`. Raises `NoTwinError` when it has no exact equal."""
    world = call.world
    mapped = _mapped(call, values)
    uses = response_uses(
        call.file,
        call.node,
        call.call,
        world.library,
        follows_redirects=mapped.follows_redirects,
        also=lambda other: _check_other(call, other, values),
    )
    support: tuple[Support, ...] = (
        http_clients.client(world.library, mapped.options, timeout_given=mapped.has_timeout),
    )
    name = mapped.options.name
    edits = [
        (call.file.path, edit)
        for edit in (*uses.edits, *_call_edits(call, mapped, uses, f"{slot(0)}()", name))
    ]
    text = f"await {name}().{mapped.method}(...)"
    notes = (_NOTE, *dict.fromkeys(mapped.notes))
    return TwinPlan(tuple(edits), (span_of(uses.whole or call.call),), text, support, notes)


def plain_twin(call: Call) -> TwinPlan:
    """`httpx.get(...)` -> the same call of a shared client with the same defaults. Raises `NoTwinError`."""
    library, _, method = call.site.name.rpartition(".")
    given = given_arguments(call, _PLAIN_POSITIONS[method])
    for name in sorted(_OF_THE_CLIENT & given.keys()):
        raise NoTwinError(f"{name}= belongs to the client, which all calls share")
    for name in ("content", "data", "files"):
        if name in given and not isinstance(given[name].value, (ast.Constant, ast.Dict, ast.JoinedStr)):
            raise NoTwinError(f"{name}= may be a file or a generator, which an async client does not take")
    client = http_clients.plain_client(library)
    callee = Code(f"{slot(0)}().{method}", (ImportNeed(call.world.module, client.name),))
    edit = ReplaceCall(span_of(call.call), callee, awaited=True)
    text = f"await {client.name}().{method}(...)"
    return TwinPlan(((call.file.path, edit),), (edit.span,), text, (client,))


def _mapped(call: Call, values: Values) -> Mapped:
    return map_arguments(call, call.site.name.rpartition(".")[2], values)


def _check_other(call: Call, other: ast.Call, values: Values) -> None:
    """The response of another call has the same name: both turn or none does."""
    world = call.world
    facts = world.effects.program.modules[call.file.path].facts
    number = next((n for n, found in enumerate(facts.calls) if found.span == span_of(other)), None)
    sites: tuple[Site, ...] = () if number is None else world.effects.of_call(CallKey(call.file.path, number))
    if len(sites) != 1 or sites[0].name not in REQUESTS:
        raise NoTwinError("its result shares a name with another value")
    if call.file.statement(other) is not call.file.parents[other]:
        raise NoTwinError("its result shares a name with another value")
    _mapped(Call(world, call.function, sites[0], call.file, call.node, other), values)


def _call_edits(call: Call, mapped: Mapped, uses: Uses, client: str, name: str) -> list[Edit]:
    need = (ImportNeed(call.world.module, name),)
    if uses.whole is None:
        callee = Code(f"{client}.{mapped.method}", need)
        return [*mapped.edits, ReplaceCall(span_of(call.call), callee, tuple(mapped.arguments), awaited=True)]
    text = f"{client}.{mapped.method}({', '.join(_written(call, mapped))})"
    return [ReplaceExpression(span_of(uses.whole), Code(uses.form.format(f"(await {text})"), need))]


def _written(call: Call, mapped: Mapped) -> list[str]:
    """The new arguments as text, where the call is part of an expression that is written anew."""
    if mapped.edits or any(
        isinstance(node, (ast.Call, ast.Await)) for a in call.call.args for node in ast.walk(a)
    ):
        raise NoTwinError("the call is part of an expression that is too long to write anew")
    written = [*call.call.args, *(keyword.value for keyword in call.call.keywords)]
    if any(isinstance(n, (ast.Call, ast.Await, ast.Lambda)) for value in written for n in ast.walk(value)):
        raise NoTwinError("the call is part of an expression that is too long to write anew")
    if "#" in call.file.source(call.call):
        raise NoTwinError("there is a comment in the call")
    return [_argument(call, argument, written) for argument in mapped.arguments]


def _argument(call: Call, argument: Argument, written: list[ast.expr]) -> str:
    source = (
        argument.code.text if argument.code is not None else call.file.source(written[argument.index or 0])
    )
    return f"{argument.keyword}={source}" if argument.keyword else source
