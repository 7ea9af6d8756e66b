"""What an expression can be: the light, nominal types of linking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import zip_longest

import msgspec

from ...catalogue.build import split_type
from .program import Key

Kinds = frozenset["Kind"]


class _Kind(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """Made and looked up all the time: made in C, and hashed once."""


class Ext(_Kind, frozen=True):
    """Something outside the project by dotted name: a module, a class or a function."""

    name: str


class Mod(_Kind, frozen=True):
    """A module of the project (dotted name, for namespace packages without a file)."""

    name: str
    near: str


class Cls(_Kind, frozen=True):
    """A class of the project itself; `args` are those of `Repository[Model]`."""

    key: Key
    args: tuple[Kinds, ...] = ()


class Fn(_Kind, frozen=True):
    """A function of the project; `bound` when its first parameter is taken."""

    key: Key
    bound: bool = False
    types: tuple[tuple[str, Kinds], ...] = ()
    """What the type variables of its class stand for."""


class Obj(_Kind, frozen=True):
    """An instance of a project class."""

    key: Key
    is_super: bool = False
    args: tuple[Kinds, ...] = ()
    """What its class's type variables stand for, in their order."""
    is_exact: bool = False
    """Made by calling the class itself: no subclass can stand in its place."""


class Inst(_Kind, frozen=True):
    """An instance of a class outside the project; `args` are element types of containers."""

    name: str
    args: tuple[Kinds, ...] = ()
    items: tuple[tuple[str | int, Kinds], ...] = ()
    """The values of a dictionary or list that was written out, by key."""


class Vars(_Kind, frozen=True):
    """`globals()`, `vars(x)`, `x.__dict__`: the attributes of `owner` as a dictionary."""

    owner: Mod | Cls | Obj


class Member(_Kind, frozen=True):
    """An attribute of an instance of a class outside the project, of unknown type: usually a method."""

    owner: str
    attr: str


class Unknown(_Kind, frozen=True):
    """Cannot be told; `why` says at which step knowledge ended."""

    why: str = ""
    gives: frozenset[Kind] = frozenset()
    """What calling it gives, where an annotation says that much: `Callable[[], Repo]`."""
    maker: str = ""
    """What of a library gave it, or has it inside: nothing of the project, but for what that was given."""


class Decorated(_Kind, frozen=True):
    """The function under a decorator of the project; whoever calls it by its name accounts for it."""

    by: Key | None = None
    """The decorator."""


Kind = Ext | Mod | Cls | Fn | Obj | Inst | Vars | Member | Decorated | Unknown

NOTHING: Kinds = frozenset()
NONE = "builtins.NoneType"
DEEPEST = 3
PLAIN = 1
MOST_ALIKE = 24
MOST_ATTRIBUTES = 64
_LONG = 1000
NAMESPACE = "types.SimpleNamespace"
COROUTINE = "typing.Coroutine"
TASK = "asyncio.Task"
FUTURE = "concurrent.futures.Future"
AWAITABLES = (COROUTINE, TASK, FUTURE)
"""What gives its result when it is waited for."""
GENERATOR = "typing.Generator"
ASYNC_GENERATOR = "typing.AsyncGenerator"
CONTEXT = "typing.ContextManager"
ASYNC_CONTEXT = "typing.AsyncContextManager"


def unknown(why: str, maker: str = "") -> Kinds:
    return frozenset({Unknown(why, maker=maker)})


ANY = unknown("annotated as Any")
BOUND_NOWHERE = "is bound nowhere"
"""Behind a name that raises a NameError where it is read."""
DATA = Inst("json.Value")
"""What JSON has: its inside is the same."""


def one(kind: Kind) -> Kinds:
    return frozenset({kind})


@lru_cache(maxsize=1 << 10)
def typed(name: str, items: tuple[str, ...] = ()) -> Kinds:
    """An instance of a class of the catalogue, with the types of what it contains."""
    return one(Inst(name, tuple(typed(*split_type(item)) for item in items)))


def is_known(kinds: Kinds) -> bool:
    return bool(kinds) and not any(isinstance(kind, Unknown) for kind in kinds)


def may_be(kinds: Iterable[Kind], function: Key) -> bool:
    """Is this function of the project among them?"""
    return any(isinstance(kind, Fn) and kind.key == function for kind in kinds)


def classes_in(kinds: Iterable[Kind]) -> Iterator[Key]:
    """Of the objects that these are, and of those in their containers."""
    for kind in kinds:
        if isinstance(kind, Obj):
            yield kind.key
        elif isinstance(kind, Inst):
            for inner in kind.args:
                yield from classes_in(inner)


def is_missing(kinds: Kinds, attr: str) -> bool:
    """Is there no such attribute, as far as classes and modules tell?"""
    return all(isinstance(kind, Unknown) and kind.why.endswith(f"has no {attr}") for kind in kinds)


def is_known_inside(kinds: Kinds) -> bool:
    """Are the elements of containers known, too?"""
    return is_known(kinds) and all(
        is_known_inside(inner) for kind in kinds if isinstance(kind, Inst) for inner in kind.args[-1:]
    )


def clipped(kinds: Kinds) -> Kinds:
    """What goes into a container. Data in data in data says nothing about calls: its inside is left out."""
    for kind in kinds:
        if isinstance(kind, Inst) and kind.args:
            return _clipped(kinds)
    return kinds


def widened(kinds: Kinds) -> Kinds:
    """Many containers of one class as a single one that holds all that they hold: functions which fill the
    dictionaries that they are given would make ever more of them. So would `data = {"id": each.id}` for each
    of `data`, whose attributes have attributes: many of those are something unknown."""
    if len(kinds) <= MOST_ALIKE:
        return kinds
    members = [kind for kind in kinds if isinstance(kind, Member)]
    if len(members) > MOST_ATTRIBUTES:
        kinds = kinds.difference(members) | unknown("an attribute of too many things")
    alike: dict[str, list[Inst]] = {}
    for kind in kinds:
        if isinstance(kind, Inst) and kind.args:
            alike.setdefault(kind.name, []).append(kind)
    for found in alike.values():
        if len(found) > MOST_ALIKE:
            kinds = kinds.difference(found) | one(_joined(found))
    return kinds


def _joined(containers: Sequence[Inst]) -> Inst:
    by_place = zip_longest(*(each.args for each in containers), fillvalue=NOTHING)
    return Inst(containers[0].name, tuple(widened(union(list(inner))) for inner in by_place))


@lru_cache(maxsize=1 << 13)
def _clipped(kinds: Kinds) -> Kinds:
    return frozenset(
        _cut(kind, DEEPEST if has_code(kind) else PLAIN) if isinstance(kind, Inst) and kind.args else kind
        for kind in kinds
    )


def _cut(kind: Inst, depth: int) -> Inst:
    if depth == 0:
        return Inst(kind.name)
    return Inst(
        kind.name,
        tuple(_cut_all(inner, depth - 1) for inner in kind.args),
        tuple((key, _cut_all(inner, depth - 1)) for key, inner in kind.items),
    )


@lru_cache(maxsize=1 << 13)
def _cut_all(kinds: Kinds, depth: int) -> Kinds:
    if not any(isinstance(kind, Inst) and kind.args for kind in kinds):
        return kinds
    return frozenset(_cut(kind, depth) if isinstance(kind, Inst) and kind.args else kind for kind in kinds)


def has_code(kind: Kind) -> bool:
    """Is it, or does it hold, something of the project that can be called?"""
    if isinstance(kind, Inst):
        return any(has_code(each) for inner in kind.args for each in inner)
    return isinstance(kind, (Fn, Cls, Obj))


def without_none(kinds: Kinds) -> Kinds:
    """None has no methods to call: it is dropped where there is something else."""
    if len(kinds) < 2:
        return kinds
    return frozenset(k for k in kinds if not (isinstance(k, Inst) and k.name == NONE)) or kinds


def ordered(kinds: Kinds) -> tuple[Kind, ...]:
    """Always in the same order, for whatever leaves a trace in the output."""
    return tuple(kinds) if len(kinds) < 2 else _ordered(kinds)


@lru_cache(maxsize=1 << 14)
def _ordered(kinds: Kinds) -> tuple[Kind, ...]:
    ranked = {_rank(kind): kind for kind in kinds}
    if len(ranked) < len(kinds):
        ranked = {(*_rank(kind), _text(kind)): kind for kind in kinds}
    return tuple(ranked[rank] for rank in sorted(ranked))


def _rank(kind: Kind) -> tuple[str, ...]:
    """By its type and its first field, which tell most of them apart; numbers count as texts."""
    first = getattr(kind, kind.__struct_fields__[0])
    return (
        (type(kind).__name__, first.path, str(first.scope))
        if isinstance(first, Key)
        else (type(kind).__name__, str(first))
    )


@lru_cache(maxsize=1 << 14)
def _text(kind: Kind) -> str:
    """As `repr`, with what is in sets in order; of long ones the beginning, and a digest of all."""
    fields = ", ".join(_spelled(getattr(kind, each)) for each in kind.__struct_fields__)
    text = f"{type(kind).__name__}({fields})"
    # lists of dictionaries of lists of all that a program knows come to megabytes
    return text if len(text) <= _LONG else f"{text[:_LONG]}{sha256(text.encode()).hexdigest()}"


def _spelled(value: object) -> str:
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(_text, value)))}}}"
    return f"({', '.join(map(_spelled, value))})" if isinstance(value, tuple) else repr(value)


def describe(kind: Kind) -> str:
    if isinstance(kind, Ext):
        return kind.name
    if isinstance(kind, Member):
        return f"{kind.owner}.{kind.attr}"
    if isinstance(kind, Inst):
        return f"{kind.name}()"
    if isinstance(kind, Mod):
        return kind.name
    if isinstance(kind, (Cls, Obj)):
        return "a class of the project"
    return "the decorated function" if isinstance(kind, Decorated) else "a call that is not known"


def union(parts: list[Kinds]) -> Kinds:
    if len(parts) == 1:
        return parts[0]
    return frozenset().union(*parts) if parts else NOTHING


_LAZY = {f"builtins.{name}" for name in ("map", "filter", "zip", "enumerate", "reversed", "iter")}


def is_lazy_function(name: str) -> bool:
    """Does what it gives read its arguments later, item by item?"""
    return name in _LAZY or name.startswith("itertools.")
