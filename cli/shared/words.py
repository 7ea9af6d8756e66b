"""The few sentences that all formats share."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from ...codemods.model import Colour, Finding, HandlerRow, Hop, RemedyKind

_NAMED = re.compile(
    r"\S*(?:[.(_\[=]\S|[()\]]|[a-z][A-Z])\S*|\S*[`'\"]\S*|(?<=relationship )\w+|(?<=model reads )\S+"
)
"""Words of code in a sentence."""
_MOST_PATHS = 5
KEYWORD = {Colour.SYNC: "def", Colour.ASYNC: "async def"}


def chain(handler: str, hops: Sequence[Hop]) -> str:
    """`POST /pay -> charge() -> Gateway.send() -> requests.post`."""
    return " -> ".join([*([handler] if handler else []), *(short(hop.label) for hop in hops)])


def short(name: str) -> str:
    return name.rpartition(":")[2].replace("builtins.", "")


def remedy(finding: Finding) -> str:
    """What will be done, as the end of a sentence about the call."""
    text = finding.remedy_text
    if finding.remedy is RemedyKind.LEAVE:
        return f"stays: {text}" if text else "stays"
    if finding.code == "AF101":
        return text
    return {
        RemedyKind.TASK: f"moves to the task {text}",
        RemedyKind.TWIN: f"becomes {text}",
        RemedyKind.AWAIT: text,
        RemedyKind.OFFLOAD: f"goes to the thread pool: {text}",
        RemedyKind.WHOLE_BODY: "goes to the thread pool with the whole body",
    }[finding.remedy]


def plan(row: HandlerRow) -> str:
    """What will become of a handler, in a few words."""
    if row.after is Colour.SYNC:
        return f"stays def: {row.reason.code} {row.reason.text}" if row.reason else "stays def"
    means = ", ".join(_MEANS[kind] for kind in row.remedies if kind in _MEANS)
    return means or ("nothing to do" if row.before is Colour.ASYNC else "the keyword is enough")


_MEANS = {
    RemedyKind.TASK: "task",
    RemedyKind.TWIN: "async client",
    RemedyKind.AWAIT: "await",
    RemedyKind.OFFLOAD: "thread pool",
    RemedyKind.WHOLE_BODY: "whole body in the thread pool",
    RemedyKind.LEAVE: "blocking calls stay",
}


def kind(text: str) -> str:
    """A reason without the names in it: `load() is called in a file that stays as it is`."""
    return re.sub(r"(\.\.\. ?)+", "... ", _NAMED.sub("...", text)).strip()


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"


def repeated(paths: Sequence[Path]) -> str:
    """The given paths as the next command takes them, behind a space; of a long list only their number."""
    if len(paths) > _MOST_PATHS:
        return f" PATHS (the {len(paths)} of this run)"
    return "".join(f" {shlex.quote(str(path))}" for path in paths)
