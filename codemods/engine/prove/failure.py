"""What a proof found wrong with an outcome."""

from __future__ import annotations

import msgspec

from ...model import FunctionId


class Failure(msgspec.Struct, frozen=True):
    proof: str
    path: str
    text: str
    functions: tuple[FunctionId, ...] = ()
    """The functions that fail it; empty when it is the file as a whole."""
    line: int = 0
    """Of the old file, where the place is known."""
