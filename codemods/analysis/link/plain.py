"""Lists, texts and numbers have only what their classes have.

`each["name"].upper()`, where `each["scores"]` is a list, is about the name.
"""

from __future__ import annotations

from .kinds import NONE, Inst, Kind, Kinds

_PLAIN: dict[str, type] = {
    f"builtins.{each.__name__}": each
    for each in (list, tuple, set, frozenset, dict, str, bytes, int, float, bool)
} | {NONE: type(None)}


def having(kinds: Kinds, attr: str) -> Kinds:
    """Without those that have no attribute of that name; all, where none is left."""
    if len(kinds) < 2:
        return kinds
    return frozenset(kind for kind in kinds if not _lacks(kind, attr)) or kinds


def _lacks(kind: Kind, attr: str) -> bool:
    plain = _PLAIN.get(kind.name) if isinstance(kind, Inst) else None
    return plain is not None and not hasattr(plain, attr)
