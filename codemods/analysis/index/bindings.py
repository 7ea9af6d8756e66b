"""What gives names their values: the scopes of a file, and all that they bind."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from ...model import Span
from .expr import Expr, Fact


class Import(Fact, frozen=True):
    """`import module` (name empty) or `from module import name`; `level` counts the leading dots."""

    module: str
    name: str = ""
    level: int = 0


class How(IntEnum):
    """How a name gets its value."""

    ASSIGN = 0
    ANNOTATION = 1
    """`x: T`; the value is the annotation."""
    WITH = 2
    ASYNC_WITH = 3
    FOR = 4
    ASYNC_FOR = 5
    EXCEPT = 6
    IMPORT = 7
    DEF = 8
    CLASS = 9
    AUGMENTED = 10
    PARAMETER = 11
    ISINSTANCE = 12
    """`isinstance(x, T)` was asked; the value is `T`."""
    DELETE = 13
    OTHER = 14


class Binding(Fact, frozen=True):
    """`name` gets `value`. For DEF and CLASS `scope` is the new scope, for what a comprehension goes through
    and for `global` names the one that reads the value; `path` leads through an unpacking."""

    name: str
    how: How
    value: Expr | Import | None
    line: int
    scope: int = -1
    path: tuple[int, ...] = ()
    depth: int = 0
    """Number of branches and loops around it within its scope."""
    until: int = 0
    """The last line of the block in which it stands; for ISINSTANCE the last one on which it holds."""

    @property
    def gives_value(self) -> bool:
        """The type in `x: T = value` does not."""
        return self.how not in (How.ANNOTATION, How.ISINSTANCE)


class AttributeBinding(Fact, frozen=True):
    """`target.attr = value` in `scope`."""

    scope: int
    target: Expr
    attr: str
    how: How
    value: Expr | None
    line: int
    span: Span
    """Of the target."""

    @property
    def gives_value(self) -> bool:
        return self.how is not How.ANNOTATION


class Parameter(Fact, frozen=True):
    name: str
    kind: str
    """`positional`, `keyword`, `*` or `**`."""
    annotation: Expr | None
    default: Expr | None


class ScopeKind(IntEnum):
    MODULE = 0
    CLASS = 1
    FUNCTION = 2
    LAMBDA = 3
    COMPREHENSION = 4
    GENERATOR = 5
    """A generator expression: its body runs later, but for one that a call takes whole."""


class Choice(Fact, frozen=True):
    """An `if`: first and last line of its branches, zeros where there is no `else`."""

    body: tuple[int, int]
    other: tuple[int, int]
    depth: int
    """Number of branches and loops around it within its scope."""
    until: int
    """The last line of the block in which it stands."""
    leaves: tuple[bool, bool]
    """Does nothing run behind it where that branch was taken?"""


class Scope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    kind: ScopeKind
    name: str
    qualname: str
    parent: int
    span: Span
    is_async: bool = False
    has_yield: bool = False
    decorators: tuple[Expr, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    returns: Expr | None = None
    bases: tuple[Expr, ...] = ()
    keywords: tuple[tuple[str, Expr], ...] = ()
    bindings: tuple[Binding, ...] = ()
    returned: tuple[Expr, ...] = ()
    yielded: tuple[Expr, ...] = ()
    globals: tuple[str, ...] = ()
    nonlocals: tuple[str, ...] = ()
    is_stub: bool = False
    """The body is only `...`, `pass`, a docstring or `raise NotImplementedError`."""
    loops: tuple[tuple[int, int], ...] = ()
    """First and last line of each loop directly in it."""
    type_parameters: tuple[tuple[str, Expr | None], ...] = ()
    """`def f[T: Bound]`: name and bound."""
    returned_lines: tuple[int, ...] = ()
    """The line of each `returned`."""
    choices: tuple[Choice, ...] = ()
