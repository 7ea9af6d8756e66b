"""Attributes of mapped classes that only the class of the library may have: `unknown = "*"` speaks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..hierarchy import DECLARATIVE_BASES
from ..kinds import Cls, Kind, Kinds, Member


def is_of_base(found: Kinds) -> bool:
    """Has neither the class nor what it is derived from such an attribute, but the library may?"""
    return bool(found) and all(isinstance(k, Member) and k.owner in DECLARATIVE_BASES for k in found)


def with_it(found: Mapping[Kind, Kinds]) -> Iterable[Kinds]:
    """What each has under a name: that of `self.model` is read where only some of the tables have it."""
    lacking = {each for each, kinds in found.items() if isinstance(each, Cls) and is_of_base(kinds)}
    return (kinds for each, kinds in found.items() if each not in lacking or len(lacking) == len(found))
