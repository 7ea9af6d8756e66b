"""A scope while its statements are being read."""

from __future__ import annotations

from ...model import Span
from .bindings import Binding, Choice, Parameter, Scope, ScopeKind
from .expr import Expr


class Draft:
    """Becomes a `Scope`; `depth` and `block_end` follow the walk."""

    def __init__(self, kind: ScopeKind, name: str, qualname: str, parent: int, span: Span) -> None:
        self.kind = kind
        self.name = name
        self.qualname = qualname
        self.parent = parent
        self.span = span
        self.is_async = False
        self.has_yield = False
        self.is_stub = False
        self.decorators: tuple[Expr, ...] = ()
        self.parameters: tuple[Parameter, ...] = ()
        self.returns: Expr | None = None
        self.bases: tuple[Expr, ...] = ()
        self.keywords: tuple[tuple[str, Expr], ...] = ()
        self.type_parameters: tuple[tuple[str, Expr | None], ...] = ()
        self.bindings: list[Binding] = []
        self.returned: list[Expr] = []
        self.returned_lines: list[int] = []
        self.yielded: list[Expr] = []
        self.globals: list[str] = []
        self.nonlocals: list[str] = []
        self.loops: list[tuple[int, int]] = []
        self.choices: list[Choice] = []
        self.depth = 0
        self.block_end = span.end_line
        self.main_guard = False

    def freeze(self) -> Scope:
        return Scope(
            self.kind,
            self.name,
            self.qualname,
            self.parent,
            self.span,
            self.is_async,
            self.has_yield,
            self.decorators,
            self.parameters,
            self.returns,
            self.bases,
            self.keywords,
            tuple(self.bindings),
            tuple(self.returned),
            tuple(self.yielded),
            tuple(self.globals),
            tuple(self.nonlocals),
            self.is_stub,
            tuple(self.loops),
            self.type_parameters,
            tuple(self.returned_lines),
            tuple(self.choices),
        )
