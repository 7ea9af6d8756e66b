"""Edits of a function or class as a whole: its header, what stands above it, and where its body is."""

from __future__ import annotations

from dataclasses import dataclass

from .code import Code
from .terms import Span


@dataclass(frozen=True, slots=True)
class TurnAsync:
    """`def f` -> `async def f`; `span` is that of the function, `name` a new one for it."""

    span: Span
    name: str = ""


@dataclass(frozen=True, slots=True)
class MoveBody:
    """`def h(..): body` -> `async def h(..): return await run_in_threadpool(_h, ..)` and `def _h(..): body`
    below."""

    span: Span
    name: str
    runner: Code


@dataclass(frozen=True, slots=True)
class AddDecorator:
    """A decorator put closest to the `def`."""

    span: Span
    code: Code


@dataclass(frozen=True, slots=True)
class AddBase:
    """`class Base(Old)` -> `class Base(New, Old)`; `span` is that of the class."""

    span: Span
    code: Code


@dataclass(frozen=True, slots=True)
class RemoveParameter:
    """`def f(a, b)` -> `def f(a)`; `span` is that of the function. The parameter must stand without
    comments."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class AddParameter:
    """`def f(b)` -> `def f(a: A, b)`; `span` is that of the function, `code` the parameter that stands
    before the one called `before` from now on."""

    span: Span
    code: Code
    before: str
