"""What an expression can be: the light, nominal types of linking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .program import Key

Kinds = frozenset["Kind"]


@dataclass(frozen=True, slots=True)
class Ext:
    """Something outside the project by dotted name: a module, a class or a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Mod:
    """A module of the project (dotted name, for namespace packages without a file)."""

    name: str
    near: str


@dataclass(frozen=True, slots=True)
class Cls:
    """A class of the project itself; `args` are those of `Repository[Model]`."""

    key: Key
    args: tuple[Kinds, ...] = ()


@dataclass(frozen=True, slots=True)
class Fn:
    """A function of the project; `bound` when its first parameter is taken."""

    key: Key
    bound: bool = False
    types: tuple[tuple[str, Kinds], ...] = ()
    """What the type variables of its class stand for."""


@dataclass(frozen=True, slots=True)
class Obj:
    """An instance of a project class."""

    key: Key
    is_super: bool = False
    args: tuple[Kinds, ...] = ()
    """What its class's type variables stand for, in their order."""
    is_exact: bool = False
    """Made by calling the class itself: no subclass can stand in its place."""


@dataclass(frozen=True, slots=True)
class Inst:
    """An instance of a class outside the project; `args` are element types of containers."""

    name: str
    args: tuple[Kinds, ...] = ()
    items: tuple[tuple[str | int, Kinds], ...] = ()
    """The values of a dictionary or list that was written out, by key."""


@dataclass(frozen=True, slots=True)
class Vars:
    """`globals()`, `vars(x)`, `x.__dict__`: the attributes of `owner` as a dictionary."""

    owner: Mod | Cls | Obj


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute of an instance of a class outside the project, of unknown type: usually a method."""

    owner: str
    attr: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Cannot be told; `why` says at which step knowledge ended."""

    why: str = ""
    gives: frozenset[Kind] = frozenset()
    """What calling it gives, where an annotation says that much: `Callable[[], Repo]`."""


@dataclass(frozen=True, slots=True)
class Decorated:
    """The function under a decorator of the project; whoever calls it by its name accounts for it."""

    by: Key | None = None
    """The decorator."""


Kind = Ext | Mod | Cls | Fn | Obj | Inst | Vars | Member | Decorated | Unknown

NOTHING: Kinds = frozenset()
NONE = "builtins.NoneType"
DEEPEST = 3
PLAIN = 1
NAMESPACE = "types.SimpleNamespace"
COROUTINE = "typing.Coroutine"
GENERATOR = "typing.Generator"
ASYNC_GENERATOR = "typing.AsyncGenerator"
CONTEXT = "typing.ContextManager"
ASYNC_CONTEXT = "typing.AsyncContextManager"


def unknown(why: str) -> Kinds:
    return frozenset({Unknown(why)})


def one(kind: Kind) -> Kinds:
    return frozenset({kind})


def typed(name: str, items: Iterable[str] = ()) -> Kinds:
    """An instance of a class of the catalogue, with the types of what it contains."""
    return one(Inst(name, tuple(one(Inst(item)) for item in items)))


def is_known(kinds: Kinds) -> bool:
    return bool(kinds) and not any(isinstance(kind, Unknown) for kind in kinds)


def is_known_inside(kinds: Kinds) -> bool:
    """Are the elements of containers known, too?"""
    return is_known(kinds) and all(
        is_known_inside(inner) for kind in kinds if isinstance(kind, Inst) for inner in kind.args[-1:]
    )


def clipped(kinds: Kinds) -> Kinds:
    """What goes into a container. Data in data in data says nothing about calls: its inside is left out."""
    if not any(isinstance(kind, Inst) and kind.args for kind in kinds):
        return kinds
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
    if len(kinds) < 2:
        return tuple(kinds)
    ranked = {_rank(kind): kind for kind in kinds}
    if len(ranked) < len(kinds):
        ranked = {(*_rank(kind), _text(kind)): kind for kind in kinds}
    return tuple(ranked[rank] for rank in sorted(ranked))


def _rank(kind: Kind) -> tuple[str, ...]:
    """By its type and its first field, which tell most of them apart; numbers count as texts."""
    first = getattr(kind, kind.__slots__[0])
    return (
        (type(kind).__name__, *map(str, first))
        if isinstance(first, Key)
        else (type(kind).__name__, str(first))
    )


@lru_cache(maxsize=1 << 14)
def _text(kind: Kind) -> str:
    """As `repr`, with what is in sets in order."""
    return f"{type(kind).__name__}({', '.join(_spelled(getattr(kind, each)) for each in kind.__slots__)})"


def _spelled(value: object) -> str:
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(_text, value)))}}}"
    return f"({', '.join(map(_spelled, value))})" if isinstance(value, tuple) else repr(value)


def union(parts: list[Kinds]) -> Kinds:
    if len(parts) == 1:
        return parts[0]
    return frozenset().union(*parts) if parts else NOTHING


_LAZY = {f"builtins.{name}" for name in ("map", "filter", "zip", "enumerate", "reversed", "iter")}


def is_lazy_function(name: str) -> bool:
    """Does what it gives read its arguments later, item by item?"""
    return name in _LAZY or name.startswith("itertools.")


def is_lazy_method(name: str) -> bool:
    """`iter_content`, `json_iter`, `paginate`: does what it gives do the work, item by item?"""
    return name.startswith("iter_") or name.endswith("_iter") or name == "paginate"
