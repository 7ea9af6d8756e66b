"""The client of an SDK that is made once -> its async twin, one for each event loop.

    client = OpenAI(api_key=KEY)                    @per_event_loop
                                            ->      def client() -> AsyncOpenAI:
                                                        return AsyncOpenAI(api_key=KEY)

    client.chat.completions.create(...)     ->      await client().chat.completions.create(...)
    for chunk in client...(stream=True):    ->      async for chunk in await client()...(stream=True):

    client = genai.Client(api_key=KEY)      ->      a function that gives genai.Client(api_key=KEY).aio

What a call gives and what it raises are objects of the same classes, or of twins of theirs (`sdk_results`).
The catalogue names the classes and the calls of which this was tried: files that are sent are not among them.
"""

from __future__ import annotations

import ast

from packaging.requirements import Requirement

from ..analysis.syntax import span_of
from ..analysis.view import Views
from ..catalogue import CallForm, Catalogue, Entry
from ..catalogue.schema import Owner
from ..model import (
    Code,
    Dependency,
    Edit,
    HttpClient,
    ImportNeed,
    Note,
    NoteKind,
    ReplaceCall,
    slot,
)
from .http.client_module import SDK
from .objects.client_object import ClientObject
from .objects.factories import Maker, arguments_text, factory_edits
from .objects.passing import Spelling, askers, passing_edits
from .objects.places import Place, place_of_client
from .objects.renaming import Renaming
from .objects.uses import Objects
from .sdk_results import Reading, Results
from .twin import Call, NoTwinError, TwinPlan, Whole, World, check_module

_WHAT = "the client"
NOTE = Note(
    NoteKind.BEHAVIOUR,
    "clients of SDKs are made when they are first used: a missing key is noticed then, not at the import",
)
_FORMS = (CallForm.AWAIT, CallForm.AWAIT_ASYNC_FOR, CallForm.ASYNC_FOR)


def clients_of(catalogue: Catalogue, name: str) -> frozenset[str]:
    """The classes of clients of the library whose call `name` is; none if it is no call of a client."""
    found = catalogue.clients(name.partition(".")[0])
    return found if any(name.startswith(f"{client}.") for client in found) else frozenset()


def twin(call: Call, objects: Objects, views: Views) -> TwinPlan:
    """The plan for one call of the client. Raises `NoTwinError`."""
    world = call.world
    client = objects.of_call(call.key)
    if client is None:
        raise NoTwinError(f"where {_WHAT} comes from is not seen")
    place = place_of_client(world, client, _WHAT)
    cls = _class_of(world, client, objects.constructors)
    _check_tests(world, cls.name)
    spelling = Spelling(objects, place)
    callee = _callee(call, len(client.calls[call.key]), spelling)
    assert cls.twin is not None
    library, _, name = cls.twin.rpartition(".")
    renaming = Renaming(frozenset({cls.name}), library, name, _WHAT)
    reading = _result(call, views)
    edits: list[tuple[str, Edit]] = [
        (call.file.path, ReplaceCall(span_of(call.call), Code(callee), awaited=_is_awaited(call))),
        *((call.file.path, edit) for edit in reading.edits),
        *((place.file.path, edit) for edit in _construction(world, place, cls)),
        *passing_edits(objects, client, spelling, renaming),
    ]
    return TwinPlan(
        tuple(edits),
        (span_of(call.call), *reading.places),
        f"await {callee}(...)",
        (HttpClient("", SDK, ""), *_needs(cls)),
        (NOTE,),
        Whole(f"{place.holder}", frozenset(client.calls), askers(world, client)),
    )


def _class_of(world: World, client: ClientObject, constructors: frozenset[str]) -> Owner:
    (made,) = client.made
    names = {getattr(kind, "name", "") for kind in world.effects.inference.callees(made)} & constructors
    owner = world.effects.program.catalogue.owner(min(names)) if len(names) == 1 else None
    if owner is None or owner.twin is None:
        raise NoTwinError(f"{_WHAT} may be of several classes")
    return owner


def _needs(cls: Owner) -> tuple[Dependency, ...]:
    """What the twin is installed with beside the library."""
    if cls.needs is None:
        return ()
    name = Requirement(cls.needs).name
    limits = cls.needs.removeprefix(name)
    return (Dependency(name, limits, f"the async client of {cls.distribution} needs it"),)


def _check_tests(world: World, name: str) -> None:
    """What tests replace inside of the SDK, or the class itself, they expect to be called."""
    root, short = name.partition(".")[0], name.rpartition(".")[2]
    for patched in sorted(world.callers.patches.names):
        if patched.startswith(f"{root}.") or patched.rpartition(".")[2] == short:
            raise NoTwinError(f"tests replace {patched}")


def _callee(call: Call, depth: int, spelling: Spelling) -> str:
    """`client().chat.completions.create`; the client stands `depth` attributes below the call."""
    entry, node = call.site.entry, call.call.func
    if entry is None or not entry.exact or entry.call_form not in _FORMS or entry.twin is None:
        raise NoTwinError(f"{call.site.name} has no exact twin")
    path: list[str] = []
    for _ in range(depth):
        assert isinstance(node, ast.Attribute)
        path.insert(0, node.attr)
        node = node.value
    path[-1:] = [entry.twin.rpartition(".")[2]]
    return f"{spelling.client(call.file, node)}.{'.'.join(path)}"


def _is_awaited(call: Call) -> bool:
    """An async generator is not."""
    return call.site.entry is None or call.site.entry.call_form is not CallForm.ASYNC_FOR


def _result(call: Call, views: Views) -> Reading:
    """How what the call gives is used from now on. Raises `NoTwinError`."""
    entry, catalogue = call.site.entry, call.world.effects.program.catalogue
    assert entry is not None
    name = entry.streamed if _streams(call, entry) else entry.returns
    cls = catalogue.owner(name) if name is not None else None
    if cls is None or cls.twin is None:
        return Reading()
    return Results(views.of(call.file.path), catalogue, cls).of(call.call)


def _streams(call: Call, entry: Entry) -> bool:
    """Is `stream=True` given? Raises `NoTwinError` where that cannot be told."""
    given = {keyword.arg: keyword.value for keyword in call.call.keywords}
    stream = given.get("stream")
    if (stream is None and None not in given) or (isinstance(stream, ast.Constant) and stream.value is False):
        return False
    if entry.streamed is None or not (isinstance(stream, ast.Constant) and stream.value is True):
        raise NoTwinError("whether it streams is not written out")
    return True


def _construction(world: World, place: Place, cls: Owner) -> tuple[Edit, ...]:
    given = {keyword.arg for keyword in place.made.keywords}
    if place.setup:
        raise NoTwinError(f"{_WHAT} is set up after it is made")
    by_place = len(place.made.args) <= len(cls.positional) and not any(
        isinstance(argument, ast.Starred) for argument in place.made.args
    )
    if not by_place or None in given or given - cls.options:
        raise NoTwinError(f"{_WHAT} is made with arguments that its async twin may take differently")
    assert cls.twin is not None
    library, _, name = cls.twin.rpartition(".")
    module = world.beside("sdk_clients")
    check_module(world, module)
    need = ImportNeed(module, "per_event_loop")
    made = f"{slot(1)}({arguments_text(place)})"
    if cls.through is not None:
        made = f"{place.file.source(place.made.func)}({arguments_text(place)}).{cls.through}"
    return factory_edits(place, Maker(slot(1), made, need, (ImportNeed(library, name),)), lambda _: True)
