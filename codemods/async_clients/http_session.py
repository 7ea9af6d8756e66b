"""A `requests.Session` or `httpx.Client` that is made once -> an async client for each event loop.

    response = session.get(url)             ->      response = await session().get(url)

What makes the client and what sets it up: `factories`. A session that is made per request stays, in the
thread pool: an async client costs 20-160 ms to make, a session nothing.
"""

from __future__ import annotations

import ast

from ..analysis.nodes import walk
from ..analysis.program import CallKey
from ..analysis.syntax import span_of
from ..model import Code, Edit, HttpClient, ImportNeed, ReplaceCall, Span, slot
from .factories import Maker, Place, factory_edits, in_setup, place_of_client
from .http_call import METHODS, NOTE, call_edits, check_bodies, mapped_call, uses_of
from .objects import ClientObject, Objects
from .twin import Call, NoTwinError, TwinPlan, Whole
from .values import Can, Values

SESSIONS = frozenset(f"requests.Session.{method}" for method in METHODS)
CLIENTS = frozenset(f"{library}.Client.{method}" for library in ("httpx", "httpx2") for method in METHODS)
CONSTRUCTORS = frozenset({"requests.Session", "requests.session", "httpx.Client", "httpx2.Client"})

_SETTINGS = {"headers", "auth", "cookies"}
_SAME_OPTIONS = {
    "auth", "params", "headers", "cookies", "verify", "cert", "http1", "http2", "proxy", "timeout",
    "follow_redirects", "limits", "max_redirects", "base_url", "trust_env", "default_encoding",
}  # fmt: skip


def twin(call: Call, objects: Objects, values: Values) -> TwinPlan:
    """The plan for one call on a session or client. Raises `NoTwinError`."""
    client = objects.of_call(call.key)
    what = "the session" if call.site.name in SESSIONS else "the client"
    if client is None:
        raise NoTwinError(f"where {what} comes from is not seen")
    place = place_of_client(call.world, client, what)
    requests: set[CallKey] = set()
    for other, attributes in sorted(client.calls.items()):
        if other.path == place.file.path and in_setup(place, call.world.effects.program.call(other).span):
            continue
        if len(attributes) != 1 or attributes[0] not in METHODS:
            raise NoTwinError(f".{'.'.join(attributes)}() of {what} has no exact twin")
        requests.add(other)
    made = _session(call, client, place, values) if call.site.name in SESSIONS else _client(call, place)
    own = _own_call(call, values)
    return TwinPlan(
        tuple((call.file.path, edit) for edit in own[0]) + tuple((place.file.path, edit) for edit in made),
        own[1],
        f"await {call.file.source(_receiver(call))}().{call.site.name.rpartition('.')[2]}(...)",
        (HttpClient("", call.world.library if call.site.name in SESSIONS else _library(call), ""),),
        own[2],
        Whole(f"{place.holder}", frozenset(requests)),
    )


def _receiver(call: Call) -> ast.expr:
    assert isinstance(call.call.func, ast.Attribute)
    return call.call.func.value


def _library(call: Call) -> str:
    return call.site.name.partition(".")[0]


def _own_call(call: Call, values: Values) -> tuple[list[Edit], tuple[Span, ...], tuple[str, ...]]:
    receiver = call.file.source(_receiver(call))
    if call.site.name in CLIENTS:
        check_bodies(call)
        method = call.site.name.rpartition(".")[2]
        edit = ReplaceCall(span_of(call.call), Code(f"{receiver}().{method}"), awaited=True)
        return [edit], (edit.span,), ()
    mapped = mapped_call(call, values)
    if mapped.options.arguments or mapped.options.before:
        raise NoTwinError("verify=, cert= and proxies= belong to the client")
    _check_none(call, values)
    uses = uses_of(call, mapped, values)
    edits = [*uses.edits, *call_edits(call, mapped, uses, f"{receiver}()", ())]
    return edits, (span_of(uses.whole or call.call),), (NOTE, *dict.fromkeys(mapped.notes))


def _check_none(call: Call, values: Values) -> None:
    """`headers={"X-Key": None}` takes a header of the session away."""
    headers = call.arguments[1].get("headers")
    if headers is not None and values.mapping(call.scope, headers, call.call.lineno)[0] & Can.NONE:
        raise NoTwinError("a header of the session may be taken away")


def _session(call: Call, client: ClientObject, place: Place, values: Values) -> tuple[Edit, ...]:
    library = call.world.library
    if place.made.args or place.made.keywords:
        raise NoTwinError("the session is made with arguments")
    verify = [s for s in place.setup if _attribute(s, place) == "verify"]
    for statement in place.setup:
        if statement not in verify:
            _check_setting(place, statement)
    if any(
        not (isinstance(s, ast.Assign) and isinstance(s.value, ast.Constant) and s.value.value is False)
        for s in verify
    ):
        raise NoTwinError("verify of the session is not a plain False")
    limit = "" if all(_has_timeout(call, other) for other in client.calls) else "    timeout=None,\n"
    constructor = (
        f"{slot(1)}.AsyncClient(\n"
        + ("    verify=False,\n" if verify else "")
        + f"    follow_redirects=True,\n{limit}"
        + f"    limits={slot(1)}.Limits(max_connections=None, max_keepalive_connections=20),\n)"
    )
    need = ImportNeed(call.world.module, "per_event_loop")
    maker = Maker(f"{slot(1)}.AsyncClient", constructor, need, (ImportNeed(library),))
    return factory_edits(place, maker, lambda statement: statement not in verify)


def _has_timeout(call: Call, other: CallKey) -> bool:
    site = call.world.effects.program.call(other)
    is_request = getattr(site.func, "attr", "") in METHODS
    return not is_request or "timeout" in dict(site.keywords)


def _check_setting(place: Place, statement: ast.stmt) -> None:
    name = _attribute(statement, place)
    if name not in _SETTINGS:
        raise NoTwinError(f"{name or 'something'} of the session has no equal attribute in httpx")
    value = statement.value if isinstance(statement, (ast.Assign, ast.Expr)) else None
    if name == "auth" and not (isinstance(value, ast.Tuple) and len(value.elts) == 2):
        raise NoTwinError("auth of the session is not a pair")
    if name == "cookies" and not isinstance(statement, ast.Expr):
        raise NoTwinError("the cookies of the session are replaced")
    if (
        name == "headers"
        and isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Attribute)
    ):
        raise NoTwinError("the headers of the session are replaced")
    if any(isinstance(node, ast.Constant) and node.value is None for node in walk(statement)):
        raise NoTwinError("a header of the session is None")


def _attribute(statement: ast.stmt, place: Place) -> str:
    """`headers` in `session.headers["X"] = ...` and `session.headers.update(...)`."""
    node: ast.AST = statement.targets[0] if isinstance(statement, ast.Assign) else statement
    target = place.target
    for inner in walk(node):
        if isinstance(inner, ast.Attribute) and place.file.source(inner.value) == target:
            return inner.attr
    return ""


def _client(call: Call, place: Place) -> tuple[Edit, ...]:
    """Same arguments, same attributes: only the class is another."""
    given = {keyword.arg for keyword in place.made.keywords}
    if place.made.args or None in given or given - _SAME_OPTIONS:
        raise NoTwinError("the client is made with arguments that an async client takes differently")
    library = _library(call)
    written = [place.file.source(keyword) for keyword in place.made.keywords]
    if "limits" not in given:
        # threads were at most forty; the default limit of a hundred would make requests wait for a connection
        written.append(f"limits={slot(1)}.Limits(max_connections=None, max_keepalive_connections=20)")
    if "#" in place.file.source(place.made):
        raise NoTwinError("there is a comment among the arguments of the client")
    source = "\n" + "".join(f"    {argument},\n" for argument in written)
    need = ImportNeed(call.world.module, "per_event_loop")
    maker = Maker(f"{slot(1)}.AsyncClient", f"{slot(1)}.AsyncClient({source})", need, (ImportNeed(library),))
    return factory_edits(place, maker, lambda statement: True)
