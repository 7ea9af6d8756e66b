"""A change that is carried out whole or not at all, and what it needs beside its edits."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from .code import Code, ImportNeed
from .edits import Edit
from .terms import Applicability, FunctionId, Note


class Dependency(msgspec.Struct, frozen=True, order=True):
    """A distribution the changed project must install, with the range that was tried."""

    distribution: str
    specifier: str
    why: str


DRIVERS = {
    "psycopg": "postgresql",
    "asyncpg": "postgresql",
    "aiomysql": "mysql",
    "asyncmy": "mysql",
    "aiosqlite": "sqlite",
}
"""Async drivers that the config may ask for by name, and the databases that they talk to."""


class Lifetime(str, Enum):
    """How long one client is in use."""

    EVENT_LOOP = "event loop"
    BLOCK = "block"
    """It is made by an `async with`."""


class HttpClient(msgspec.Struct, frozen=True):
    """One `@per_event_loop` function of the shared `http_client` module, or a name of the `http_sessions`
    module, whose clients live as long as a block."""

    name: str
    library: str
    """`httpx` or `httpx2`."""
    constructor: str
    """The body of the function: `return httpx.AsyncClient(...)`; what it takes from the module where a client
    of the project's own has no function there."""
    lifetime: Lifetime = Lifetime.EVENT_LOOP


class TaskDefinition(msgspec.Struct, frozen=True):
    """One function of the tasks module."""

    name: str
    source: Code
    """The decorated function, with `slot(i)` for names that must be imported."""
    late_imports: tuple[ImportNeed, ...] = ()
    """Imports that stand inside the task, because at the top they would be circular."""
    gives_result: bool = False
    """The answer to a request needs what it gives."""
    reads_set_up: bool = False
    """Its imports read what it sets up, and stay below that."""


class Startup(msgspec.Struct, frozen=True):
    """Statements that applications run when they start, before anything else."""

    code: Code
    home: str
    """The file that ran them when it was imported: for the applications that load it."""


class NewFile(msgspec.Struct, frozen=True):
    """A file that is made."""

    path: str
    text: str


Support = Dependency | HttpClient | TaskDefinition | Startup | NewFile


class ChangeGroup(msgspec.Struct, frozen=True):
    """Edits that are carried out together or not at all."""

    id: str
    title: str
    functions: tuple[FunctionId, ...]
    edits: Mapping[str, tuple[Edit, ...]]
    """By path, relative to the project root."""
    support: tuple[Support, ...] = ()
    notes: tuple[Note, ...] = ()
    applicability: Applicability = Applicability.SAFE

    @property
    def tasks(self) -> frozenset[str]:
        """The names of those that it makes."""
        return frozenset(each.name for each in self.support if isinstance(each, TaskDefinition))
