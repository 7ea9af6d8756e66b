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

from packaging.requirements import Requirement

from ..analysis.index.bindings import Import
from ..analysis.index.expr import Attr, Expr
from ..analysis.index.facts import Reference
from ..analysis.link.kinds import Ext, Mod
from ..analysis.link.program import CallKey, Key
from ..analysis.syntax import span_of
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
    Support,
    slot,
)
from .http.generated.client_module import SDK
from .making.at_start import calls_at_start, entered_edits, made_at_start
from .making.opening import is_opened, opened_class, opened_code
from .making.per_call import NOTE as PER_CALL
from .making.per_call import place_of
from .making.places import Place
from .objects.client_object import ClientObject
from .parts.clients import Clients, renaming_of
from .parts.using import Using, not_plain
from .rewriting.factories import Maker, arguments_text, factory_edits
from .rewriting.passing import Spelling, askers, passing_edits
from .rewriting.startup import edits_at_start
from .rewriting.stopping import stopping_edits
from .twin import Call, NoTwinError, Turned, TwinPlan, Whole, World, check_module, check_settings

_WHAT = "the client"
NOTE = Note(
    NoteKind.BEHAVIOUR,
    "clients of SDKs are made when they are first used: a missing key is noticed then, not at the import",
)


def twin(call: Call, clients: Clients) -> TwinPlan:
    """The plan for one call of the client, or of a part of it. Raises `NoTwinError`."""
    client = clients.with_parts(call.key)
    if client is None:
        known = clients.program.catalogue.no_twin(call.site.name)
        raise NoTwinError(known or f"where {_WHAT} comes from is not seen")
    family = clients.family(client)
    started = made_at_start(call.world, client)
    cls, maker = clients.made_by(client, _WHAT)
    place = place_of(clients, client, _WHAT, _client_name(cls)) if started is None else None
    using = Using(clients, family, Spelling(clients, place), cls, maker)
    check_tests(call.world, cls.name, maker, maker.rpartition(".")[0])
    check_errors(call.world, cls)
    check_settings(call.world, cls)
    turned = _started(using, started) if started is not None else _kept(using)
    callee, reading = using.callee(call), using.result(call)
    return TwinPlan(
        (*using.edits(call), *turned.edits),
        (span_of(call.call), *reading.places),
        f"await {callee}(...)",
        turned.support,
        turned.notes,
        turned.whole,
    )


def _kept(using: Using) -> Turned:
    """A client that a module or an object keeps becomes one for each event loop."""
    clients, client, place = using.clients, using.family.client, using.spelling.place
    assert place is not None
    inside = clients.in_generators(using.family)
    stopping, done = stopping_edits(clients.world, place, using.family.objects, SDK, using.edits)
    edits = (
        *((place.file.path, edit) for edit in _construction(using, place)),
        *passing_edits(clients, client, place, renaming_of(using.cls, _WHAT)),
        *using.at_once,
        *clients.edits(using.family, place),
        *(edit for each in inside for edit in using.edits(each)),
        *stopping,
    )
    asking = askers(clients, client, place.keepers) | place.makers | clients.askers(using.family)
    whole = Whole(
        f"{place.holder}",
        place.without_closing(clients.world, using.calls) - {each.key for each in inside} - done,
        asking - using.family.givers,
        using.family.entered,
        using.family.given,
    )
    note = PER_CALL if place.is_per_call else NOTE
    support: tuple[Support, ...] = (HttpClient("", SDK, ""), *_needs(using.cls, place.made))
    return Turned(edits, whole, support, (note, *notes(using.cls)))


def _started(using: Using, made: CallKey) -> Turned:
    """One that is made when the application starts stays there."""
    clients, family, cls = using.clients, using.family, using.cls
    world, renaming = clients.world, renaming_of(cls, _WHAT)
    file = world.syntax.file(made.path)
    call = file.call(world.effects.program.call(made).span)
    assert call is not None
    _check_arguments(world, family.client, call, cls)
    callee = _maker(using, 0, call)
    if _is_both(cls):
        callee = Code(file.source(call.func))
    if cls.through is not None:
        raise NoTwinError(f"{_WHAT} is made when the application starts")
    starting = [pair for one in family.objects for pair in calls_at_start(world, one)]
    awaited = [*(each for each, _ in starting), *clients.in_generators(family)]
    edits = (
        (made.path, ReplaceCall(span_of(call), callee)),
        *((made.path, edit) for edit in entered_edits(world, made, call)),
        *edits_at_start(clients, clients.views, family.client, renaming),
        *(edit for each in awaited for edit in using.edits(each)),
        *(edit for _, turning in starting for edit in turning),
        *using.at_once,
        *clients.edits(family, None),
    )
    calls, asking = using.calls - {each.key for each in awaited}, clients.askers(family) - family.givers
    whole = Whole(f"{made}", calls, asking, family.entered, family.given)
    return Turned(edits, whole, _needs(cls, call), notes(cls))


def _maker(using: Using, first: int, made: ast.Call) -> Code:
    """What makes the twin, its import in the slot `first`: `AsyncOpenAI`, `AsyncGraphDatabase.driver`."""
    if is_opened(using.cls, made):
        return opened_code(using.cls, using.clients.world.beside("sdk_clients"), first)
    catalogue = using.clients.program.catalogue
    entry = catalogue.find(using.maker)
    name, method = entry.twin if entry is not None and entry.twin is not None else using.maker, ""
    if using.maker == using.cls.name and using.cls.twin is not None:
        name = using.cls.twin
    elif catalogue.is_class(name.rpartition(".")[0]):
        name, _, method = name.rpartition(".")
    module, _, short = name.rpartition(".")
    return Code(f"{slot(first)}.{method}" if method else slot(first), (ImportNeed(module, short),))


def _client_name(cls: Owner) -> str:
    """`openai_client`, `genai_client`."""
    library = cls.name.rpartition(".")[0].rpartition(".")[2]
    return f"{library.removesuffix('_client')}_client"


def _is_both(cls: Owner) -> bool:
    """Has the client async methods of its own?"""
    return cls.twin == cls.name


def _needs(cls: Owner, made: ast.Call) -> tuple[Support, ...]:
    return (*needs(cls), opened_class(cls)) if is_opened(cls, made) else needs(cls)


def needs(cls: Owner) -> tuple[Dependency, ...]:
    """What the twin is installed with beside the library."""
    if cls.needs is None:
        return ()
    name = Requirement(cls.needs).name
    limits = cls.needs.removeprefix(name)
    return (Dependency(name, limits, f"the async client of {cls.distribution} needs it"),)


def notes(cls: Owner) -> tuple[Note, ...]:
    """What the catalogue says of the twin: which errors it raises, how it sends."""
    return (Note(NoteKind.BEHAVIOUR, cls.notes["*"]),) if "*" in cls.notes else ()


def check_tests(world: World, *names: str) -> None:
    """What tests replace inside of the SDK, or the class itself, they expect to be called."""
    root, short = names[0].partition(".")[0], {name.rpartition(".")[2] for name in names}
    for patched in sorted(world.callers.patches.names):
        if patched.startswith(f"{root}.") or patched.rpartition(".")[2] in short:
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


def _check_arguments(world: World, client: ClientObject, made: ast.Call, cls: Owner) -> None:
    given = {keyword.arg for keyword in made.keywords}
    by_place = len(made.args) <= len(cls.positional) and not any(
        isinstance(argument, ast.Starred) for argument in made.args
    )
    wanted = cls.plain.get("__init__", "").split()
    is_plain = all(not_plain(world, key, wanted, cls.positional) is None for key in client.made)
    if not by_place or None in given or given - cls.options or not is_plain:
        raise NoTwinError(f"{_WHAT} is made with arguments that its async twin may take differently")


def _construction(using: Using, place: Place) -> tuple[Edit, ...]:
    world, cls = using.clients.world, using.cls
    if place.setup:
        raise NoTwinError(f"{_WHAT} is set up after it is made")
    _check_arguments(world, using.family.client, place.made, cls)
    module = world.beside("sdk_clients")
    check_module(world, module)
    need, arguments = ImportNeed(module, "per_event_loop"), arguments_text(place)
    if _is_both(cls):
        itself = _itself(using, place, 1)
        made = f"{itself.text}({arguments})"
        return factory_edits(place, Maker(itself.text, made, need, itself.needs), lambda _: True)
    renaming = renaming_of(cls, _WHAT)
    needs: tuple[ImportNeed, ...] = (ImportNeed(renaming.module, renaming.name),)
    made = f"{slot(1)}({arguments})"
    if cls.through is not None:
        itself = _itself(using, place, 2)
        made, needs = f"{itself.text}({arguments}).{cls.through}", (*needs, *itself.needs)
    elif using.maker != cls.name or is_opened(cls, place.made):
        callee = _maker(using, 2, place.made)
        made, needs = f"{callee.text}({arguments})", (*needs, *callee.needs)
    return factory_edits(place, Maker(slot(1), made, need, needs), lambda _: True)


def _itself(using: Using, place: Place, first: int) -> Code:
    """The sync class as it is written; the name that a function imports for itself is imported above it."""
    head = place.made.func
    while isinstance(head, ast.Attribute):
        head = head.value
    known = using.clients.world.effects.program.modules[place.file.path].names[0]
    if isinstance(head, ast.Name) and head.id in known:
        return Code(place.file.source(place.made.func))
    module, _, name = using.cls.name.rpartition(".")
    return Code(slot(first), (ImportNeed(module, name),))
