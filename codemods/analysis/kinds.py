"""What an expression can be: the light, nominal types of linking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

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
    """A class of the project itself."""

    key: Key


@dataclass(frozen=True, slots=True)
class Fn:
    """A function of the project; `bound` when its first parameter is taken."""

    key: Key
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Obj:
    """An instance of a project class."""

    key: Key
    is_super: bool = False


@dataclass(frozen=True, slots=True)
class Inst:
    """An instance of a class outside the project; `args` are element types of containers."""

    name: str
    args: tuple[Kinds, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute of an instance of a class outside the project, itself of unknown type: usually a method."""

    owner: str
    attr: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Cannot be told; `why` says at which step knowledge ended."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Decorated:
    """The function that a decorator of the project was put on; whoever calls it by its name accounts for it."""


Kind = Union[Ext, Mod, Cls, Fn, Obj, Inst, Member, Decorated, Unknown]

NOTHING: Kinds = frozenset()
COROUTINE = "typing.Coroutine"
GENERATOR = "typing.Generator"
ASYNC_GENERATOR = "typing.AsyncGenerator"
CONTEXT = "typing.ContextManager"
ASYNC_CONTEXT = "typing.AsyncContextManager"


def unknown(why: str) -> Kinds:
    return frozenset({Unknown(why)})


def one(kind: Kind) -> Kinds:
    return frozenset({kind})


def is_known(kinds: Kinds) -> bool:
    return bool(kinds) and not any(isinstance(kind, Unknown) for kind in kinds)


def union(parts: list[Kinds]) -> Kinds:
    return frozenset().union(*parts) if parts else NOTHING
