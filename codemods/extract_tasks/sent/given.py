"""How what a task gives comes back: as JSON, bytes as base64."""

from __future__ import annotations

import msgspec

from ...model import Code
from ..generated.code import CodeBuilder
from .small import DECODE, ENCODE
from .values import is_json, type_names


class Given(msgspec.Struct, frozen=True):
    returns: Code
    """The annotation of the function that does the work."""

    @property
    def is_bytes(self) -> bool:
        return self.returns.text == "bytes"

    def annotation(self, builder: CodeBuilder) -> str:
        return "str" if self.is_bytes else builder.add(self.returns)

    def packed(self, value: str, builder: CodeBuilder) -> str:
        return f"{builder.need(ENCODE)}({value}).decode()" if self.is_bytes else value

    def unpacked(self, value: str, builder: CodeBuilder) -> str:
        return f"{builder.need(DECODE)}({value})" if self.is_bytes else value


def given(returns: Code | None) -> Given | None:
    """None for what no result backend could keep."""
    if returns is None or returns.text == "None":
        return None
    return Given(returns) if returns.text == "bytes" or is_json(returns) else None


def may_be_none(gives: Given) -> bool:
    return "None" in (type_names(gives.returns) or ())
