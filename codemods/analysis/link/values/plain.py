"""Lists, texts and numbers have only what their classes have.

`each["name"].upper()`, where `each["scores"]` is a list, is about the name.
"""

from __future__ import annotations

from ..kinds import DATA, NONE, Inst, Kind, Kinds, one
from ..libraries.rows import COLUMNS

_DATA = ("json.", "datetime.", "decimal.", "uuid.", "sqlite3.Row", *COLUMNS)
"""Beginnings of names; what is said to be a column is one, or what an object has of it."""
_PLAIN: dict[str, type] = {
    f"builtins.{each.__name__}": each
    for each in (list, tuple, set, frozenset, dict, str, bytes, int, float, bool)
} | {NONE: type(None)}


_OF_JSON: dict[Kind, Kind] = {
    Inst("builtins.list"): Inst("builtins.list", (one(DATA),)),
    Inst("builtins.dict"): Inst("builtins.dict", (one(Inst("builtins.str")), one(DATA))),
}


def of_json(kind: Kind) -> Kind:
    """What `isinstance` has found JSON to be: a list or dictionary of JSON."""
    return _OF_JSON.get(kind, kind)


def is_of_json(kinds: Kinds) -> bool:
    """Is it data, and JSON or something that holds JSON among it?"""
    return is_data(kinds) and _holds_json(kinds)


def _holds_json(kinds: Kinds) -> bool:
    return any(kind == DATA or any(map(_holds_json, getattr(kind, "args", ()))) for kind in kinds)


def having(kinds: Kinds, attr: str) -> Kinds:
    """Plain data that has an attribute of that name; all, where none has, or something else is among it."""
    if len(kinds) < 2:
        return kinds
    found = frozenset(kind for kind in kinds if not _lacks(kind, attr))
    return found if found and all(map(_is_plain, found)) else kinds


def is_data(kinds: Kinds) -> bool:
    """Is it, and all that it holds, data which is there: nothing that can be called, or gone through once?"""
    return bool(kinds) and all(
        isinstance(kind, Inst) and _is_plain(kind) and all(is_data(inner) for inner in kind.args if inner)
        for kind in kinds
    )


def _is_plain(kind: Kind) -> bool:
    return isinstance(kind, Inst) and (kind.name in _PLAIN or kind.name.startswith(_DATA))


def _lacks(kind: Kind, attr: str) -> bool:
    plain = _PLAIN.get(kind.name) if isinstance(kind, Inst) else None
    return plain is not None and not hasattr(plain, attr)
