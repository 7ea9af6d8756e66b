"""Annotations that are wrong: nobody looks at them when the program runs, and the objects count.

def get_user(db) -> schemas.User:       def pay(orders: ReviewService = Depends(get_orders)):
    return db.get(models.User, 1)           orders.pay()
users: list[schemas.User] = db.query(models.User).all()
"""

from __future__ import annotations

from collections.abc import Iterator

from ..classes.classes import Classes
from ..kinds import NONE, Cls, Inst, Kind, Kinds, Obj
from ..libraries.rows import ALL_SESSIONS
from ..program import Key, Program

_DEPTH = 3
_PYTHON = "builtins."
_NAMES_OF_LIBRARIES = frozenset({"Client", "Connection", "Engine", "Session"})
_BY_SHAPE = ("typing.Protocol", "typing_extensions.Protocol")


def names_classes(kinds: Kinds, depth: int = _DEPTH) -> bool:
    """Does it speak of objects of the project or its classes, or of containers of them?"""
    return any(isinstance(kind, (Cls, Obj)) for kind in _inside(kinds, depth))


def says_class(kinds: Kinds) -> bool:
    """`Type[User]`, as PyCharm takes a row for the class that was asked for."""
    inside = list(_inside(kinds, _DEPTH))
    return bool(inside) and all(isinstance(kind, Cls) for kind in inside)


def holds_objects(kinds: Kinds) -> bool:
    """Does it speak of objects of the project and nothing else? What a library makes may be one of any class
    (a mock, a proxy)."""
    inside = list(_inside(kinds, _DEPTH))
    return bool(inside) and all(isinstance(kind, Obj) for kind in inside)


def names_library(kinds: Kinds) -> bool:
    """Does it speak of objects of libraries and nothing else?"""
    return bool(kinds) and all(isinstance(kind, Inst) and not kind.name.startswith(_PYTHON) for kind in kinds)


def is_namesake(program: Program, kinds: Kinds) -> bool:
    """`from .models import Session` hides the one of the library, which is meant; so does `from pytest import
    Session`, as editors write it."""
    own = (kind.key for kind in kinds if isinstance(kind, Obj))
    return any(program.scope(key).name in _NAMES_OF_LIBRARIES for key in own) or is_another_session(kinds)


def is_another_session(kinds: Kinds) -> bool:
    return bool(kinds) and all(
        isinstance(kind, Inst)
        and kind.name.endswith(".Session")
        and kind.name.partition(".")[0] not in ("sqlalchemy", "sqlmodel")
        for kind in kinds
    )


def contradicts(classes: Classes, said: Kinds, given: Kinds) -> bool:
    """Are all objects of other classes than is said, which is one of the project? Not those that need only
    look alike. What libraries make counts as well: `db: models.Session = Depends(get_db)`."""
    if names_library(said):
        is_other = is_another_session(said) and given.issubset(map(Inst, ALL_SESSIONS))
        return bool(given) and (is_other or all(map(_is_of_python, given)))
    says, gives = list(_inside(said, _DEPTH)), list(_inside(given, _DEPTH))
    if says_class(said):
        return holds_objects(given)
    wanted = {kind.key for kind in says if isinstance(kind, Obj)}
    found = {step for kind in gives if (step := _class_of(kind)) is not None}
    if not wanted or not found or not all(map(_class_of, gives)):
        return False
    if any(classes.is_a(cls, shape) for cls in wanted for shape in _BY_SHAPE):
        return False
    return not any(_are_related(classes, cls, own) for cls in found for own in wanted)


def _is_of_python(kind: Kind) -> bool:
    """The dict of `session: Session = Depends(get_session)`, which gives `request.session`; None is what
    another function stands for, `def get_session(): ...`."""
    return isinstance(kind, Inst) and kind.name.startswith(_PYTHON) and kind.name != NONE


def _class_of(kind: Kind) -> Key | str | None:
    """A class of the project, or the name of one of a library; what Python itself makes is converted."""
    if isinstance(kind, Obj):
        return kind.key
    is_outside = isinstance(kind, Inst) and not kind.name.startswith(_PYTHON)
    return kind.name if isinstance(kind, Inst) and is_outside else None


def _are_related(classes: Classes, one: Key | str, other: Key) -> bool:
    own = classes.mro(other)
    return one in own or None in own or (isinstance(one, Key) and other in classes.mro(one))


def _inside(kinds: Kinds, depth: int) -> Iterator[Kind]:
    """The objects themselves, and those in containers; None says nothing."""
    for kind in kinds:
        inner = kind.args if isinstance(kind, Inst) and depth else ()
        if inner:
            yield from (each for part in inner for each in _inside(part, depth - 1))
        elif kind != Inst(NONE):
            yield kind
