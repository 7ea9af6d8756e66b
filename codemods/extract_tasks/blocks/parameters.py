"""What a run of statements reads from outside, as its task gets it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...model import Code, ImportNeed, Reason
from ..sent.loaded import Loaded
from ..sent.opened import Opened
from .carried import Carriage
from .told import Told


class Input(msgspec.Struct, frozen=True):
    """A parameter: `argument` is what the function passes, `attribute` the field of `root` it stands for."""

    parameter: str
    annotation: Code
    argument: str
    root: str
    attribute: str = ""
    carriage: Carriage | None = None
    """How what `root` holds gets there, where no queue takes it."""
    loaded: Loaded | None = None
    """The parameter has its key, and the task loads it again."""
    revived: Code | None = None
    """What the task makes of what arrives, where it imports the type in its body."""


class Inputs(msgspec.Struct, frozen=True):
    parameters: tuple[Input, ...]
    imports: Mapping[str, ImportNeed]
    """Name in the run -> what the tasks module imports for it."""
    late: Mapping[str, ImportNeed]
    """The same for what is imported inside the task."""
    loggers: frozenset[str]
    """Names that become the `logger` of the tasks module."""
    made: Mapping[str, Code] = msgspec.field(default_factory=dict)
    """Name in the task -> what makes the object anew that was injected."""
    kept: Mapping[tuple[str, str], str] = msgspec.field(default_factory=dict)
    """("self", "mailer") -> the name of one that the method's object keeps."""

    session: str = ""
    """Name of the session with which the run stores, in whose place the task opens one."""
    opened: Opened | None = None
    """What opens it."""
    told: tuple[Told, ...] = ()
    """Parts of the run that the function makes, and sends."""

    @property
    def loaded(self) -> tuple[Loaded, ...]:
        return tuple(each.loaded for each in self.parameters if each.loaded is not None)

    @property
    def carried(self) -> tuple[Carriage, ...]:
        return tuple(each.carriage for each in self.parameters if each.carriage is not None)


class Missing(msgspec.Struct, frozen=True):
    """A name that can be neither sent nor imported."""

    name: str
    reason: Reason
