"""A project whose root is itself a package: `from .database import Base` in its topmost files.

Nothing in the project says what the package is called, so whatever its files import of each other is
relative; here it is called `ROOT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ...model import ImportNeed

ROOT = "__the_project_itself__"
_RELATIVE = re.compile(r"^from[ \t]+(\.+)", re.MULTILINE)
_ABSOLUTE = re.compile(r"^(?:from|import)[ \t]+(\w+)", re.MULTILINE)


def reaches_root(text: str, module: str, *, is_package: bool) -> bool:
    """Does a relative import go up to the folder that the modules are named from?"""
    depth = len(module.split(".")) - (not is_package) if module else 0
    return any(len(dots) > depth for dots in _RELATIVE.findall(text))


def inside(text: str, module: str, first_party: frozenset[str]) -> str:
    """What the module is called in its package; who imports the others by plain names stays outside."""
    if first_party.intersection(_ABSOLUTE.findall(text)):
        return module
    return f"{ROOT}.{module}" if module else ROOT


def needs_inside(
    needs: Iterable[ImportNeed], module: str, first_party: frozenset[str]
) -> dict[ImportNeed, ImportNeed]:
    """What each need is called there."""
    is_inside = module.partition(".")[0] == ROOT
    return {
        need: replace(need, module=f"{ROOT}.{need.module}")
        if is_inside and need.module.partition(".")[0] in first_party
        else need
        for need in needs
    }


def relative(text: str, module: str, first_party: frozenset[str]) -> str:
    """The text of a new file with relative imports of the project's own modules."""
    dots = "." * len(module.split("."))

    def spelled(found: re.Match[str]) -> str:
        return f"{found[1]}{dots}{found[2]}" if found[2].partition(".")[0] in first_party else found[0]

    return re.sub(r"^([ \t]*from[ \t]+)(\w[\w.]*)", spelled, text, flags=re.MULTILINE)
