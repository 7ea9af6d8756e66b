"""The types that travel between the phases: plain, frozen, picklable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, NewType

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
    DEPENDENCY = "dependency"
    EXCEPTION_HANDLER = "exception handler"
    MIDDLEWARE = "middleware"
    LIFESPAN = "lifespan"
    BACKGROUND = "background task"
    STREAM = "streaming generator"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A function that the framework calls."""

    function: FunctionId
    kind: EntryKind
    label: str
    """What a person calls it: `POST /pay`, `dependency get_db`."""
    location: Location


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: `charge()` at the place where it is called."""

    label: str
    location: Location


@dataclass(frozen=True, slots=True)
class Reason:
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


@dataclass(frozen=True, slots=True)
class Note:
    """What a change brings with it, told to the user at its place."""

    kind: NoteKind
    text: str
    location: Location | None = None
    hint: str = ""
    """What the user can do."""

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.text}" + (f" ({self.hint})" if self.hint else "")


# --- what the rewriter carries out -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class ImportNeed:
    """`import module`, or `from module import name`."""

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Python text in which `slot(i)` stands for the spelling of `needs[i]` in the file it lands in."""

    text: str
    needs: tuple[ImportNeed, ...] = ()


def slot(index: int) -> str:
    """The placeholder of `Code.needs[index]`: one private-use character, so it cannot occur in source by
    accident."""
    return chr(0xE000 + index)


@dataclass(frozen=True, slots=True)
class TurnAsync:
    """`def f` -> `async def f`; `span` is that of the function."""

    span: Span


@dataclass(frozen=True, slots=True)
class AwaitExpression:
    """`f(x)` -> `await f(x)`, in parentheses where precedence asks for them."""

    span: Span


@dataclass(frozen=True, slots=True)
class OffloadCall:
    """`f(a, b=c)` -> `await run_in_threadpool(f, a, b=c)`."""

    span: Span
    runner: Code


@dataclass(frozen=True, slots=True)
class OffloadExpression:
    """`<expression>` -> `await run_in_threadpool(lambda: <expression>)`."""

    span: Span
    runner: Code


@dataclass(frozen=True, slots=True)
class ExtractToThread:
    """Neighbouring statements of one block -> a nested function above them, called in a thread.

    `before` is the span of the statement above which the function stands (a `try` that holds the run, a loop,
    or the first statement itself). `results` are assigned from the call; `returns` means that the run
    ends by returning on every path, so the call is returned.
    """

    first: Span
    last: Span
    before: Span
    name: str
    parameters: tuple[str, ...]
    results: tuple[str, ...]
    returns: bool
    runner: Code
    global_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MoveBody:
    """`def h(..): body` -> `async def h(..): return await run_in_threadpool(_h, ..)` and `def _h(..): body`
    below."""

    span: Span
    name: str
    runner: Code


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a rewritten call: the old one at `index` (positional first, as written), or new
    text."""

    index: int | None = None
    keyword: str = ""
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class ReplaceCall:
    """A call with another callee and other arguments; `arguments=None` keeps them as they are."""

    span: Span
    callee: Code
    arguments: tuple[Argument, ...] | None = None
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class ReplaceExpression:
    """An expression replaced by text; `awaited` and nested edits inside it are not kept."""

    span: Span
    code: Code


@dataclass(frozen=True, slots=True)
class ReplaceStatements:
    """A run of neighbouring statements of one block replaced by other statements (empty text removes
    them)."""

    first: Span
    last: Span
    code: Code


@dataclass(frozen=True, slots=True)
class InsertStatements:
    """Statements put right above (`after=False`) or right below a statement."""

    anchor: Span
    code: Code
    after: bool = False


@dataclass(frozen=True, slots=True)
class AsyncStatement:
    """`with` -> `async with`, `for` -> `async for`; `span` is that of the statement."""

    span: Span


@dataclass(frozen=True, slots=True)
class AddDecorator:
    """A decorator put closest to the `def`."""

    span: Span
    code: Code


@dataclass(frozen=True, slots=True)
class RemoveParameter:
    """`def f(a, b)` -> `def f(a)`; `span` is that of the function. The parameter must stand without
    comments."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class AppendCode:
    """Top-level code put at the end of the file."""

    code: Code


Edit = (
    TurnAsync
    | AwaitExpression
    | OffloadCall
    | OffloadExpression
    | ExtractToThread
    | MoveBody
    | ReplaceCall
    | ReplaceExpression
    | ReplaceStatements
    | InsertStatements
    | AsyncStatement
    | AddDecorator
    | RemoveParameter
    | AppendCode
)


# --- what a change needs beside its edits ------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Dependency:
    """A distribution the changed project must install, with the range that was tried."""

    distribution: str
    specifier: str
    why: str


@dataclass(frozen=True, slots=True)
class HttpClient:
    """One `@per_event_loop` function of the shared `http_client` module."""

    name: str
    library: str
    """`httpx` or `httpx2`."""
    constructor: str
    """The body of the function: `return httpx.AsyncClient(...)`."""


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """One function of the tasks module."""

    name: str
    source: Code
    """The decorated function, with `slot(i)` for names that must be imported."""
    late_imports: tuple[ImportNeed, ...] = ()
    """Imports that stand inside the task, because at the top they would be circular."""


@dataclass(frozen=True, slots=True)
class Startup:
    """Statements that the application runs when it starts, before anything else."""

    code: Code


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is made."""

    path: str
    text: str


Support = Dependency | HttpClient | TaskDefinition | Startup | NewFile


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Edits that are carried out together or not at all."""

    id: str
    title: str
    functions: tuple[FunctionId, ...]
    edits: Mapping[str, tuple[Edit, ...]]
    """By path, relative to the project root."""
    support: tuple[Support, ...] = ()
    notes: tuple[Note, ...] = ()
    applicability: Applicability = Applicability.SAFE


# --- what the user sees -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
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


@dataclass(frozen=True, slots=True)
class HandlerRow:
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
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileResult:
    path: str
    status: Status
    old: bytes | None = None
    new: bytes | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Bad input: one clear line, with file and line where there is one."""

    message: str
    path: str = ""
    line: int = 0
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Report:
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
    statistics: Mapping[str, int] = field(default_factory=dict)
