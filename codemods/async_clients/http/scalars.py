"""What a plain value can be, where two libraries would send it differently: text, number, None, bool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Flag, auto

from ...analysis.index.facts import Attr, Call, Const, Either, Expr, How, Name
from ...analysis.judge.callers import Callers
from ...analysis.link import names
from ...analysis.link.kinds import Cls, Fn, Inst, Kinds, Obj
from ...analysis.link.program import CallKey, Key


class Can(Flag):
    """What a value can be."""

    NOTHING = 0
    TEXT = auto()
    NUMBER = auto()
    """Anything that both libraries write with `str()`."""
    NONE = auto()
    BOOL = auto()
    BYTES = auto()
    OTHER = auto()
    UNKNOWN = auto()


PLAIN = Can.TEXT | Can.NUMBER

_OF_TYPE = {
    "builtins.str": Can.TEXT,
    "builtins.int": Can.NUMBER,
    "builtins.float": Can.NUMBER,
    "uuid.UUID": Can.NUMBER,
    "decimal.Decimal": Can.NUMBER,
    "datetime.date": Can.NUMBER,
    "datetime.datetime": Can.NUMBER,
    "builtins.bool": Can.BOOL,
    "builtins.NoneType": Can.NONE,
    "builtins.bytes": Can.BYTES,
}
_LISTS = ("builtins.list", "builtins.tuple")
_MAY_GIVE_NONE = {"get", "pop", "getenv"}
DEPTH = 8


class Scalars:
    """Inference drops the None of `str | None`; here that is what matters, so annotations are read again."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.inference = callers.inference
        self.program = callers.program

    def scalar(self, key: Key, expr: Expr, line: int, depth: int = 0) -> Can:
        if depth > DEPTH:
            return Can.UNKNOWN
        if isinstance(expr, Const):
            return _OF_TYPE.get(f"builtins.{expr.type}", Can.OTHER)
        if isinstance(expr, Either):
            return union(self.scalar(key, option, line, depth + 1) for option in expr.options)
        if isinstance(expr, Name):
            return self._name(key, expr.id, line, depth)
        if isinstance(expr, Attr):
            return self._attribute(key, expr, line, depth)
        found = self.of_kinds(self.inference.kinds(key, expr, line))
        return found | self._call(key, expr, depth) if isinstance(expr, Call) else found

    # names and attributes ---------------------------------------------------------------------------------

    def _name(self, key: Key, name: str, line: int, depth: int) -> Can:
        found = names.lookup(self.program, key, name, line)
        if isinstance(found, names.Parameter):
            return self._parameter(found.function, found.position, depth)
        if not found:
            return Can.UNKNOWN
        parts: list[Can] = []
        for bound in found:
            binding = bound.binding
            if binding.how is How.PARAMETER:
                parts.append(self._parameter(bound.home, binding.scope, depth))
            elif binding.how is How.ANNOTATION:
                parts.append(self._annotated(bound.home, binding.value))  # type: ignore[arg-type]
            elif binding.how is How.ASSIGN and not binding.path and binding.value is not None:
                parts.append(self.scalar(bound.home, binding.value, binding.line, depth + 1))  # type: ignore[arg-type]
            elif binding.how is not How.ISINSTANCE:
                parts.append(self.of_kinds(self.inference.binding(bound)))
        return union(parts)

    def _parameter(self, function: Key, position: int, depth: int) -> Can:
        parameter = self.program.scope(function).parameters[position]
        default = self._default(function, parameter.default, depth)
        if parameter.annotation is not None:
            found = self._annotated(self.program.parent(function), parameter.annotation)
            return found | (default & Can.NONE)
        passed = [
            self.scalar(key, expr, line, depth + 1) for key, expr, line in self.passed(function, position)
        ]
        return (union(passed) if passed else Can.UNKNOWN) | default

    def _default(self, function: Key, default: Expr | None, depth: int) -> Can:
        """`= None`, and `= Query(None)`: what is there when nothing is given."""
        if isinstance(default, Call):
            site = self.program.call(CallKey(function.path, default.index))
            given = site.args[0] if site.args else dict(site.keywords).get("default")
            default = given
        if default is None:
            return Can.NOTHING
        return self.scalar(self.program.parent(function), default, 0, depth + 1)

    def _annotated(self, key: Key, annotation: Expr) -> Can:
        found = self.of_kinds(self.inference.annotations.instances(key, annotation))
        return found | Can.NONE if mentions_none(annotation) else found

    def _attribute(self, key: Key, expr: Attr, line: int, depth: int) -> Can:
        owners = self.inference.kinds(key, expr.value, line)
        parts: list[Can] = []
        for owner in owners:
            if isinstance(owner, (Obj, Cls)):
                parts.append(self._own_attribute(owner.key, expr.attr, depth))
            else:
                parts.append(self.of_kinds(self.inference.attribute(frozenset({owner}), expr.attr)))
        return union(parts) if parts else Can.UNKNOWN

    def _own_attribute(self, cls: Key, attr: str, depth: int) -> Can:
        parts: list[Can] = []
        for step in self.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            for binding in self.program.modules[step.path].names[step.scope].get(attr, ()):
                if binding.how is How.ANNOTATION and binding.value is not None:
                    return self._annotated(step, binding.value)  # type: ignore[arg-type]
                if binding.how is How.ASSIGN and binding.value is not None and not binding.path:
                    parts.append(self.scalar(step, binding.value, binding.line, depth + 1))  # type: ignore[arg-type]
            parts.extend(self._set_on_self(step, attr, depth))
            if parts:
                return union(parts)
        return Can.UNKNOWN

    def _set_on_self(self, cls: Key, attr: str, depth: int) -> Iterator[Can]:
        for binding in self.program.modules[cls.path].facts.attributes:
            owner = self.program.owner_of(cls.path, binding.scope)
            if (
                binding.attr == attr
                and self.program.enclosing_class(owner) == cls
                and binding.value is not None
            ):
                scope = Key(cls.path, binding.scope)
                if binding.how is How.ANNOTATION:
                    yield self._annotated(scope, binding.value)
                elif binding.how is How.ASSIGN:
                    yield self.scalar(scope, binding.value, binding.line, depth + 1)

    def _call(self, key: Key, expr: Call, depth: int) -> Can:
        """`None` that inference does not tell of: `-> str | None`, `d.get(k)`."""
        site = self.program.call(CallKey(key.path, expr.index))
        name = getattr(site.func, "attr", None) or getattr(site.func, "id", "")
        if name in _MAY_GIVE_NONE and len(site.args) + len(site.keywords) < 2:
            return Can.NONE
        for kind in self.inference.callees(CallKey(key.path, expr.index)):
            if isinstance(kind, Fn):
                scope = self.program.scope(kind.key)
                if scope.returns is not None:
                    return Can.NONE if mentions_none(scope.returns) else Can.NOTHING
                parts = [
                    self.scalar(kind.key, value, scope.span.end_line, depth + 1) for value in scope.returned
                ]
                return union(parts) & Can.NONE
        return Can.NOTHING

    def passed(self, function: Key, position: int) -> Iterator[tuple[Key, Expr, int]]:
        """What the calls of a function give to one of its parameters."""
        scope = self.program.scope(function)
        name = scope.parameters[position].name
        bound = self.program.enclosing_class(function) is not None and not self.inference.classes.is_static(
            function
        )
        index = position - 1 if bound else position
        for caller in self.callers.calls(function):
            site = self.program.call(caller.call)
            key = Key(caller.call.path, site.scope)
            given = dict(site.keywords).get(name)
            if (
                given is None
                and 0 <= index < len(site.args)
                and scope.parameters[position].kind == "positional"
            ):
                given = site.args[index]
            if given is not None:
                yield key, given, site.span.line

    def of_kinds(self, kinds: Kinds) -> Can:
        if not kinds:
            return Can.UNKNOWN
        return union(self._of_kind(kind) for kind in kinds)

    def _of_kind(self, kind: object) -> Can:
        if isinstance(kind, Inst):
            if kind.name in _LISTS and kind.args:
                inner = union(self.of_kinds(argument) for argument in kind.args)
                return inner if not inner & ~PLAIN else Can.OTHER
            return _OF_TYPE.get(kind.name, Can.OTHER)
        return Can.OTHER if isinstance(kind, (Obj, Cls, Fn)) else Can.UNKNOWN


def union(parts: Iterable[Can]) -> Can:
    found = Can.NOTHING
    for part in parts:
        found |= part
    return found


def mentions_none(annotation: Expr | None) -> bool:
    text = repr(annotation)
    return "NoneType" in text or "Optional" in text


__all__ = ["DEPTH", "PLAIN", "Can", "Scalars", "mentions_none", "union"]
