"""What the decision about one function is made from, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from ..model import Code, Edit, Note, Reason, Span, TaskDefinition

if TYPE_CHECKING:
    from ..frameworks.error_handlers import Error

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
    is_hidden: bool = False
    """A decorator takes its arguments, and who knows which."""
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
    asks_what_is_set: str = ""
    """The function, itself or one that it runs, that asks which fields of a model were set."""
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
    only_read: frozenset[str] = frozenset()
    """Paths that it reads from, and writes nothing to."""
    draws: bool = False
    """On the one current figure of pyplot."""
    only_connects: bool = False
    """To reach a mail server is all that it does: it works by raising."""
    expected_in: str = ""
    """Where tests look for it among what is handed on; empty when they do not."""
    is_task: bool = False
    """It is a task of Taskiq already, and called as a function."""
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
    """Where the call runs one of several, by override or union, or another one around it: each of them."""
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
    asked: tuple[Span, ...] = ()
    """Calls in arguments that stay where they are: the function asks first, and queues the task then."""


class TaskPlans(msgspec.Struct, frozen=True):
    """`reasons` has every slow call that stays, by its span."""

    plans: tuple[TaskPlan, ...] = ()
    reasons: Mapping[Span, Reason] = msgspec.field(default_factory=dict)
