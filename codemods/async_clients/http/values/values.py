"""What the values of a dict can be, which is sent as parameters, headers or a form: see `scalars`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....analysis.index.bindings import How, Import
from ....analysis.index.expr import Attr, Binary, Call, Const, DictDisplay, Either, Expr, Name, Opaque
from ....analysis.judge.callers.callers import Callers
from ....analysis.link import names
from ....analysis.link.kinds import Cls, Ext, Fn, Inst, Kinds
from ....analysis.link.optional import may_be_none, may_hold_none
from ....analysis.link.program import CallKey, Key
from ....analysis.syntax import Syntax
from .growth import Growth
from .keys import Keys
from .scalars import DEPTH, Can, Scalars, union

Mapped = tuple[Can, bool]
_UNKNOWN: Mapped = Can.UNKNOWN, False


class Values(Scalars):
    """Plain values, and dicts of them."""

    def __init__(self, callers: Callers, syntax: Syntax) -> None:
        super().__init__(callers, syntax)
        self.growth = Growth(callers.inference)

    def mapping(self, key: Key, expr: Expr, line: int, depth: int = 0) -> Mapped:
        """What the values of a dict can be, and whether there may be None in place of the dict."""
        if depth > DEPTH:
            return _UNKNOWN
        if isinstance(expr, Const):
            return (Can.NOTHING, True) if expr.type == "NoneType" else _UNKNOWN
        if isinstance(expr, DictDisplay):
            return self._display(key, expr, line, depth), False
        if isinstance(expr, Either):
            return _both(self.mapping(key, option, line, depth + 1) for option in expr.options)
        if isinstance(expr, Binary) and expr.operator == "|":
            return _both(self.mapping(key, side, line, depth + 1) for side in (expr.left, expr.right))
        if isinstance(expr, Name):
            found = names.lookup(self.program, key, expr.id, line)
            if isinstance(found, names.Parameter):
                return self._mapping_parameter(found.function, found.position, depth)
            return self._mapping_bound(found or [], depth)
        if isinstance(expr, Attr):
            return self._mapping_attribute(key, expr, line, depth)
        if isinstance(expr, Call) and (made := self._made(key, expr, depth)) is not None:
            return made
        return self._mapping_kinds(self.inference.kinds(key, expr, line)), False

    def keys(self, key: Key, expr: Expr, line: int) -> Iterator[str]:
        """Those that are written anywhere on the way of the dict."""
        return Keys(self, self.growth).of(key, expr, line)

    def _display(self, key: Key, expr: DictDisplay, line: int, depth: int) -> Can:
        parts: list[Can] = []
        for name, value in zip(expr.keys, expr.values, strict=False):
            if isinstance(name, Opaque):  # `**value`
                parts.append(self.mapping(key, value, line, depth + 1)[0])
            elif self.scalar(key, name, line, depth + 1) != Can.TEXT:
                parts.append(Can.UNKNOWN)
            else:
                parts.append(self.scalar(key, value, line, depth + 1))
        return union(parts) if len(expr.keys) == len(expr.values) else Can.UNKNOWN

    def _mapping_bound(self, found: Iterable[names.Bound], depth: int) -> Mapped:
        """An annotation is believed, but for the None that is put there."""
        parts: list[Mapped] = []
        annotated: list[Mapped] = []
        for home, binding in found:
            value = binding.value
            if binding.how is How.PARAMETER:
                parts.append(self._mapping_parameter(home, binding.scope, depth))
            elif isinstance(value, Import):
                inner = names.imported(self.program, value, home.path)
                if isinstance(inner, list) and depth < DEPTH:
                    parts.append(self._mapping_bound(inner, depth + 1))
                else:
                    parts.append(_UNKNOWN)
            elif binding.how is How.ANNOTATION and value is not None:
                annotated.append(self._mapping_annotated(home, value))
            elif binding.how in (How.ASSIGN, How.AUGMENTED) and not binding.path and value is not None:
                parts.append(self.mapping(home, value, binding.line, depth + 1))
                parts.append((self._added(home, binding.name, depth), False))
            elif binding.how is not How.ISINSTANCE:
                parts.append(_UNKNOWN)
        told, none = _both(annotated) if annotated else _UNKNOWN
        values, also = _both(parts) if parts else _UNKNOWN
        return (told | values & Can.NONE if told and not told & Can.UNKNOWN else values), none or also

    def _mapping_parameter(self, function: Key, position: int, depth: int) -> Mapped:
        parameter = self.program.scope(function).parameters[position]
        added = self._added(function, parameter.name, depth)
        if parameter.kind == "**":
            return self._extra_keywords(function, depth) | added, False
        default = isinstance(parameter.default, Const) and parameter.default.type == "NoneType"
        if parameter.annotation is not None:
            values, none = self._mapping_annotated(self.program.parent(function), parameter.annotation)
            return values | added, none or default
        passed = [
            self.mapping(key, expr, line, depth + 1) for key, expr, line in self.passed(function, position)
        ]
        is_called = any(self.callers.calls(function)) and self.callers.knows_all(function)
        if parameter.default is not None and (passed or is_called):
            passed.append(self.mapping(self.program.parent(function), parameter.default, 0, depth + 1))
        values, none = _both(passed) if passed else _UNKNOWN
        return values | added, none or default

    def _mapping_annotated(self, key: Key, annotation: Expr) -> Mapped:
        values = self._mapping_kinds(self.inference.annotations.instances(key, annotation))
        inside = Can.NONE if may_hold_none(self.program, key, annotation) else Can.NOTHING
        return values | inside, may_be_none(self.program, key, annotation)

    def _mapping_attribute(self, key: Key, expr: Attr, line: int, depth: int) -> Mapped:
        parts: list[Mapped] = []
        for owner in self.inference.kinds(key, expr.value, line):
            parts.append(self._mapping_bound(self.attribute(owner, expr.attr), depth))
        added = self._added(None, expr.attr, depth)
        return _both([*parts, (added, False)]) if parts else _UNKNOWN

    def _made(self, key: Key, expr: Call, depth: int) -> Mapped | None:
        """`dict(a=1)`, `value.copy()`, a function of the project that makes it."""
        site = self.program.call(CallKey(key.path, expr.index))
        if isinstance(site.func, Attr) and site.func.attr == "copy" and not site.args:
            return self.mapping(key, site.func.value, site.span.line, depth + 1)
        callees = self.inference.callees(CallKey(key.path, expr.index))
        if callees == {Ext("builtins.dict")}:
            return self._given(key, site.args, site.keywords, site.span.line, depth), False
        functions = [kind for kind in callees if isinstance(kind, Fn)]
        if not functions or len(functions) != len(callees):
            return _UNKNOWN if any(isinstance(kind, (Fn, Cls)) for kind in callees) else None
        return _both(self._returned(kind.key, depth) for kind in functions)

    def _returned(self, function: Key, depth: int) -> Mapped:
        scope = self.program.scope(function)
        if scope.has_yield:
            return _UNKNOWN
        if scope.returns is not None:
            told = self._mapping_annotated(self.program.parent(function), scope.returns)
            if not told[0] & Can.UNKNOWN:
                return told
        lines = zip(scope.returned, scope.returned_lines, strict=False)
        values, _ = _both(self.mapping(function, value, line, depth + 1) for value, line in lines)
        return values, self.ends_without_value(function)

    def _given(
        self, key: Key, args: Iterable[Expr], keywords: Iterable[tuple[str, Expr]], line: int, depth: int
    ) -> Can:
        """The arguments of `dict` and `update`."""
        parts = [self.mapping(key, value, line, depth + 1)[0] for value in args]
        for name, value in keywords:
            if name:
                parts.append(self.scalar(key, value, line, depth + 1))
            else:
                parts.append(self.mapping(key, value, line, depth + 1)[0])
        return union(parts)

    def _extra_keywords(self, function: Key, depth: int) -> Can:
        own = {parameter.name for parameter in self.program.scope(function).parameters}
        parts: list[Can] = []
        for caller in self.callers.calls(function):
            site = self.program.call(caller.call)
            key = Key(caller.call.path, site.scope)
            others = [(name, value) for name, value in site.keywords if name not in own]
            parts.append(self._given(key, (), others, site.span.line, depth))
        return union(parts) if parts else Can.UNKNOWN

    def _added(self, home: Key | None, name: str, depth: int) -> Can:
        """What is put into it later; into any attribute of that name where `home` is None."""
        if depth > DEPTH:
            return Can.UNKNOWN
        parts = [
            self.scalar(key, value, line, depth + 1) for key, _, value, line in self.growth.stored(home, name)
        ]
        for key, site in self.growth.calls(home, name):
            if isinstance(site.func, Attr) and site.func.attr == "update":
                parts.append(self._given(key, site.args, site.keywords, site.span.line, depth + 1))
            else:
                parts += [self.scalar(key, value, site.span.line, depth + 1) for value in site.args[1:]]
        if home is not None:
            parts += [self._added(key, other, depth + 1) for key, other in self.growth.aliases(home, name)]
        return union(parts)

    def _mapping_kinds(self, kinds: Kinds) -> Can:
        parts: list[Can] = []
        for kind in kinds:
            if (
                isinstance(kind, Inst)
                and kind.name == "builtins.dict"
                and len(kind.args) == 2
                and kind.args[1]
            ):
                parts.append(self.of_kinds(kind.args[1]))
            elif not (isinstance(kind, Inst) and kind.name == "builtins.NoneType"):
                return Can.UNKNOWN
        return union(parts) if parts else Can.UNKNOWN


def _both(parts: Iterable[Mapped]) -> Mapped:
    found = list(parts)
    return union(can for can, _ in found), any(none for _, none in found)
