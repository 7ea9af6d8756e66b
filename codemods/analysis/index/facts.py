"""What `index` keeps of one file: its scopes, and what they call, read, set and ask for."""

from __future__ import annotations

from enum import IntFlag

import msgspec

from ...model import Span
from .bindings import AttributeBinding, Scope
from .expr import Expr


class Use(IntFlag):
    """What stands right around a call."""

    NONE = 0
    AWAITED = 1
    STATEMENT = 2
    WITH = 4
    ASYNC_WITH = 8
    ITERATED = 16
    ASYNC_ITERATED = 32
    DECORATOR = 64
    DEFAULT = 128
    RETURNED = 256
    YIELDED_FROM = 512
    MAIN_GUARD = 1024
    """Under `if __name__ == "__main__":`."""
    YIELDED = 2048


class CallSite(msgspec.Struct, frozen=True, array_like=True, gc=False):
    scope: int
    span: Span
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    """Keyword arguments; `**x` has an empty name."""
    use: Use


class Reference(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name or attribute chain that is read, not called: a callback, a decorator, a property, a base."""

    scope: int
    span: Span
    expr: Expr
    call: int = -1
    """The call whose argument it is, or -1."""
    position: int | str = -1
    use: Use = Use.NONE


class Implicit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What calls a dunder by its form: `with value`, `for x in value`, `value[key]`, `a + b`."""

    scope: int
    span: Span
    kind: str
    """`with`, `for`, `async` or not; `[]`, `[]=`, `del`, `delattr`, `in`, `format`, `bool`, `raise`, `await`,
    `unpack`; an operator."""
    expr: Expr
    right: Expr | None = None
    """The other operand of an operator, what stands between brackets, the name of a deleted attribute."""


class Store(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`target[key] = value`: what a container holds beside what it was made with."""

    scope: int
    target: Expr
    key: Expr
    value: Expr
    line: int


class Computing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place at which the function at `function` computes for long, judged by its shape."""

    function: Span
    span: Span
    """Of a loop, of what a comprehension goes over, or of the function itself."""
    why: str
    is_alone: bool = False
    """Does it count only where nothing else that the function does takes its time?"""


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file. `scopes[0]` is the module itself."""

    path: str
    module: str
    root: str
    is_package: bool
    is_test: bool
    scopes: tuple[Scope, ...]
    calls: tuple[CallSite, ...]
    references: tuple[Reference, ...]
    attributes: tuple[AttributeBinding, ...]
    implicits: tuple[Implicit, ...]
    stores: tuple[Store, ...] = ()
    exports: tuple[str, ...] | None = None
    """`__all__` where it is a literal."""
    computing: tuple[Computing, ...] = ()
    ignored_lines: tuple[tuple[int, str], ...] = ()
    """`# async-fix: ...` comments: line and text after the colon."""
