"""What an argument is called by those who take it."""

from __future__ import annotations

from collections.abc import Iterator

from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Fn
from ....analysis.link.program import CallKey, Key


def taken(inference: Inference, call: CallKey, position: int | str) -> Iterator[tuple[Key, str]]:
    """The functions of the project that the call may run, each with the parameter that gets the argument."""
    for kind in inference.callees(call):
        if isinstance(kind, Fn):
            names = [each.name for each in inference.program.scope(kind.key).parameters][kind.bound :]
            if isinstance(position, str):
                yield kind.key, position
            elif position < len(names):
                yield kind.key, names[position]
