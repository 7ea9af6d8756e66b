"""What the user sees."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from .groups import ChangeGroup
from .terms import (
    Applicability,
    Colour,
    EntryPoint,
    FunctionId,
    Hop,
    Location,
    Note,
    Reason,
    RemedyKind,
    Span,
)


class Home(msgspec.Struct, frozen=True):
    """The function under which a finding is shown."""

    function: FunctionId
    name: str
    location: Location
    is_handler: bool


class Finding(msgspec.Struct, frozen=True):
    """One row of `check`: what is wrong, where, through which chain, and what will be done about it."""

    code: str
    message: str
    location: Location
    span: Span
    handler: str
    """Label of the first entry point that reaches it; empty when none does."""
    chain: tuple[Hop, ...] = ()
    remedy: RemedyKind = RemedyKind.LEAVE
    remedy_text: str = ""
    applicability: Applicability = Applicability.SAFE
    group: str = ""
    home: Home | None = None
    """The handler that holds the place, else the outermost function around it."""
    callee: str = ""
    """What is called there, short; empty where it has no name."""


class HandlerRow(msgspec.Struct, frozen=True):
    """One handler or dependency: its colour now, its colour afterwards, and why."""

    entry: EntryPoint
    before: Colour
    after: Colour
    remedies: tuple[RemedyKind, ...] = ()
    reason: Reason | None = None
    group: str = ""


class Status(str, Enum):
    CHANGED = "changed"
    CREATED = "created"


class FileResult(msgspec.Struct, frozen=True):
    path: str
    status: Status
    old: bytes | None = None
    new: bytes | None = None


class Problem(msgspec.Struct, frozen=True):
    """Bad input: one clear line, with file and line where there is one."""

    message: str
    path: str = ""
    line: int = 0
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


class Shape(msgspec.Struct, frozen=True):
    """Calls that cannot be told for the same reason, and one of their places."""

    words: str
    calls: int
    example: Location


class Resolution(msgspec.Struct, frozen=True):
    """The call sites in all functions that handlers reach, by what is known of them."""

    functions: int = 0
    project: int = 0
    """Calls of functions of the project."""
    catalogued: int = 0
    """Calls that block, are slow, or must be awaited."""
    fast: int = 0
    unknown: int = 0
    unresolved: tuple[Shape, ...] = ()
    """The commonest first."""

    @property
    def calls(self) -> int:
        return self.project + self.catalogued + self.fast + self.unknown


class SyncDatabase(msgspec.Struct, frozen=True):
    """A database that stays sync."""

    obstacles: tuple[Reason, ...]
    """To the change of all of it; empty where the config does not ask for that."""
    at_engine: Reason | None
    """Why no engine of the application can be made async; None where one can be, or where nobody asked."""
    strategy: str
    """What the config asks for."""
    names: tuple[str, ...]
    """Of all databases, as the config names them: `app.db:engine`."""
    moved: int
    """Routes that go to an async engine beside it."""
    routes: int
    """Those that stay `def` because of it."""
    in_threads: int
    """Of these, those whose work could be one function in a thread."""


class Report(msgspec.Struct, frozen=True):
    """Everything a run has to say; `cli` renders it."""

    handlers: tuple[HandlerRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusals: tuple[Reason, ...] = ()
    groups: tuple[ChangeGroup, ...] = ()
    dropped: tuple[tuple[ChangeGroup, str], ...] = ()
    """Groups that failed a proof, with the proof's words: our bug."""
    files: tuple[FileResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    next_steps: tuple[str, ...] = ()
    checklist: tuple[tuple[str, int], ...] = ()
    """The house's seven points, each with its number of findings."""
    database: SyncDatabase | None = None
    statistics: Mapping[str, int] = msgspec.field(default_factory=dict)
    resolution: Resolution = Resolution()
    left: tuple[Note, ...] = ()
    """Of functions in which nothing changes: slow work, and why it stays."""
