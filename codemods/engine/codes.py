"""Every finding and refusal has a code, and every code a page: `codes.toml` beside this file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Page(msgspec.Struct, frozen=True):
    code: str
    name: str
    what: str
    why: str
    example: str
    instead: str
    safety: str


@cache
def pages() -> Mapping[str, Page]:
    text = (resources.files(__package__) / "codes.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {
        code: Page(
            code,
            entry["name"],
            entry["what"].strip(),
            entry["why"].strip(),
            entry.get("example", "").strip("\n"),
            entry.get("instead", "").strip("\n"),
            entry["safety"].strip(),
        )
        for code, entry in sorted(table.items())
    }


def name_of(code: str) -> str:
    """The name of a code; empty for one without a page, which a test forbids and a report must survive."""
    page = pages().get(code)
    return page.name if page else ""
