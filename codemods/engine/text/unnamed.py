"""A project whose root is itself a package: `from .database import Base` in its topmost files.

Nothing in the project says what the package is called, so whatever its files import of each other is
relative; here it is called `ROOT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from ...model import ImportNeed

ROOT = "__the_project_itself__"
_RELATIVE = re.compile(r"^from[ \t]+(\.+)[ \t]*(?:(\w+)[\w.]*[ \t]+import|import[\s(]*(\w+))", re.MULTILINE)
_ABSOLUTE = re.compile(r"^(?:from|import)[ \t]+(\w+)", re.MULTILINE)


class Module(NamedTuple):
    text: str
    name: str
    is_package: bool


def is_unnamed(modules: Iterable[Module], first_party: frozenset[str]) -> bool:
    """Do the files reach the root by relative imports, and no more of them what lies in it by plain names?

    One forgotten file does not make a package of the folder in which the application starts.
    """
    relative = absolute = 0
    for module in modules:
        relative += reaches_root(module, first_party)
        absolute += not first_party.isdisjoint(_ABSOLUTE.findall(module.text))
    return relative > 0 and relative >= absolute


def reaches_root(module: Module, first_party: frozenset[str]) -> bool:
    """Does a relative import find something in the folder that the modules are named from?"""
    depth = len(module.name.split(".")) - (not module.is_package) if module.name else 0
    found = (part or name for dots, part, name in _RELATIVE.findall(module.text) if len(dots) == depth + 1)
    return any(name in first_party or "" in first_party for name in found)


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
