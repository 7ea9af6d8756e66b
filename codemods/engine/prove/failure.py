"""What a proof found wrong with an outcome."""

from __future__ import annotations

from collections.abc import Collection

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


def within(function: FunctionId, others: Collection[FunctionId]) -> bool:
    """Is it one of the others, or does it stand in one?"""
    parts = function.split(".<locals>.")
    return any(".<locals>.".join(parts[:end]) in others for end in range(1, len(parts) + 1))
