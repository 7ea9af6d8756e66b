"""Annotations that are wrong: nobody looks at them when the program runs, and the objects count.

def get_user(db) -> schemas.User:       def pay(orders: ReviewService = Depends(get_orders)):
    return db.get(models.User, 1)           orders.pay()
"""

from __future__ import annotations

from collections.abc import Iterator

from .classes import Classes
from .kinds import NONE, Inst, Kind, Kinds, Obj
from .program import Key

_DEPTH = 3
_BY_SHAPE = ("typing.Protocol", "typing_extensions.Protocol")


def names_classes(kinds: Kinds, depth: int = _DEPTH) -> bool:
    """Does it speak of objects of the project, or of containers of them?"""
    return any(isinstance(kind, Obj) for kind in _inside(kinds, depth))


def contradicts(classes: Classes, said: Kinds, given: Kinds) -> bool:
    """Are all objects of other classes of the project than is said? Not those that need only look alike."""
    says, gives = list(_inside(said, _DEPTH)), list(_inside(given, _DEPTH))
    wanted = {kind.key for kind in says if isinstance(kind, Obj)}
    found = {kind.key for kind in gives if isinstance(kind, Obj)}
    if not wanted or not found or not all(isinstance(kind, Obj) for kind in gives):
        return False
    if any(classes.is_a(cls, shape) for cls in wanted for shape in _BY_SHAPE):
        return False
    return not any(_are_related(classes, cls, own) for cls in found for own in wanted)


def _are_related(classes: Classes, one: Key, other: Key) -> bool:
    return one in classes.mro(other) or other in classes.mro(one)


def _inside(kinds: Kinds, depth: int) -> Iterator[Kind]:
    """The objects themselves, and those in containers; None says nothing."""
    for kind in kinds:
        inner = kind.args if isinstance(kind, Inst) and depth else ()
        if inner:
            yield from (each for part in inner for each in _inside(part, depth - 1))
        elif kind != Inst(NONE):
            yield kind
