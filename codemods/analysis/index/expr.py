"""The small language of expressions: what `index` keeps of one, compact and free of `ast`."""

from __future__ import annotations

import msgspec


class Fact(
    msgspec.Struct, frozen=True, array_like=True, tag=True, tag_field="fact", gc=False, cache_hash=True
):
    """One of several in a union, told apart by its tag."""


class Name(Fact, frozen=True):
    id: str


class Attr(Fact, frozen=True):
    value: Expr
    attr: str


class Call(Fact, frozen=True):
    """A call; `index` points into `ModuleFacts.calls`."""

    index: int


class Item(Fact, frozen=True):
    """`value[key]`."""

    value: Expr
    key: Expr


class Const(Fact, frozen=True):
    """A literal: `type` is the builtin's name, `text` of a string, `number` of a small int or a bool."""

    type: str
    text: str = ""
    number: int = -1


class Joined(Fact, frozen=True):
    """An f-string; what cannot be text by itself is opaque."""

    parts: tuple[Expr, ...]


class Await(Fact, frozen=True):
    value: Expr


class Display(Fact, frozen=True):
    """A tuple, list or set display; `type` is the builtin's name."""

    type: str
    items: tuple[Expr, ...]


class DictDisplay(Fact, frozen=True):
    keys: tuple[Expr, ...]
    values: tuple[Expr, ...]


class Either(Fact, frozen=True):
    """`a or b`, `a and b`, `a if c else b`: one of the options."""

    options: tuple[Expr, ...]


class Binary(Fact, frozen=True):
    operator: str
    left: Expr
    right: Expr


class Lambda(Fact, frozen=True):
    """A lambda; `scope` points into `ModuleFacts.scopes`."""

    scope: int


class Comprehension(Fact, frozen=True):
    """`type` is list, set, dict or generator; the element lives in `scope`."""

    type: str
    scope: int
    element: Expr


class Starred(Fact, frozen=True):
    value: Expr


class Opaque(Fact, frozen=True):
    """An expression whose shape says nothing about types."""


Expr = (
    Name
    | Attr
    | Call
    | Item
    | Const
    | Joined
    | Await
    | Display
    | DictDisplay
    | Either
    | Binary
    | Lambda
    | Comprehension
    | Starred
    | Opaque
)


def last_name(expr: Expr | None) -> str:
    """`pay` of `pay` and of `api.pay`; empty for what has none."""
    name: str = getattr(expr, "attr", "") or getattr(expr, "id", "")
    return name
