"""What an argument of a call becomes in the functions of the project that it calls."""

from __future__ import annotations

from ..infer import Inference
from ..kinds import Cls, Fn
from ..program import CallKey, Key


def parameters_given(inference: Inference, call: CallKey, position: int | str) -> dict[Key, str]:
    """The parameter of each function, or `__init__`; none where that cannot be told."""
    found: dict[Key, str] = {}
    for kind in inference.callees(call):
        taker = inference.classes.method(kind.key, "__init__") if isinstance(kind, Cls) else None
        taker = kind.key if isinstance(kind, Fn) else taker
        if taker is None:
            return {}
        parameters = inference.program.scope(taker).parameters
        if isinstance(position, str):
            named = [each for each in parameters if each.name == position]
        else:
            is_taken = isinstance(kind, Cls) or (isinstance(kind, Fn) and kind.bound)
            named = list(parameters[position + int(is_taken) :][:1])
        if not named or named[0].kind.startswith("*"):
            return {}
        found[taker] = named[0].name
    return found
