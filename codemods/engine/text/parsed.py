"""The tree of a text that one pass after the other reads."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=8)
def parsed(text: str) -> ast.Module:
    """Made once and read only; a BOM does not matter. Raises SyntaxError and ValueError."""
    return ast.parse(text.removeprefix("\ufeff"))
