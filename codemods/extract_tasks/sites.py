"""What the decision about one function is made from, and what it gives."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import msgspec

from ..model import Code, Edit, ImportNeed, Note, Reason, Span, TaskDefinition

if TYPE_CHECKING:
    from ..frameworks.error_handlers import Error
    from .sent.loaded import Loader
    from .sent.opened import Opened
    from .sent.related import Related

RESULT_USED = "AF921"
SHAPES_RESPONSE = "AF922"
NOT_SENDABLE = "AF923"
CONTROL_FLOW = "AF924"
ORM_OBJECT = "AF925"
MUTATES = "AF926"
NOT_IMPORTABLE = "AF927"
COMMIT_AFTER = "AF928"
REPLACED = "AF907"
NO_LIFESPAN = "AF929"

STAYS = frozenset({"ml"})
"""Kinds of work that no task does: a model lives in the process that loaded it."""

LIMIT = 256 * 1024
"""Bytes in the queue. More would keep the event loop busy, and lie in the queue until it is trimmed."""


class ParameterKind(str, Enum):
    POSITIONAL_ONLY = "positional only"
    POSITIONAL = "positional or keyword"
    KEYWORD = "keyword only"
    REST = "*args"
    KEYWORDS = "**kwargs"


class HelperParameter(msgspec.Struct, frozen=True):
    name: str
    kind: ParameterKind = ParameterKind.POSITIONAL
    annotation: Code | None = None
    default: Code | None = None


class HelperSignature(msgspec.Struct, frozen=True):
    """A function of the project that does slow work; `parameters` are without `self` and `cls`."""

    module: str
    qualname: str
    parameters: tuple[HelperParameter, ...] = ()
    is_async: bool = False
    owner: str = ""
    """The class, for a method that needs an instance."""
    raises: str = ""
    """The `HTTPException`, or the error that the application answers, which leaves it; in words."""
    filled: str = ""
    """What the method reads of an object of the whole process, and others fill; in words."""
    own_errors: frozenset[Error] | None = None
    """The errors of the project, with what they inherit from, that may leave it; None where not known."""
    keeps_failures: bool = False
    """Whatever goes wrong in it, it logs, and no caller sees."""
    changed: frozenset[str] = frozenset()
    """Parameters that it, or what it hands them on to, changes."""
    fields_read: tuple[tuple[str, frozenset[str]], ...] = ()
    """Parameters of which nothing but attributes are read, each with these."""
    rows_read: tuple[tuple[str, frozenset[str]], ...] = ()
    """The same for what is read of the elements of a list."""
    returns: Code | None = None
    """The annotation of what it gives, where there is one."""
    process_state: str = ""
    """What it reads that only the application's own process has; empty when there is nothing."""
    needed_later: str = ""
    """The same for work that is done behind the response, with sessions of its own."""
    entered: str = ""
    """What the method reads of its object, and `__enter__` sets; in words."""
    stored: str = ""
    """The rows that it stores itself, where they are no product of the slow work; in words."""
    stores_product: bool = False
    """It stores what its slow work made."""
    memory: str = ""
    """What it changes in the memory of the process; empty when there is nothing."""
    changes_itself: str = ""
    """What it changes of its object, of which nobody else has a part: no loss for an object of its own."""
    draws: bool = False
    """On the one current figure of pyplot."""
    only_connects: bool = False
    """To reach a mail server is all that it does: it works by raising."""
    expected_in: str = ""
    """Where tests look for it among what is handed on; empty when they do not."""
    elsewhere: str = ""
    """What it does beside the slow work that somebody may look at next: files, caches, other services."""
    needs_late_import: bool = False
    """An import of `module` at the top of the tasks module would be circular."""


class SlowSite(msgspec.Struct, frozen=True):
    """One slow call. For `add_task(f)`, `Thread(target=f)` and such: `span` is that call, `name` is `f`."""

    span: Span
    name: str
    """`smtplib.SMTP.send_message`, or a project function as `app.mailer:send_welcome_email`."""
    category: str
    """`email`, `sms`, `push`, `message`, `pdf`, `image`, `video`, `document`, `archive`, `ml`, `http`,
    or `work` for what the user marked."""
    helper: HelperSignature | None = None
    is_async: bool = False
    """A method of a library that gives a coroutine."""
    own_errors: frozenset[Error] | None = None
    """Errors of the project that may leave whatever is called here; None where that cannot be told."""
    one_of: tuple[HelperSignature, ...] = ()
    """Where the call runs one of several, by override or union: each of them."""
    inner: InnerWork | None = None
    """What is known of an inner function that is handed on."""
    celery: str | None = None
    """It starts a task of Celery: what Taskiq has no counterpart for, empty for nothing."""

    @property
    def helpers(self) -> tuple[HelperSignature, ...]:
        """All that may run there."""
        return (self.helper,) if self.helper is not None else self.one_of


class InnerWork(msgspec.Struct, frozen=True):
    """What an inner function does, which cannot be imported; the words as those of a `HelperSignature`."""

    slow: tuple[SlowSite, ...]
    process_state: str
    memory: str


class ValueKind(str, Enum):
    SCALAR = "scalar"
    MODEL = "pydantic model"
    DATACLASS = "dataclass"
    ORM = "ORM object"
    SESSION = "database session"
    REQUEST = "request"
    BACKGROUND = "background tasks"
    UPLOAD = "upload"
    FILE = "open file"
    SECRET = "secret"
    CALLABLE = "function"
    BYTES = "bytes"
    COLLECTION = "collection"
    UNKNOWN = "value of unknown type"


class Context(Protocol):
    """What the whole program knows about the names in one function."""

    def annotation(self, name: str) -> Code | None:
        """Annotation of a local or parameter; None when its type is not known."""

    def attribute_annotation(self, name: str, attribute: str) -> Code | None:
        """Annotation of `name.attribute` where the class of `name` is known; `attribute` may be dotted."""

    def annotation_inside(self, comprehension: Span, name: str, attribute: str = "") -> Code | None:
        """The same for a name that a comprehension of the function binds."""

    def call_annotation(self, call: Span) -> Code | None:
        """The same for what a call of the function gives."""

    def kind(self, name: str) -> ValueKind:
        """What the value of a local or parameter is."""

    def parses(self, call: Span) -> bool:
        """Does this call of the function give parsed JSON?"""

    def own_types(self, annotation: Code) -> frozenset[str]:
        """Types of the project in the annotation of which a value arrives as it was sent."""

    def revived(self, name: str, annotation: Code) -> Code | None:
        """What makes a value of the type anew in a task of what arrives under the name where the types are
        imported there; None where nothing does."""

    def loss(self, name: str) -> str:
        """What is lost when the model or dataclass of a local is sent whole; empty for nothing."""

    def loader(self, name: str, opened: Opened | None = None) -> Loader | None:
        """With what a task loads the object of the database that a local is, or those that it lists;
        `opened`: in the session that it has already."""

    def attributes_read(self, name: str, uses: Sequence[ast.Name]) -> frozenset[str] | None:
        """The attributes that are read of such an object, or of those in the list, here under that name and
        by what it is handed on to; None where something else may be done with it."""

    def related(self, loader: Loader, attributes: frozenset[str] | None) -> tuple[Related, ...] | None:
        """What a task loads with such an object so that these, or whatever, can be read; None: it cannot."""

    def is_present(self, name: str, place: Span) -> bool:
        """Does the name surely hold an object, and not None, where it stands?"""

    def module_name(self, name: str) -> ImportNeed | None:
        """How another module imports this module-level name; None where it would not get the same value."""

    def maker(self, name: str) -> Code | None:
        """The call that gives a task the object of an injected parameter."""

    def sessions_of_maker(self, name: str) -> Mapping[str, Opened]:
        """The sessions that are named in that call, with what opens each in the task."""

    def maker_of_kept(self, name: str, attribute: str) -> Code | None:
        """The same for what an object, the method's own as `name`, keeps under a name since it was made."""

    def maker_of_call(self, call: ast.Call, sessions: Collection[str] = ()) -> Code | None:
        """The same for what a call gives that only makes something: `get_mailer()`, `Mailer(HOST)`, or
        `Mailer(db)` with one of the sessions that the task opens itself."""

    def is_injected(self, name: str) -> bool:
        """Does FastAPI give the parameter the value of a dependency?"""

    def is_replaced(self, name: str) -> bool:
        """Do tests, or the application, put something else in the place of that dependency?"""

    def written_elsewhere(self, node: ast.expr) -> str:
        """Who writes the place in the memory of the process that the name or attribute stands for, so that a
        worker finds it otherwise; in words, empty for nobody and for what is no such place."""

    def changes_files(self, call: ast.Call) -> bool:
        """Does it change, move or remove files, itself or by what it is handed?"""

    def uses_files(self, call: ast.Call) -> bool:
        """Has a function of the project that it runs, or is handed, anything to do with files?"""

    def changes_process(self, call: ast.Call) -> bool:
        """`QUEUE.append(..)`, `next(NUMBERS)` on a name of a module: the worker has one of its own."""

    def is_of_the_process(self, node: ast.expr) -> bool:
        """Is it a lock, a queue, a context variable of a module, of which a worker has another one?"""

    def replaced_by_tests(self, name: str) -> str:
        """The dotted name under which tests replace this module-level name; empty when they do not."""

    def is_patched(self, need: ImportNeed) -> bool:
        """Do tests replace it in its own module?"""

    def own_errors(self, caught: ast.expr, body: Sequence[ast.stmt]) -> frozenset[Error]:
        """The classes after an `except` of this `body`; empty when one is not the project's own affair."""

    def imports_late(self, need: ImportNeed) -> bool:
        """Would this import at the top of the tasks module be circular?"""

    def set_up(self, needs: Iterable[ImportNeed]) -> tuple[tuple[str, str], ...]:
        """Modules that set up what a task needs beside these imports, each with what it does."""

    def set_up_at_start(self, name: str) -> str:
        """Who sets the library of this call up when the application starts; in words, empty for nobody."""

    def set_up_before(self, call: Span, name: str) -> Iterable[tuple[ast.stmt, str]]:
        """The statements above this call that set up its library, each with what it sets."""

    def is_fast(self, call: Span) -> bool:
        """May this call of the function stay on the event loop?"""

    def is_awaited(self, call: Span) -> bool:
        """Will the function await this call, as one of those of a database that goes async?"""

    def takes_time(self, call: Span) -> bool:
        """Is the call known to wait for something, or to work long?"""

    def works_on_database(self, call: Span) -> bool:
        """Does this call of the function ask the database anything, or tell it?"""

    def changes_row(self, call: ast.Call, name: str) -> bool:
        """Does it change or remove rows of the class of which `name` is one?"""

    def changes_rows(self, call: Span) -> bool:
        """Does this call of the function change a row of the database, for now or for good?"""

    def open_change(self, place: Span, moves: Callable[[Span], bool]) -> ast.AST | None:
        """What the function, or a dependency of it, has changed in the database and not surely committed
        when it comes to this statement, but for what `moves`."""

    def session(self, name: str) -> Opened | None:
        """What opens a session in a task as the one of this name is opened; None for another one."""

    def runs_project_code(self, call: Span) -> bool:
        """Does this call run a function of the project (not a constructor)?"""

    def only_builds(self, call: Span) -> bool:
        """Does it do nothing but to make something of what it is given?"""


class TaskPlan(msgspec.Struct, frozen=True):
    edits: tuple[Edit, ...]
    task: TaskDefinition
    covered: tuple[Span, ...]
    """Statements and calls that leave the function: whatever blocks in them is taken away."""
    notes: tuple[Note, ...] = ()
    awaited: tuple[Span, ...] = ()
    """Calls that the task awaits."""
    sent: tuple[Span, ...] | None = None
    """Attributes in a block that the function reads and sends: all else in it leaves. None for a call."""


class TaskPlans(msgspec.Struct, frozen=True):
    """`reasons` has every slow call that stays, by its span."""

    plans: tuple[TaskPlan, ...] = ()
    reasons: Mapping[Span, Reason] = msgspec.field(default_factory=dict)
