"""What an application answers errors with: `@app.exception_handler(NotFound)` and its other forms.

https://www.starlette.io/exceptions/
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from ..analysis.index.expr import Attr, Call, Const, DictDisplay, Expr
from ..analysis.link.infer import Inference
from ..analysis.link.kinds import NOTHING, Cls, Ext, Fn, Kind, Kinds
from ..analysis.link.program import CallKey, Key
from .routers import argument

_DECORATOR = "exception_handler"
_METHOD = "add_exception_handler"
_TABLE = "exception_handlers"
_ERROR = "exc_class_or_status_code"


ANY_ERROR = {"builtins.Exception", "builtins.BaseException"}
_HTTP = "starlette.exceptions.HTTPException"
_SERVER_ERROR = 500

Error = Key | str
"""A class of the project, or the dotted name of another."""


class ErrorHandler(msgspec.Struct, frozen=True):
    error: Error | int | None
    """What it answers: a class, or a status; None where that cannot be told."""
    function: Key | None
    """None where that cannot be told."""


class ErrorHandlers:
    """All that are registered anywhere in the project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program

    @cached_property
    def all(self) -> tuple[ErrorHandler, ...]:
        return tuple(self._found())

    @cached_property
    def functions(self) -> frozenset[Key]:
        return frozenset(handler.function for handler in self.all if handler.function is not None)

    def of(self, error: Error) -> Iterator[ErrorHandler]:
        """Those that may be called for an error of this class, whoever raises it."""
        return (handler for handler in self.all if self._may_get(handler.error, error))

    def parameter(self, function: Key) -> str:
        """The parameter of a handler that takes the error; empty where there is none."""
        is_method = self.program.enclosing_class(function) is not None
        parameters = self.program.scope(function).parameters[1 + int(is_method) :]
        return parameters[0].name if parameters else ""

    def is_http(self, error: Error) -> bool:
        """Is it one that carries a status, and is answered with that before others are asked?"""
        return self._is_a(error, _HTTP)

    def _may_get(self, handled: Error | int | None, error: Error) -> bool:
        if isinstance(handled, int):
            return handled == _SERVER_ERROR or self.is_http(error)
        if handled is None or handled in ANY_ERROR:
            return not (handled in ANY_ERROR and self.is_http(error))
        return self._is_a(error, handled)

    def _is_a(self, error: Error, base: Error) -> bool:
        classes, catalogue = self.inference.classes, self.program.catalogue
        if isinstance(base, str):
            base = catalogue.canonical(base)
        if isinstance(error, Key):
            is_above = base in {error, *classes.mro(error)}
            return is_above or (isinstance(base, str) and classes.is_a(error, base))
        return base in {catalogue.canonical(error), *catalogue.bases(error)}

    def _found(self) -> Iterator[ErrorHandler]:
        program = self.program
        for key in program.functions():
            for decorator in program.scope(key).decorators:
                if isinstance(decorator, Call):
                    call = CallKey(key.path, decorator.index)
                    func = program.call(call).func
                    if isinstance(func, Attr) and func.attr == _DECORATOR:
                        yield from self._pairs(call, argument(program.call(call), 0, _ERROR), key)
        for call in program.calls_by_name.get(_METHOD, ()):
            site = program.call(call)
            function = self._function(call, argument(site, 1, "handler"))
            yield from self._pairs(call, argument(site, 0, _ERROR), function)
        for call in program.calls_by_keyword.get(_TABLE, ()):
            table = dict(program.call(call).keywords)[_TABLE]
            if not isinstance(table, DictDisplay):
                yield ErrorHandler(None, None)
                continue
            for error, value in zip(table.keys, table.values, strict=True):
                yield from self._pairs(call, error, self._function(call, value))
        if program.stores_by_name.get(_TABLE):
            yield ErrorHandler(None, None)

    def _pairs(self, call: CallKey, error: Expr | None, function: Key | None) -> Iterator[ErrorHandler]:
        if isinstance(error, Const) and error.number >= 0:
            yield ErrorHandler(error.number, function)
            return
        for named in {_class_of(kind) for kind in self._kinds(call, error)} or {None}:
            yield ErrorHandler(named, function)

    def _function(self, call: CallKey, expr: Expr | None) -> Key | None:
        kinds = self._kinds(call, expr)
        only = next(iter(kinds)) if len(kinds) == 1 else None
        return only.key if isinstance(only, Fn) else None

    def _kinds(self, call: CallKey, expr: Expr | None) -> Kinds:
        site = self.program.call(call)
        if expr is None:
            return NOTHING
        return self.inference.kinds(Key(call.path, site.scope), expr, site.span.line)


def _class_of(kind: Kind) -> Key | str | None:
    if isinstance(kind, Cls):
        return kind.key
    return kind.name if isinstance(kind, Ext) else None
