"""Text of Python that an edit brings, and what it needs to be imported."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True, order=True)
class ImportNeed:
    """`import module`, or `from module import name`."""

    module: str
    name: str = ""
    alias: str = field(default="", compare=False)
    """What the code that needs it calls the module: kept where the name is free."""


class Code(msgspec.Struct, frozen=True):
    """Python text in which `slot(i)` stands for the spelling of `needs[i]` in the file it lands in."""

    text: str
    needs: tuple[ImportNeed, ...] = ()


def slot(index: int) -> str:
    """The placeholder of `Code.needs[index]`: one private-use character, so it cannot occur in source by
    accident."""
    return chr(0xE000 + index)
