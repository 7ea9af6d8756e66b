"""Edits of a function or class as a whole: its header, what stands above it, and where its body is."""

from __future__ import annotations

import msgspec

from .code import Code
from .terms import Span


class TurnAsync(msgspec.Struct, frozen=True):
    """`def f` -> `async def f`; `span` is that of the function, `name` a new one for it."""

    span: Span
    name: str = ""


class MoveBody(msgspec.Struct, frozen=True):
    """`def h(..): body` -> `async def h(..): return await run_in_threadpool(_h, ..)` and `def _h(..): body`
    below."""

    span: Span
    name: str
    runner: Code


class AddDecorator(msgspec.Struct, frozen=True):
    """A decorator put closest to the `def`."""

    span: Span
    code: Code


class AddBase(msgspec.Struct, frozen=True):
    """`class Base(Old)` -> `class Base(New, Old)`; `span` is that of the class."""

    span: Span
    code: Code


class RemoveParameter(msgspec.Struct, frozen=True):
    """`def f(a, b)` -> `def f(a)`; `span` is that of the function. The parameter must stand without
    comments."""

    span: Span
    name: str


class AddParameter(msgspec.Struct, frozen=True):
    """`def f(b)` -> `def f(a: A, b)`; `span` is that of the function, `code` the parameter that stands
    before the one called `before` from now on."""

    span: Span
    code: Code
    before: str
