"""What FastAPI runs of the models of a route: on the event loop, whatever the route is, validators of what it
is given, and what makes data and a response of its answer; in a thread, while the route is `def`, validators
of its answer.

class Report(BaseModel):
    @field_validator("text")
    def known(cls, text):
        return open(WORDS).read() ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ....model import EntryKind, EntryPoint, Reason, RemedyKind
from ...link.classes.constructed import at_construction, in_annotation
from ...link.libraries.dumped import by_models, models
from ...link.program import Key
from ..callers.registering import registers
from ..effects.site import Site, SiteKind
from ..reaching.reach import KNOWN_HARM, Reach
from .verdicts import Mended

_GIVEN = (EntryKind.ROUTE, EntryKind.WEBSOCKET, EntryKind.DEPENDENCY)
_HINT = "do it in the route or in a dependency, where it can be awaited"


def on_loop(reach: Reach, entries: Mapping[Key, EntryPoint]) -> Iterator[tuple[Key, tuple[Mended, ...]]]:
    """Validators and serializers that block there, with what they block on."""
    known: dict[Key, bool] = {}
    for function, entry in sorted(entries.items()):
        for method in dict.fromkeys(_run(reach, function) if entry.kind in _GIVEN else ()):
            if not reach.comes_to(method, _waits, known) or reach.effects.program.scope(method).is_async:
                continue
            name = reach.effects.program.scope(method).qualname
            text = f"{name} runs on the event loop for {entry.label}, where all requests wait for it"
            reason = Reason("AF908", text, reach.effects.program.location(method), hint=_HINT)
            sites = reach.sites_to(method, _waits, known)
            yield method, tuple(Mended(site, RemedyKind.LEAVE, reason=reason) for site in sites)


def _waits(site: Site) -> bool:
    """Reading an attribute of what is mapped to a table asks the database at times only."""
    return site.kind in KNOWN_HARM and not (site.kind is SiteKind.SESSION and site.form == "attribute")


def _run(reach: Reach, function: Key) -> Iterator[Key]:
    inference, program = reach.effects.inference, reach.effects.program
    where = program.parent(function)
    for parameter in program.scope(function).parameters:
        given = [each for each in (parameter.default, parameter.annotation) if each is not None]
        if parameter.annotation is None or any(inference.injection.provider(where, each) for each in given):
            continue
        yield from in_annotation(inference, where, parameter.annotation)
        taken = inference.annotations.instances(where, parameter.annotation)
        for model in models(inference, taken, set()):
            yield from at_construction(inference, model)
    yield from by_models(inference, inference.responses.of(function))
    for response in inference.responses.rendered_by(function):
        yield from at_construction(inference, response)


def why_not(reach: Reach, function: Key) -> Reason | None:
    """A validator of its response model that blocks."""
    inference, program = reach.effects.inference, reach.effects.program
    scope, where = program.scope(function), program.parent(function)
    is_handler = function in inference.responses.by_hand or any(
        registers(inference, where, each, scope.span.line) for each in scope.decorators
    )
    if scope.is_async or not is_handler:
        return None
    for model in models(inference, inference.responses.of(function), set()):
        for validator in at_construction(inference, model):
            if reach.flags(validator) & KNOWN_HARM:
                text = f"its answer is validated by {program.scope(validator).qualname}, which blocks"
                return Reason("AF904", text, program.location(validator))
    return None
