"""Words that all phases share: functions, places, colours, remedies, reasons and notes."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, NewType

import msgspec

FunctionId = NewType("FunctionId", str)
"""A function of the project, written `package.module:Class.method`."""

ClassId = NewType("ClassId", str)
"""A class of the project, written `package.module:Class`."""


class Span(NamedTuple):
    """A piece of one file in the units of `ast`: lines from 1, columns in UTF-8 bytes from 0."""

    line: int
    col: int
    end_line: int
    end_col: int

    def contains(self, other: Span) -> bool:
        return (self.line, self.col) <= (other.line, other.col) and (other.end_line, other.end_col) <= (
            self.end_line,
            self.end_col,
        )


class Location(NamedTuple):
    """A place to show: path relative to the project root (posix), line and column from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Colour(str, Enum):
    SYNC = "sync"
    ASYNC = "async"


class Applicability(str, Enum):
    """How far a change may be trusted: `unsafe` changes behaviour in a stated way, `manual` is for a
    person."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


class RemedyKind(str, Enum):
    TASK = "task"
    TWIN = "await its async twin"
    AWAIT = "await"
    OFFLOAD = "thread pool"
    WHOLE_BODY = "body in the thread pool"
    LEAVE = "left"


class EntryKind(str, Enum):
    ROUTE = "route"
    WEBSOCKET = "websocket"
    RESOLVER = "GraphQL resolver"
    DEPENDENCY = "dependency"
    EXCEPTION_HANDLER = "exception handler"
    MIDDLEWARE = "middleware"
    LIFESPAN = "lifespan"
    BACKGROUND = "background task"
    STREAM = "streaming generator"


class EntryPoint(msgspec.Struct, frozen=True):
    """A function that the framework calls."""

    function: FunctionId
    kind: EntryKind
    label: str
    """What a person calls it: `POST /pay`, `dependency get_db`."""
    location: Location


class Hop(msgspec.Struct, frozen=True):
    """One step of a chain: `charge()` at the place where it is called."""

    label: str
    location: Location


class Reason(msgspec.Struct, frozen=True):
    """Why something is not changed: a code with a page of its own, a sentence, a place, and what the user can
    do."""

    code: str
    text: str
    location: Location | None = None
    chain: tuple[Hop, ...] = ()
    hint: str = ""


class NoteKind(str, Enum):
    BEHAVIOUR = "behaves differently"
    WAITS = "requests still wait"
    """Slow work that stays on the request path."""
    IN_PROCESS = "stays in the web process"
    """Slow work that runs behind the response, as it did."""
    CELERY = "stays with Celery"
    TOGETHER = "could wait together"


class Note(msgspec.Struct, frozen=True):
    """What a change brings with it, told to the user at its place."""

    kind: NoteKind
    text: str
    location: Location | None = None
    hint: str = ""
    """What the user can do."""

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.text}" + (f" ({self.hint})" if self.hint else "")


class Template(msgspec.Struct, frozen=True):
    """What fills in a page."""

    text: str
    path: str = ""
    """Empty for what stands in the code."""
