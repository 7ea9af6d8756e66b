"""A `requests.Session` or `httpx.Client` that is made once -> an async client for each event loop.

    response = session.get(url)             ->      response = await session().get(url)

What makes the client and what sets it up: `factories`. A session that is made per request stays, in the
thread pool: nobody closes it. One that a `with` makes and closes: `http_blocks`.
"""

from __future__ import annotations

import ast

from ...analysis.link.program import CallKey
from ...analysis.syntax import span_of
from ...model import HttpClient, ImportNeed, Span, slot
from ..making.keepers import place_and_keepers
from ..making.places import Place
from ..objects.client_object import ClientObject
from ..objects.uses import Objects
from ..rewriting.factories import Maker, factory_edits
from ..rewriting.passing import Spelling, askers, passing_edits
from ..rewriting.renaming import Renaming
from ..twin import Call, NoTwinError, TwinPlan, Whole
from .blocks import lives_in_blocks
from .blocks import twin as twin_in_block
from .call import METHODS, client_call
from .client_module import CONTEXT
from .session_settings import check_setting, setting
from .streams import STREAM, reads_of
from .values import Values

SESSIONS = frozenset(f"requests.Session.{method}" for method in METHODS)
CLIENTS = frozenset(
    f"{library}.Client.{method}" for library in ("httpx", "httpx2") for method in (*METHODS, STREAM)
)
CONSTRUCTORS = frozenset({"requests.Session", "requests.session", "httpx.Client", "httpx2.Client"})

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
    if lives_in_blocks(call.world, client):
        return twin_in_block(call, objects, client, values)
    place = place_and_keepers(objects, client, what)
    spelling = Spelling(objects, place)
    is_session = call.site.name in SESSIONS
    library = call.world.library if is_session else _library(call)
    old = "requests.Session" if is_session else f"{library}.Client"
    renaming = Renaming(frozenset({old}), library, "AsyncClient", what, True)
    requests: set[CallKey] = set()
    for other, attributes in sorted(client.calls.items()):
        if other.path == place.file.path and _in_setup(place, call.world.effects.program.call(other).span):
            continue
        is_stream = attributes == (STREAM,) and call.site.name in CLIENTS
        if not is_stream and (len(attributes) != 1 or attributes[0] not in METHODS):
            raise NoTwinError(f".{'.'.join(attributes)}() of {what} has no exact twin")
        requests.update((other, *reads_of(call.world, other)))
    maker = _session(call, client, place, values) if is_session else _client(call, place)
    made = factory_edits(place, maker, lambda statement: statement not in _verify(place))
    context = CONTEXT if any(need.name == CONTEXT for need in maker.needs) else ""
    receiver = spelling.client(call.file, _receiver(call))
    own = client_call(call, values, receiver, is_session=is_session)
    return TwinPlan(
        (
            *((call.file.path, edit) for edit in own.edits),
            *((place.file.path, edit) for edit in made),
            *passing_edits(objects, client, place, renaming),
        ),
        own.awaited,
        f"await {receiver}.{call.site.name.rpartition('.')[2]}(...)",
        (HttpClient("", library, context),),
        own.notes,
        Whole(f"{place.holder}", frozenset(requests), askers(objects, client, place.keepers)),
    )


def _in_setup(place: Place, span: Span) -> bool:
    return any(span_of(each).contains(span) for each in place.setup)


def _receiver(call: Call) -> ast.expr:
    assert isinstance(call.call.func, ast.Attribute)
    return call.call.func.value


def _library(call: Call) -> str:
    return call.site.name.partition(".")[0]


def _verify(place: Place) -> list[ast.stmt]:
    """Statements of the setup that become an argument."""
    return [each for each in place.setup if setting(place.file, place.target, each) == "verify"]


def _session(call: Call, client: ClientObject, place: Place, values: Values) -> Maker:
    library = call.world.library
    verify = _verify(place)
    for statement in place.setup:
        if statement not in verify:
            check_setting(call.world, values, place.file, place.target, statement)
    if any(
        not (isinstance(s, ast.Assign) and isinstance(s.value, ast.Constant) and s.value.value is False)
        for s in verify
    ):
        raise NoTwinError("verify of the session is not a plain False")
    limit = "" if all(_has_timeout(call, other) for other in client.calls) else "    timeout=None,\n"
    constructor = (
        f"{slot(1)}.AsyncClient(\n"
        + f"    verify={'False' if verify else slot(2)},\n"
        + f"    follow_redirects=True,\n{limit}"
        + f"    limits={slot(1)}.Limits(max_connections=None, max_keepalive_connections=20),\n)"
    )
    need, context = ImportNeed(call.world.module, "per_event_loop"), ImportNeed(call.world.module, CONTEXT)
    needs = (ImportNeed(library),) if verify else (ImportNeed(library), context)
    return Maker(f"{slot(1)}.AsyncClient", constructor, need, needs)


def _has_timeout(call: Call, other: CallKey) -> bool:
    site = call.world.effects.program.call(other)
    is_request = getattr(site.func, "attr", "") in METHODS
    return not is_request or "timeout" in dict(site.keywords)


def _client(call: Call, place: Place) -> Maker:
    """Same arguments, same attributes: only the class is another."""
    given = {keyword.arg for keyword in place.made.keywords}
    if place.made.args or None in given or given - _SAME_OPTIONS:
        raise NoTwinError("the client is made with arguments that an async client takes differently")
    library = _library(call)
    written = [place.file.source(keyword) for keyword in place.made.keywords]
    needs = [ImportNeed(library)]
    if not given & {"verify", "cert", "trust_env"}:
        written.append(f"verify={slot(2)}")
        needs.append(ImportNeed(call.world.module, CONTEXT))
    if "limits" not in given:
        # threads were at most forty; the default limit of a hundred would make requests wait for a connection
        written.append(f"limits={slot(1)}.Limits(max_connections=None, max_keepalive_connections=20)")
    if "#" in place.file.source(place.made):
        raise NoTwinError("there is a comment among the arguments of the client")
    source = "\n" + "".join(f"    {argument},\n" for argument in written)
    need = ImportNeed(call.world.module, "per_event_loop")
    return Maker(f"{slot(1)}.AsyncClient", f"{slot(1)}.AsyncClient({source})", need, tuple(needs))
