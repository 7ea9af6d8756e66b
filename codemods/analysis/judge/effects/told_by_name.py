"""Calls that are over at once, by the name of what is called, where nothing else is known of it.

word.lower(), line.split(",")         # of texts, bytes, dates and spans of time, and of nothing that waits
logger.info("sent"), self.log.warn()  # of a logger, whichever library made it
"""

from __future__ import annotations

import re

from ...index.expr import Attr, Name
from ...index.facts import CallSite
from ...link.kinds import Ext, Kinds, Member, Unknown, describe
from ...link.program import Program

_OF_TEXTS = frozenset({
    "astimezone", "capitalize", "casefold", "endswith", "format", "isalnum", "isalpha", "isdecimal",
    "isdigit", "isidentifier", "islower", "isnumeric", "isoformat", "isoweekday", "isspace", "isupper",
    "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rjust",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strftime",
    "strip", "swapcase", "total_seconds", "upper", "zfill",
})  # fmt: skip
_OF_LOGGERS = frozenset({
    "critical", "debug", "error", "exception", "fatal", "info", "log", "success", "trace", "warn", "warning",
})  # fmt: skip
_LOGGER = re.compile(r"(?:^|_)(?:log|logger)$", re.IGNORECASE)


def why_at_once(program: Program, site: CallSite, kinds: Kinds) -> str:
    """Empty where no name tells, or where a class of the project has a method of that name."""
    func = site.func
    if not isinstance(func, Attr) or func.attr in program.methods:
        return ""
    if func.attr in _OF_TEXTS and func.attr not in program.attributes_by_name:
        is_unknown = all(isinstance(kind, Unknown) and not kind.gives for kind in kinds)
        return "of a text, or a date" if is_unknown else ""
    if func.attr in _OF_LOGGERS and _LOGGER.search(_last_name(func)):
        return "of a logger" if all(_is_strange(program, kind) for kind in kinds) else ""
    return ""


def _last_name(func: Attr) -> str:
    owner = func.value
    return owner.id if isinstance(owner, Name) else owner.attr if isinstance(owner, Attr) else ""


def _is_strange(program: Program, kind: object) -> bool:
    """Is it of a library of which nobody knows what it does?"""
    if isinstance(kind, (Ext, Member)):
        return not program.catalogue.knows_root(describe(kind).partition(".")[0])
    return isinstance(kind, Unknown) and not kind.gives
