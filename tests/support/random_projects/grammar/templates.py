"""How templates are written down."""

from __future__ import annotations

import re


def lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.strip("\n").split("\n") if line)


def blocks(text: str) -> tuple[str, ...]:
    return tuple(block.strip("\n") for block in re.split(r"(?m)^---\n", text.strip("\n") + "\n"))
