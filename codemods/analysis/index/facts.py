"""What `index` keeps of one file: names, definitions, calls and written types, compact and free of `ast`."""

from __future__ import annotations

from enum import IntEnum, IntFlag

import msgspec

from ...model import Span


class _Fact(msgspec.Struct, frozen=True, array_like=True, tag=True, tag_field="fact", gc=False):
    pass


class Name(_Fact, frozen=True):
    id: str


class Attr(_Fact, frozen=True):
    value: Expr
    attr: str


class Call(_Fact, frozen=True):
    """A call; `index` points into `ModuleFacts.calls`."""

    index: int


class Item(_Fact, frozen=True):
    """`value[key]`."""

    value: Expr
    key: Expr


class Const(_Fact, frozen=True):
    """A literal: `type` is the builtin's name, `text` of a string, `number` of a small int or a bool."""

    type: str
    text: str = ""
    number: int = -1


class Joined(_Fact, frozen=True):
    """An f-string; what cannot be text by itself is opaque."""

    parts: tuple[Expr, ...]


class Await(_Fact, frozen=True):
    value: Expr


class Display(_Fact, frozen=True):
    """A tuple, list or set display; `type` is the builtin's name."""

    type: str
    items: tuple[Expr, ...]


class DictDisplay(_Fact, frozen=True):
    keys: tuple[Expr, ...]
    values: tuple[Expr, ...]


class Either(_Fact, frozen=True):
    """`a or b`, `a and b`, `a if c else b`: one of the options."""

    options: tuple[Expr, ...]


class Binary(_Fact, frozen=True):
    operator: str
    left: Expr
    right: Expr


class Lambda(_Fact, frozen=True):
    """A lambda; `scope` points into `ModuleFacts.scopes`."""

    scope: int


class Comprehension(_Fact, frozen=True):
    """`type` is list, set, dict or generator; the element lives in `scope`."""

    type: str
    scope: int
    element: Expr


class Starred(_Fact, frozen=True):
    value: Expr


class Opaque(_Fact, frozen=True):
    """An expression whose shape says nothing about types."""


Expr = (
    Name
    | Attr
    | Call
    | Item
    | Const
    | Joined
    | Await
    | Display
    | DictDisplay
    | Either
    | Binary
    | Lambda
    | Comprehension
    | Starred
    | Opaque
)


class Import(_Fact, frozen=True):
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


class Binding(_Fact, frozen=True):
    """`name` gets `value`. For DEF and CLASS `scope` is the new scope; `path` leads through an unpacking."""

    name: str
    how: How
    value: Expr | Import | None
    line: int
    scope: int = -1
    path: tuple[int, ...] = ()
    depth: int = 0
    """Number of branches and loops around it within its scope."""
    until: int = 0
    """For ISINSTANCE: the last line on which it holds."""


class AttributeBinding(_Fact, frozen=True):
    """`target.attr = value` in `scope`."""

    scope: int
    target: Expr
    attr: str
    how: How
    value: Expr | None
    line: int


class Parameter(_Fact, frozen=True):
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
    """A generator expression: its body runs later."""


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


class Use(IntFlag):
    """What stands right around a call."""

    NONE = 0
    AWAITED = 1
    STATEMENT = 2
    WITH = 4
    ASYNC_WITH = 8
    ITERATED = 16
    ASYNC_ITERATED = 32
    DECORATOR = 64
    DEFAULT = 128
    RETURNED = 256
    YIELDED_FROM = 512
    MAIN_GUARD = 1024
    """Under `if __name__ == "__main__":`."""
    YIELDED = 2048


class CallSite(msgspec.Struct, frozen=True, array_like=True, gc=False):
    scope: int
    span: Span
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    """Keyword arguments; `**x` has an empty name."""
    use: Use


class Reference(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name or attribute chain that is read, not called: a callback, a decorator, a property, a base."""

    scope: int
    span: Span
    expr: Expr
    call: int = -1
    """The call whose argument it is, or -1."""
    position: int | str = -1
    use: Use = Use.NONE


class Implicit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What calls a dunder by its form: `with value`, `for x in value`, `value[key]`, `a + b`."""

    scope: int
    span: Span
    kind: str
    """`with`, `for`, `async` or not; `[]`, `[]=`, `del`, `delattr`, `in`, `format`, `bool`, `raise`, `await`,
    `unpack`; an operator."""
    expr: Expr
    right: Expr | None = None
    """The other operand of an operator, what stands between brackets, the name of a deleted attribute."""


class Store(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`target[key] = value`: what a container holds beside what it was made with."""

    scope: int
    target: Expr
    key: Expr
    value: Expr
    line: int


class Computing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place at which the function at `function` computes for long, judged by its shape."""

    function: Span
    span: Span
    """Of a loop, of what a comprehension goes over, or of the function itself."""
    why: str


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file. `scopes[0]` is the module itself."""

    path: str
    module: str
    root: str
    is_package: bool
    is_test: bool
    scopes: tuple[Scope, ...]
    calls: tuple[CallSite, ...]
    references: tuple[Reference, ...]
    attributes: tuple[AttributeBinding, ...]
    implicits: tuple[Implicit, ...]
    stores: tuple[Store, ...] = ()
    exports: tuple[str, ...] | None = None
    """`__all__` where it is a literal."""
    computing: tuple[Computing, ...] = ()
    ignored_lines: tuple[tuple[int, str], ...] = ()
    """`# async-fix: ...` comments: line and text after the colon."""
