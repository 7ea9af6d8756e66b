"""A `requests.Session` or `httpx.Client` that is made once -> an async client for each event loop.

    response = session.get(url)             ->      response = await session().get(url)

What makes the client and what sets it up: `factories`. A session that is made per request stays, in the
thread pool: nobody closes it. One that a `with` makes and closes: `blocks`. One that is made when the
application starts stays where it is made. What closes one when the application stops awaits that, and so does
what nobody calls: `def close(self): self.client.close()`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ....analysis.link.program import CallKey, Key
from ....analysis.syntax import span_of
from ....analysis.view import Views
from ....model import Code, Edit, HttpClient, ReplaceCall, ReplaceExpression, Span
from ...making.at_start import made_at_start, turning_at_start
from ...making.keepers import place_and_keepers
from ...making.places import Place
from ...objects.client_object import ClientObject
from ...objects.uses import Objects
from ...rewriting.factories import factory_edits
from ...rewriting.passing import Spelling, askers, passing_edits
from ...rewriting.renaming import Renaming
from ...rewriting.startup import edits_at_start
from ...twin import Call, NoTwinError, TwinPlan, Whole
from ..calls.call import METHODS, client_call
from ..calls.session_settings import MOUNTED
from ..generated.client_module import CONTEXT
from ..responses.streams import STREAM, reads_of
from ..values.values import Values
from .blocks import lives_in_blocks
from .blocks import twin as twin_in_block
from .makers import client_maker, mounted_on, session_maker, verified_by
from .mounted import gone, sizes_alone

SESSIONS = frozenset(f"requests.Session.{method}" for method in METHODS)
CLIENTS = frozenset(
    f"{library}.Client.{method}" for library in ("httpx", "httpx2") for method in (*METHODS, STREAM)
)
_THE_SAME = frozenset({"cookies", "headers", "params"})
"""Attributes of a client of httpx that are those of its twin: `app.state.http.headers.update(..)`."""
CONSTRUCTORS = frozenset({"requests.Session", "requests.session", "httpx.Client", "httpx2.Client"})


def twin(call: Call, objects: Objects, values: Values) -> TwinPlan:
    """The plan for one call on a session or client. Raises `NoTwinError`."""
    client = objects.of_call(call.key)
    what = "the session" if call.site.name in SESSIONS else "the client"
    if client is None:
        raise NoTwinError(f"where {what} comes from is not seen")
    if call.site.name in SESSIONS:
        _check_mounted(call, client)
    if lives_in_blocks(call.world, client):
        return twin_in_block(call, objects, client, values)
    started = _started(call, client)
    place = place_and_keepers(objects, client, what) if started is None else _place(call, client, started)
    spelling = Spelling(objects, place if started is None else None)
    is_session = call.site.name in SESSIONS
    library = call.world.library if is_session else _library(call)
    old = "requests.Session" if is_session else f"{library}.Client"
    renaming = Renaming(frozenset({old}), library, "AsyncClient", what, True)
    requests: set[CallKey] = set()
    mounted: list[tuple[str, Edit]] = []
    closed = dict(_closing(call, client, spelling))
    for other, attributes in sorted(client.calls.items()):
        if other.path == place.file.path and _in_setup(place, call.world.effects.program.call(other).span):
            continue
        if other in closed or (started is not None and not is_session and attributes[0] in _THE_SAME):
            continue
        is_stream = attributes == (STREAM,) and call.site.name in CLIENTS
        if attributes == ("mount",) and is_session and (edits := _unmounted(call, other)):
            mounted += edits
            continue
        if not is_stream and (len(attributes) != 1 or attributes[0] not in METHODS):
            raise NoTwinError(f".{'.'.join(attributes)}() of {what} has no exact twin")
        requests.update((other, *reads_of(call.world, other)))
    at_start = started is not None
    maker = (
        session_maker(call, client, place, values, at_start=at_start)
        if is_session
        else client_maker(call, place, at_start=at_start)
    )
    asking = askers(objects, client, place.keepers) | _uncalled(call, closed)
    whole = Whole(f"{place.holder}", frozenset(requests), asking)
    if started is None:
        turned = [*verified_by(place), *mounted_on(call, place)]
        made = factory_edits(place, maker, lambda statement: statement not in turned)
        passing = passing_edits(objects, client, place, renaming)
    else:
        whole = Whole(f"{started}", frozenset(requests))
        made = (ReplaceExpression(span_of(place.made), maker.at_start),)
        used = client if is_session else _without_same(objects, client)
        passing = edits_at_start(objects, Views(objects.inference, call.world.syntax), used, renaming)
    context = CONTEXT if any(need.name == CONTEXT for need in maker.needs) else ""
    receiver = spelling.client(call.file, _receiver(call))
    own = client_call(call, values, receiver, is_session=is_session)
    if not own.together <= whole.calls:
        raise NoTwinError("the response comes to the same places as those of another client")
    return TwinPlan(
        (
            *((call.file.path, edit) for edit in own.edits),
            *((place.file.path, edit) for edit in made),
            *passing,
            *mounted,
            *own.elsewhere,
            *(edit for edits in closed.values() for edit in edits),
        ),
        own.awaited,
        f"await {receiver}.{call.site.name.rpartition('.')[2]}(...)",
        (*((HttpClient("", library, context),) if started is None else ()), *own.support),
        own.notes,
        whole,
    )


def _started(call: Call, client: ClientObject) -> CallKey | None:
    """The call that makes it when the application starts; what an `__init__` sets up as well is made by a
    method of its own, as where the object is made in a module."""
    made, program = made_at_start(call.world, client), call.world.effects.program
    if made is not None and client.reads:
        owner = program.owner_of(made.path, program.call(made).scope)
        return None if program.scope(owner).name == "__init__" else made
    return made


def _without_same(objects: Objects, client: ClientObject) -> ClientObject:
    """Without what is read and set in the same way on the twin."""
    nodes = [(read, objects.node(*read)) for read in client.reads]
    kept = [read for read, node in nodes if not (isinstance(node, ast.Attribute) and node.attr in _THE_SAME)]
    return replace(client, reads=kept)


def _place(call: Call, client: ClientObject, made: CallKey) -> Place:
    """Where a client is made when the application starts."""
    file = call.world.syntax.file(made.path)
    node = file.call(call.world.effects.program.call(made).span)
    if node is None or not client.holders:
        raise NoTwinError("the client is made for each call")
    return Place(min(client.holders), file, node, file.statement(node))


def _closing(
    call: Call, client: ClientObject, spelling: Spelling
) -> Iterator[tuple[CallKey, tuple[tuple[str, Edit], ...]]]:
    """Its `close()` in what only runs when the application stops, or in a function that nobody calls."""
    program = call.world.effects.program
    for key in sorted(key for key, attributes in client.calls.items() if attributes == ("close",)):
        file, span = call.world.syntax.file(key.path), program.call(key).span
        owner = program.owner_of(key.path, program.call(key).scope)
        node, turning = file.call(span), turning_at_start(call.world, owner)
        if turning is None and _is_alone(call, owner):
            turning = ()
        if node is None or turning is None or not isinstance(file.parents[node], ast.Expr):
            continue
        assert isinstance(node.func, ast.Attribute)
        text = f"{spelling.client(file, node.func.value)}.aclose"
        yield key, ((key.path, ReplaceCall(span, Code(text), awaited=True)), *turning)


def _is_alone(call: Call, function: Key) -> bool:
    """Does nothing that is seen call it, or hand it on? A handler is called, by its decorator."""
    scope, callers = call.world.effects.program.scope(function), call.world.callers
    is_named = any(callers.calls(function)) or any(callers.references(function))
    return bool(function.scope) and not (scope.decorators or is_named)


def _uncalled(call: Call, closed: Iterable[CallKey]) -> frozenset[Key]:
    """The functions among those that close it which turn by themselves, if nothing else may call them."""
    program, world = call.world.effects.program, call.world
    owners = {program.owner_of(key.path, program.call(key).scope) for key in closed}
    return frozenset(each for each in owners if turning_at_start(world, each) is None)


def _check_mounted(call: Call, client: ClientObject) -> None:
    """Told first, wherever the session goes: it is what keeps it. Raises `NoTwinError`."""
    for key, attributes in sorted(client.calls.items()):
        if attributes == ("mount",) and not _unmounted(call, key):
            raise NoTwinError(MOUNTED)


def _unmounted(call: Call, key: CallKey) -> tuple[tuple[str, Edit], ...]:
    """What takes a `mount()` away that only sets sizes."""
    file = call.world.syntax.file(key.path)
    node = file.call(call.world.effects.program.call(key).span)
    statement = file.statement(node) if node is not None else None
    if statement is None or not sizes_alone(call.world, file, statement):
        return ()
    return tuple((key.path, edit) for edit in gone(call.world, file, statement))


def _in_setup(place: Place, span: Span) -> bool:
    return any(span_of(each).contains(span) for each in place.setup)


def _receiver(call: Call) -> ast.expr:
    assert isinstance(call.call.func, ast.Attribute)
    return call.call.func.value


def _library(call: Call) -> str:
    return call.site.name.partition(".")[0]
