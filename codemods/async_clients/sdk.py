"""The client of an SDK that is made once -> its async twin, one for each event loop.

    client = OpenAI(api_key=KEY)                    @per_event_loop
                                            ->      def client() -> AsyncOpenAI:
                                                        return AsyncOpenAI(api_key=KEY)

    client.chat.completions.create(...)     ->      await client().chat.completions.create(...)
    for chunk in client...(stream=True):    ->      async for chunk in await client()...(stream=True):

    client = genai.Client(api_key=KEY)      ->      a function that gives genai.Client(api_key=KEY).aio
    client = Mistral(api_key=KEY)           ->      one that gives the same: it has both kinds of methods

What a call gives and what it raises are objects of the same classes, or of twins of theirs (`sdk_results`).
The catalogue names the classes and the calls of which this was tried: files that are sent are not among them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement

from ..analysis.index.bindings import Import
from ..analysis.index.expr import Attr, Expr
from ..analysis.index.facts import Reference
from ..analysis.link.kinds import Ext, Mod
from ..analysis.link.program import CallKey, Key
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
from .making.at_start import calls_at_start, made_at_start
from .making.per_call import NOTE as PER_CALL
from .making.per_call import place_of
from .making.places import Place
from .objects.client_object import ClientObject
from .objects.uses import Objects
from .rewriting.factories import Maker, arguments_text, factory_edits
from .rewriting.passing import Spelling, askers, passing_edits
from .rewriting.renaming import Renaming
from .rewriting.startup import edits_at_start
from .sdk_results import Reading, Results
from .twin import Call, NoTwinError, Turned, TwinPlan, Whole, World, check_module

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
    client = objects.of_call(call.key)
    if client is None:
        raise NoTwinError(f"where {_WHAT} comes from is not seen")
    started = made_at_start(call.world, client)
    place = place_of(objects, client, _WHAT, _client_name(objects)) if started is None else None
    using = _Using(objects, client, Spelling(objects, place), views)
    cls = _class_of(call.world, client, objects.constructors)
    check_tests(call.world, cls.name)
    check_errors(call.world, cls)
    turned = _started(using, cls, started) if started is not None else _kept(using, cls)
    callee, reading = using.callee(call), result(call, views)
    return TwinPlan(
        (*using.edits(call), *turned.edits),
        (span_of(call.call), *reading.places),
        f"await {callee}(...)",
        turned.support,
        turned.notes,
        turned.whole,
    )


@dataclass(frozen=True)
class _Using:
    """One client, and how its calls are written from now on."""

    objects: Objects
    client: ClientObject
    spelling: Spelling
    views: Views

    def edits(self, call: Call) -> Iterator[tuple[str, Edit]]:
        """Those of one call, and of what it gives. Raises `NoTwinError`."""
        edit = ReplaceCall(span_of(call.call), Code(self.callee(call)), awaited=_is_awaited(call))
        for each in (edit, *result(call, self.views).edits):
            yield call.file.path, each

    def callee(self, call: Call) -> str:
        """`client().chat.completions.create`; the client stands some attributes below the call."""
        entry, node = call.site.entry, call.call.func
        if entry is None or not entry.exact or entry.call_form not in _FORMS or entry.twin is None:
            raise NoTwinError(f"{call.site.name} has no exact twin")
        path: list[str] = []
        for _ in self.client.calls[call.key]:
            assert isinstance(node, ast.Attribute)
            path.insert(0, node.attr)
            node = node.value
        path[-1:] = [entry.twin.rpartition(".")[2]]
        return f"{self.spelling.client(call.file, node)}.{'.'.join(path)}"


def _kept(using: _Using, cls: Owner) -> Turned:
    """A client that a module or an object keeps becomes one for each event loop."""
    client, place, world = using.client, using.spelling.place, using.objects.world
    assert place is not None
    edits = (
        *((place.file.path, edit) for edit in _construction(world, place, cls)),
        *passing_edits(using.objects, client, place, _renaming(cls)),
    )
    calls = place.without_closing(world, client.calls)
    whole = Whole(f"{place.holder}", calls, askers(using.objects, client, place.keepers) | place.makers)
    note = PER_CALL if place.is_per_call else NOTE
    return Turned(edits, whole, (HttpClient("", SDK, ""), *_needs(cls)), (note, *notes(cls)))


def _started(using: _Using, cls: Owner, made: CallKey) -> Turned:
    """One that is made when the application starts stays there."""
    client, world = using.client, using.objects.world
    file = world.syntax.file(made.path)
    call = file.call(world.effects.program.call(made).span)
    assert call is not None
    _check_arguments(call, cls)
    renaming = _renaming(cls)
    callee = Code(slot(0), (ImportNeed(renaming.module, renaming.name),))
    if _is_both(cls):
        callee = Code(file.source(call.func))
    if cls.through is not None:
        raise NoTwinError(f"{_WHAT} is made when the application starts")
    awaited = list(calls_at_start(world, client))
    edits = (
        (made.path, ReplaceCall(span_of(call), callee)),
        *edits_at_start(using.objects, using.views, client, renaming),
        *(edit for each in awaited for edit in using.edits(each)),
    )
    whole = Whole(f"{made}", frozenset(client.calls) - {each.key for each in awaited})
    return Turned(edits, whole, _needs(cls), notes(cls))


def _client_name(objects: Objects) -> str:
    """`openai_client`, `genai_client`."""
    library = min(objects.constructors).rpartition(".")[0].rpartition(".")[2]
    return f"{library.removesuffix('_client')}_client"


def _renaming(cls: Owner) -> Renaming:
    assert cls.twin is not None
    library, _, name = cls.twin.rpartition(".")
    return Renaming(frozenset() if _is_both(cls) else frozenset({cls.name}), library, name, _WHAT)


def _is_both(cls: Owner) -> bool:
    """Has the client async methods of its own?"""
    return cls.twin == cls.name


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


def notes(cls: Owner) -> tuple[Note, ...]:
    """What the catalogue says of the twin: which errors it raises, how it sends."""
    return (Note(NoteKind.BEHAVIOUR, cls.notes["*"]),) if "*" in cls.notes else ()


def check_tests(world: World, name: str) -> None:
    """What tests replace inside of the SDK, or the class itself, they expect to be called."""
    root, short = name.partition(".")[0], name.rpartition(".")[2]
    for patched in sorted(world.callers.patches.names):
        if patched.startswith(f"{root}.") or patched.rpartition(".")[2] == short:
            raise NoTwinError(f"tests replace {patched}")


def check_errors(world: World, cls: Owner) -> None:
    """Who names a module of errors may wait for one that the twin does not raise. Raises `NoTwinError`."""
    for errors in sorted(cls.unlike):
        for path, module in world.effects.program.modules.items():
            bound = (each.value for scope in module.facts.scopes for each in scope.bindings)
            imported = (f"{each.module}.{each.name}." for each in bound if isinstance(each, Import))
            if any(name.startswith(f"{errors}.") for name in imported):
                raise NoTwinError(f"its async twin raises no {errors}, which {path} imports")
            if any(_is_named(world, path, reference, errors) for reference in module.facts.references):
                raise NoTwinError(f"its async twin raises no {errors}, which {path} names")


def _is_named(world: World, path: str, reference: Reference, errors: str) -> bool:
    """`urllib.error.URLError`, where only `urllib.request` is imported."""
    expr: Expr | None = reference.expr
    while isinstance(expr, Attr):
        if expr.attr == errors.rpartition(".")[2]:
            kinds = world.kinds(Key(path, reference.scope), expr, reference.span.line)
            return any(isinstance(kind, (Ext, Mod)) and kind.name == errors for kind in kinds)
        expr = expr.value
    return False


def _is_awaited(call: Call) -> bool:
    """An async generator is not."""
    return call.site.entry is None or call.site.entry.call_form is not CallForm.ASYNC_FOR


def result(call: Call, views: Views) -> Reading:
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


def _check_arguments(made: ast.Call, cls: Owner) -> None:
    given = {keyword.arg for keyword in made.keywords}
    by_place = len(made.args) <= len(cls.positional) and not any(
        isinstance(argument, ast.Starred) for argument in made.args
    )
    if not by_place or None in given or given - cls.options:
        raise NoTwinError(f"{_WHAT} is made with arguments that its async twin may take differently")


def _construction(world: World, place: Place, cls: Owner) -> tuple[Edit, ...]:
    if place.setup:
        raise NoTwinError(f"{_WHAT} is set up after it is made")
    _check_arguments(place.made, cls)
    module = world.beside("sdk_clients")
    check_module(world, module)
    need = ImportNeed(module, "per_event_loop")
    made = f"{slot(1)}({arguments_text(place)})"
    if cls.through is not None:
        made = f"{place.file.source(place.made.func)}({arguments_text(place)}).{cls.through}"
    if _is_both(cls):
        itself = place.file.source(place.made.func)
        return factory_edits(
            place, Maker(itself, f"{itself}({arguments_text(place)})", need, ()), lambda _: True
        )
    renaming = _renaming(cls)
    maker = Maker(slot(1), made, need, (ImportNeed(renaming.module, renaming.name),))
    return factory_edits(place, maker, lambda _: True)
