"""What an annotation leaves open, the value tells: `users: list = db.query(User).all()`."""

from __future__ import annotations

from itertools import chain

from ..kinds import (
    ASYNC_GENERATOR,
    GENERATOR,
    Cls,
    Ext,
    Inst,
    Kind,
    Kinds,
    Unknown,
    is_known,
    is_known_inside,
)
from ..libraries.rows import QUERY, RESULT, SCALARS, SELECT

_HOLDERS = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "dict")),
        *(f"collections.{name}" for name in ("deque", "defaultdict", "OrderedDict")),
        *(GENERATOR, ASYNC_GENERATOR, QUERY, RESULT, SCALARS, SELECT),
    }
)


def says_all(declared: Kinds) -> bool:
    """Does an annotation say what the value is, and what it holds?"""
    return is_known_inside(declared) and not any(map(_holds_anything, declared))


def more_telling(declared: Kinds, found: Kinds) -> Kinds:
    """What a value can be that is annotated as `declared`, which does not say all, and `found` as such."""
    if not declared or not found:
        return found or declared
    if all(isinstance(kind, Unknown) and not kind.gives for kind in found) and any(map(_gives, declared)):
        return declared  # `factory: Callable[..., Session]`, of a call with `**options`
    told = frozenset(kind for kind in found if _tells(kind))
    says_inside = is_known_inside(found) and not any(map(_is_bare, found))
    if says_inside and (told or not is_known_inside(declared)):
        return found
    if is_known_inside(declared) and not any(map(_is_bare, declared)):
        return found if told and not _holds_unknown(found) else declared
    return declared | told if is_known(declared) else found


def is_outdone(declared: Kinds, returned: Kinds) -> bool:
    """`-> dict[str, Any]` of a function, where all that it returns says what it holds."""
    return not is_known_inside(declared) and bool(returned) and all(map(_tells, returned))


def _is_bare(kind: Kind) -> bool:
    """A container of anything, or `type[DeclarativeBase]`: any class of the project may be below it."""
    return isinstance(kind, Ext) or (isinstance(kind, Inst) and kind.name in _HOLDERS and not kind.args)


def _holds_anything(kind: Kind) -> bool:
    """The same, or a container of such: `dict[str, list]`."""
    held = kind.args if isinstance(kind, Inst) and kind.name in _HOLDERS else ()
    return _is_bare(kind) or any(map(_holds_anything, chain.from_iterable(held)))


def _holds_unknown(kinds: Kinds) -> bool:
    inner = (each for kind in kinds if isinstance(kind, Inst) for each in kind.args)
    return any(isinstance(kind, Unknown) for kind in kinds) or any(map(_holds_unknown, inner))


def _gives(kind: Kind) -> bool:
    return isinstance(kind, Unknown) and bool(kind.gives)


def _tells(kind: Kind) -> bool:
    """Is it a class of the project, or a container of which something is known that it holds?"""
    return isinstance(kind, Cls) or (
        isinstance(kind, Inst)
        and any(not isinstance(each, Unknown) for inner in kind.args[-1:] for each in inner)
    )
