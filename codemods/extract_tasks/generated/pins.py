"""Versions that a project pins, in each form of its dependency files."""

from __future__ import annotations

import re
from math import inf

Version = tuple[int, float]
"""Major and minor; `inf` where any minor version will do."""

_START = r"""(?mi)^[^#\n]*?(?:^|["'\s,\[])"""
_PINS = (
    r"""(?:\[[^\]\n]*\])?\s*\(?\s*([<>=!~][^"'\n;#]*)""",
    r"""["']?\s*=\s*(?:\{[^}\n]*?version\s*=\s*)?["']([^"'\n]*)["']""",
)
"""`redis<6`, `redis (<6)`; and `redis = "^5.0"` of Poetry and Pipenv."""
_BOUND = re.compile(r"(<=?|==|~=?|\^|^(?=\s*\d))\s*(\d+)((?:\.\d+)*)(\.\*)?")


def newest(distribution: str, declared: str) -> Version | None:
    """The newest version that the text of the dependency files allows; None when they set no limit."""
    found: list[Version] = []
    for pin in _PINS:
        for match in re.finditer(_START + re.escape(distribution) + pin, declared):
            found.extend(
                _newest(sign, [int(major), *map(int, rest.split(".")[1:])], is_open=bool(any_more))
                for sign, major, rest, any_more in _BOUND.findall(match.group(1))
            )
    return min(found, default=None)


def _newest(sign: str, parts: list[int], *, is_open: bool) -> Version:
    major, *rest = parts
    if sign == "<":
        minor, *micro = rest or [0]
        if any(micro):
            return major, minor
        return (major, minor - 1) if minor else (major - 1, inf)
    fixed = 2 if sign == "~=" else 1
    is_settled = len(rest) >= fixed if sign != "^" else not major and bool(rest)
    return (major, rest[0]) if is_settled else (major, inf if is_open or sign in ("^", "~", "~=") else 0)
