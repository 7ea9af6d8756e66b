"""What the words of a name tell, and names put together from them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .subjects import is_any_file

_LONGEST = 40
_COUNTS = re.compile(r"^(n|count|counts|counter|num_\w+|n_\w+|\w+_count|total|\w+_total|total_\w+)$")
_YES_NO = re.compile(
    r"^(?:(?:is|has|can|was|found|ok|success|succeeded|exists)(?:_(?P<asked>\w+))?"
    r"|(?P<about>\w+)_(?:ok|valid|success|succeeded|exists))$"
)
SAYS_NOTHING = frozenset(
    {
        "decoded",
        "deleted",
        "delivered",
        "done",
        "encoded",
        "inserted",
        "obj",
        "out",
        "output",
        "r",
        "rc",
        "refused",
        "res",
        "resp",
        "response",
        "result",
        "results",
        "ret",
        "rv",
        "sent",
        "status",
        "success",
        "tmp",
        "updated",
        "uploaded",
        "val",
        "x",
        "y",
    }
)


def tells(name: str) -> bool:
    """Whether the name of a result says what it is, and not only how it went: a count, a yes or no."""
    return not (is_any_file(name) or _COUNTS.match(name) or _YES_NO.match(name) or name in SAYS_NOTHING)


def is_yes_or_no(name: str) -> bool:
    return _YES_NO.match(name) is not None


def what_is_asked(name: str) -> str:
    """`is_live` -> live, `password_ok` -> password, `exists` -> nothing."""
    found = _YES_NO.match(name)
    return (found["asked"] or found["about"] or "") if found else ""


def put_together(verb: str, objects: Sequence[str]) -> str:
    whole = f"{verb}_{'_and_'.join(objects)}"
    if len(whole) <= _LONGEST or len(objects) == 1:
        return whole
    return f"{verb}_{_last_words(objects) or objects[-1]}"


def _last_words(names: Sequence[str]) -> str:
    """`local_controllers`, `shared_controllers` -> controllers."""
    words = [name.split("_") for name in names]
    length = 0
    while len({tuple(each[-length - 1 :]) for each in words}) == 1 and all(
        len(each) > length for each in words
    ):
        length += 1
    return "_".join(words[0][-length:]) if length else ""


def is_place(name: str) -> bool:
    return name.endswith(("path", "file", "dir", "folder", "filename", "location", "destination"))


def is_mark(name: str) -> bool:
    """What something is found by: `unique_name`, `file_url`, `order_id`."""
    return name.endswith(("_id", "_name", "_url", "_uri", "_key", "_slug"))


def without_verb(name: str, verb: str) -> str:
    """`img_encoded` of what encodes -> img, `display_data` of what displays -> data, `hashed_key` -> key."""
    first, _, rest = name.partition("_")
    if rest and first in {f"{verb}d", f"{verb}ed"}:
        return rest
    head, _, last = name.removeprefix(f"{verb}_").rpartition("_")
    if not head or name.startswith(f"{verb}_"):
        return name.removeprefix(f"{verb}_")
    return head if head and last in {f"{verb}d", f"{verb}ed"} else name
