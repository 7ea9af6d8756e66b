"""The client of an SDK that is made once -> its async twin, one for each event loop.

    client = OpenAI(api_key=KEY)                    @per_event_loop
                                            ->      def client() -> AsyncOpenAI:
                                                        return AsyncOpenAI(api_key=KEY)

    client.chat.completions.create(...)     ->      await client().chat.completions.create(...)
    for chunk in client...(stream=True):    ->      async for chunk in await client()...(stream=True):

    client = genai.Client(api_key=KEY)      ->      a function that gives genai.Client(api_key=KEY).aio

What a call gives and what it raises are objects of the same classes. The catalogue names the classes and the
calls of which this was tried: pages that fetch the next one while they are read, and files that are sent, are
not among them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from packaging.requirements import Requirement

from ..analysis.nodes import walk
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..catalogue import CallForm, Catalogue
from ..catalogue.schema import Owner
from ..model import (
    AsyncStatement,
    Code,
    Dependency,
    Edit,
    HttpClient,
    ImportNeed,
    Note,
    NoteKind,
    ReplaceCall,
    Span,
    slot,
)
from .http.client_module import SDK
from .objects.client_object import ClientObject
from .objects.factories import Maker, arguments_text, factory_edits
from .objects.passing import Spelling, askers, passing_edits
from .objects.places import Place, place_of_client
from .objects.renaming import Renaming
from .objects.uses import Objects
from .twin import Call, NoTwinError, TwinPlan, Whole, World, check_module

_WHAT = "the client"
NOTE = Note(
    NoteKind.BEHAVIOUR,
    "clients of SDKs are made when they are first used: a missing key is noticed then, not at the import",
)
_AWAITED = (CallForm.AWAIT, CallForm.AWAIT_ASYNC_FOR)
_FRAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)


def clients_of(catalogue: Catalogue, name: str) -> frozenset[str]:
    """The classes of clients of the library whose call `name` is; none if it is no call of a client."""
    found = catalogue.clients(name.partition(".")[0])
    return found if any(name.startswith(f"{client}.") for client in found) else frozenset()


def twin(call: Call, objects: Objects) -> TwinPlan:
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
    loops = tuple(_stream_loops(call))
    edits: list[tuple[str, Edit]] = [
        (call.file.path, ReplaceCall(span_of(call.call), Code(callee), awaited=True)),
        *((call.file.path, AsyncStatement(span)) for span in loops),
        *((place.file.path, edit) for edit in _construction(world, place, cls)),
        *passing_edits(objects, client, spelling, renaming),
    ]
    return TwinPlan(
        tuple(edits),
        (span_of(call.call), *loops),
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
    if entry is None or not entry.exact or entry.call_form not in _AWAITED or entry.twin is None:
        raise NoTwinError(f"{call.site.name} has no exact twin")
    path: list[str] = []
    for _ in range(depth):
        assert isinstance(node, ast.Attribute)
        path.insert(0, node.attr)
        node = node.value
    return f"{spelling.client(call.file, node)}.{'.'.join(path)}"


def _stream_loops(call: Call) -> Iterator[Span]:
    """The loops over what `stream=True` gives. Raises `NoTwinError` where it is used in another way."""
    given = {keyword.arg: keyword.value for keyword in call.call.keywords}
    stream = given.get("stream")
    if call.site.entry is not None and call.site.entry.call_form is CallForm.AWAIT_ASYNC_FOR:
        yield from _all_loops(call)
        return
    if stream is None and None not in given:
        return
    if isinstance(stream, ast.Constant) and stream.value is False:
        return
    streams = call.site.entry is not None and call.site.entry.streamed is not None
    if not (streams and isinstance(stream, ast.Constant) and stream.value is True):
        raise NoTwinError("whether it streams is not written out")
    yield from _all_loops(call)


def _all_loops(call: Call) -> list[Span]:
    found = list(_loops(call.file, call.node, call.call))
    if not found:
        raise NoTwinError("the stream is handed on")
    return found


def _loops(file: FileSyntax, function: FunctionNode, made: ast.Call) -> Iterator[Span]:
    """`for chunk in client...:`, or all uses of the one name that the stream has."""
    parent = file.parents[made]
    if isinstance(parent, ast.For) and parent.iter is made:
        yield span_of(parent)
        return
    target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
    if not isinstance(target, ast.Name):
        return
    for node in walk(function):
        if not isinstance(node, ast.Name) or node.id != target.id or node is target:
            continue
        loop = file.parents[node]
        frame = next(n for n in file.above(node) if isinstance(n, _FRAMES))
        if not (isinstance(loop, ast.For) and loop.iter is node) or frame is not function:
            raise NoTwinError("the stream is handed on")
        yield span_of(loop)


def _construction(world: World, place: Place, cls: Owner) -> tuple[Edit, ...]:
    given = {keyword.arg for keyword in place.made.keywords}
    if place.setup:
        raise NoTwinError(f"{_WHAT} is set up after it is made")
    if place.made.args or None in given or given - cls.options:
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
