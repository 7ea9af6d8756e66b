"""Blocking HTTP -> one shared `AsyncClient` for each event loop.

    r = requests.get(url, timeout=2)      ->      r = await http_client().get(url, timeout=2)

Only where every argument, every use of the response and every `except` clause has an exact equal; other calls
are offloaded.
"""

from __future__ import annotations

from ....analysis.syntax import span_of
from ....model import Code, ImportNeed, ReplaceCall, Support, slot
from ...twin import Call, NoTwinError, TwinPlan, Whole, World
from ..generated import clients
from ..responses.streams import STREAM, reads_of, stream_edits
from ..values.given import given_arguments
from ..values.values import Values
from .call import METHODS, PLAIN_POSITIONS, check_bodies, mapped_call, request

REQUESTS = frozenset(f"requests.{method}" for method in METHODS)
PLAIN = frozenset(f"{library}.{method}" for library in ("httpx", "httpx2") for method in (*METHODS, STREAM))
_OF_THE_CLIENT = {"verify", "cert", "proxy", "proxies", "mounts", "trust_env", "cookies"}


def twin(call: Call, values: Values) -> TwinPlan:
    """The plan for one `requests.<method>(...)`. Raises `NoTwinError` when it has no exact equal."""
    world = call.world
    mapped = mapped_call(call, values)
    support: tuple[Support, ...] = (
        clients.client(world.library, mapped.options, timeout_given=mapped.has_timeout),
    )
    name = mapped.options.name
    check_client(world, mapped.options)
    own = request(call, mapped, values, f"{slot(0)}()", (ImportNeed(world.module, name),))
    edits = (*((call.file.path, edit) for edit in own.edits), *own.elsewhere)
    text = f"await {name}().{mapped.method}(...)"
    turn_together = {call.key, *reads_of(world, call.key)} if mapped.streams else own.together
    whole = Whole(f"{min(turn_together)}", frozenset(turn_together)) if turn_together else None
    return TwinPlan(edits, own.awaited, text, (*support, *own.support), own.notes, whole)


def check_client(world: World, options: clients.Options) -> None:
    """Two clients of one name would be one: that of the other certificate, or the other proxy."""
    text = options.before + options.arguments
    path = world.effects.program.module_path(world.module)
    there = world.syntax.file(path).text if path is not None else ""
    is_there = f"def {options.name}(" in there
    if world.clients.setdefault(options.name, text) != text or (is_there and text not in there):
        raise NoTwinError(f"{options.name} has other options already")


def plain_twin(call: Call) -> TwinPlan:
    """`httpx.get(...)` -> the same call of a shared client with the same defaults. Raises `NoTwinError`."""
    library, _, method = call.site.name.rpartition(".")
    if library != call.world.library:
        raise NoTwinError(f"the shared clients are those of {call.world.library}")
    given = given_arguments(call, PLAIN_POSITIONS[method])
    for name in sorted(_OF_THE_CLIENT & given.keys()):
        raise NoTwinError(f"{name}= belongs to the client, which all calls share")
    check_bodies(call)
    client = clients.plain_client(library)
    callee = Code(f"{slot(0)}().{method}", (ImportNeed(call.world.module, client.name),))
    text = f"{client.name}().{method}(...)"
    if method != STREAM:
        edit = ReplaceCall(span_of(call.call), callee, awaited=True)
        return TwinPlan(((call.file.path, edit),), (edit.span,), f"await {text}", (client,))
    opened = stream_edits(call.file, call.node, call.call)
    edits = (ReplaceCall(span_of(call.call), callee), *opened)
    whole = Whole(f"{call.key}", frozenset({call.key, *reads_of(call.world, call.key)}))
    return TwinPlan(
        tuple((call.file.path, edit) for edit in edits),
        (span_of(call.call),),
        f"async with {text}",
        (client,),
        (),
        whole,
    )
