"""Methods that nothing but texts, bytes, dates and spans of time is known to have, or that wait for
nothing wherever else they are: `word.lower()`, `line.split(",")`."""

from __future__ import annotations

from ...index.expr import Attr
from ...index.facts import CallSite
from ...link.kinds import Kinds, Unknown
from ...link.program import Program

_METHODS = frozenset({
    "astimezone", "capitalize", "casefold", "endswith", "format", "isalnum", "isalpha", "isdecimal",
    "isdigit", "isidentifier", "islower", "isnumeric", "isoformat", "isoweekday", "isspace", "isupper",
    "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rjust",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strftime",
    "strip", "swapcase", "total_seconds", "upper", "zfill",
})  # fmt: skip


def is_of_texts(program: Program, site: CallSite, kinds: Kinds) -> bool:
    """Is it such a method of something of which nothing is known, and has no class of the project one of that
    name?"""
    name = site.func.attr if isinstance(site.func, Attr) else ""
    if name not in _METHODS or not all(isinstance(kind, Unknown) and not kind.gives for kind in kinds):
        return False
    return name not in program.methods and name not in program.attributes_by_name
