"""What validates the answer of a route: in a thread while the route is `def`, on the event loop afterwards.

class Report(BaseModel):
    @field_validator("text")
    def known(cls, text):
        return open(WORDS).read() ...
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Reason
from ..link.construction import at_construction
from ..link.infer import Inference
from ..link.kinds import Inst, Kinds, Obj, ordered
from ..link.program import Key
from ..link.responses import fields
from .reach import KNOWN_HARM, Reach
from .registering import registers


def why_not(reach: Reach, function: Key) -> Reason | None:
    """A validator of its response model that blocks."""
    inference, program = reach.effects.inference, reach.effects.program
    scope, where = program.scope(function), program.parent(function)
    is_handler = function in inference.responses.by_hand or any(
        registers(inference, where, each, scope.span.line) for each in scope.decorators
    )
    if scope.is_async or not is_handler:
        return None
    for model in _models(inference, inference.responses.of(function), set()):
        for validator in at_construction(inference, model):
            if reach.flags(validator) & KNOWN_HARM:
                text = f"its answer is validated by {program.scope(validator).qualname}, which blocks"
                return Reason("AF904", text, program.location(validator))
    return None


def _models(inference: Inference, kinds: Kinds, seen: set[Key]) -> Iterator[Key]:
    """The classes, and those of their fields."""
    for kind in ordered(kinds):
        if isinstance(kind, Inst):
            for inner in kind.args:
                yield from _models(inference, inner, seen)
        elif isinstance(kind, Obj) and kind.key not in seen:
            seen.add(kind.key)
            yield kind.key
            for _, field in fields(inference, kind):
                yield from _models(inference, field, seen)
