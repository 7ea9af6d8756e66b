"""What a plain value can be, where two libraries would send it differently: text, number, None, bool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Flag, auto

from ....analysis.index.bindings import Binding, How, Import
from ....analysis.index.expr import (
    Attr,
    Call,
    Const,
    DictDisplay,
    Display,
    Either,
    Expr,
    Item,
    Name,
    Opaque,
    Starred,
    last_name,
)
from ....analysis.judge.callers.callers import Callers
from ....analysis.link import names
from ....analysis.link.kinds import Cls, Ext, Fn, Inst, Kind, Kinds, Mod, Obj
from ....analysis.link.optional import may_be_none, may_end_without_value, may_hold_none
from ....analysis.link.program import CallKey, Key
from ....analysis.syntax import Syntax
from .handed_on import hands_all_on


class Can(Flag):
    """What a value can be."""

    NOTHING = 0
    TEXT = auto()
    NUMBER = auto()
    WRITTEN = auto()
    """A UUID, a date, a Decimal: both libraries write it with `str()`, httpx not in a form with files."""
    LIST = auto()
    """A list or tuple; the other flags tell what is in it."""
    NONE = auto()
    BOOL = auto()
    BYTES = auto()
    OTHER = auto()
    UNKNOWN = auto()


PLAIN = Can.TEXT | Can.NUMBER | Can.WRITTEN

_OF_TYPE = {
    "builtins.str": Can.TEXT,
    "builtins.int": Can.NUMBER,
    "builtins.float": Can.NUMBER,
    "uuid.UUID": Can.WRITTEN,
    "decimal.Decimal": Can.WRITTEN,
    "datetime.date": Can.WRITTEN,
    "datetime.datetime": Can.WRITTEN,
    "builtins.bool": Can.BOOL,
    "builtins.NoneType": Can.NONE,
    "builtins.bytes": Can.BYTES,
}
_LISTS = ("builtins.list", "builtins.tuple")
_ENVIRONMENT = frozenset({Ext("os.environ")})
_MAY_GIVE_NONE = {"get", "pop", "getenv"}
DEPTH = 8


class Scalars:
    """Inference drops the None of `str | None`; here that is what matters, so annotations are read again."""

    def __init__(self, callers: Callers, syntax: Syntax) -> None:
        self.callers = callers
        self.syntax = syntax
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
        if isinstance(expr, Display) and expr.type != "set":
            return _elements(self.scalar(key, item, line, depth + 1) for item in expr.items)
        if isinstance(expr, DictDisplay):
            inner = union(self.scalar(key, value, line, depth + 1) for value in expr.values)
            return Can.OTHER | inner & Can.NONE
        found = self.of_kinds(self.inference.kinds(key, expr, line))
        if isinstance(expr, Item):
            if self.inference.kinds(key, expr.value, line) == _ENVIRONMENT:
                return Can.TEXT
            return found | self.scalar(key, expr.value, line, depth + 1) & Can.NONE
        return found | self._call(key, expr, depth) if isinstance(expr, Call) else found

    # names and attributes ---------------------------------------------------------------------------------

    def _name(self, key: Key, name: str, line: int, depth: int) -> Can:
        found = names.lookup(self.program, key, name, line)
        if isinstance(found, names.Parameter):
            return self._parameter(found.function, found.position, depth)
        return self._bound(found or [], depth)

    def _bound(self, found: Iterable[names.Bound], depth: int) -> Can:
        """What is annotated is believed, but for the None that is put there."""
        annotated: list[Can] = []
        parts: list[Can] = []
        defaults: list[Can] = []
        for bound in found:
            home, binding = bound
            value = _unpacked(binding)
            if binding.how is How.PARAMETER:
                parts.append(self._parameter(home, binding.scope, depth))
            elif isinstance(value, Import):
                inner = names.imported(self.program, value, home.path)
                if isinstance(inner, list) and depth < DEPTH:
                    parts.append(self._bound(inner, depth + 1))
                else:
                    parts.append(self._of_binding(bound))
            elif binding.how is How.ANNOTATION and value is not None:
                annotated.append(self._annotated(home, value))
            elif binding.how is How.ASSIGN and value is not None:
                parts.append(self.scalar(home, value, binding.line, depth + 1))
                defaults.append(self._default(home, value, depth))
            elif binding.how is How.AUGMENTED and value is not None:  # `page += 1`
                parts.append(self.scalar(home, value, binding.line, depth + 1))
            elif binding.how is not How.ISINSTANCE:
                parts.append(self._of_binding(bound))
        if annotated:
            return union(annotated) | union([*parts, *defaults]) & Can.NONE
        return union(parts) if parts else Can.UNKNOWN

    def _of_binding(self, bound: names.Bound) -> Can:
        return self.of_kinds(self.inference.binding(bound))

    def _parameter(self, function: Key, position: int, depth: int) -> Can:
        parameter = self.program.scope(function).parameters[position]
        outside = self.program.parent(function)
        default = self._default(outside, parameter.default, depth)
        if parameter.kind in ("*", "**"):
            return Can.OTHER
        if parameter.annotation is not None:
            found = self._annotated(outside, parameter.annotation)
            return found | (default & Can.NONE)
        passed = [
            self.scalar(key, expr, line, depth + 1) for key, expr, line in self.passed(function, position)
        ]
        return (union(passed) if passed else Can.UNKNOWN) | default

    def _default(self, key: Key, default: Expr | None, depth: int) -> Can:
        """`= None`, and `= Query(None)`: what is there when nothing is given."""
        if isinstance(default, Call):
            site = self.program.call(CallKey(key.path, default.index))
            given = site.args[0] if site.args else dict(site.keywords).get("default")
            default = given
        if default is None:
            return Can.NOTHING
        return self.scalar(key, default, 0, depth + 1)

    def _annotated(self, key: Key, annotation: Expr) -> Can:
        found = self.of_kinds(self.inference.annotations.instances(key, annotation))
        if may_hold_none(self.program, key, annotation):
            return Can.OTHER | Can.NONE
        return found | Can.NONE if may_be_none(self.program, key, annotation) else found

    def _attribute(self, key: Key, expr: Attr, line: int, depth: int) -> Can:
        parts: list[Can] = []
        for owner in self.inference.kinds(key, expr.value, line):
            if isinstance(owner, Cls) and self.inference.classes.is_a(owner.key, "enum.Enum"):
                parts.append(Can.OTHER)  # httpx writes `Kind.A`, requests its text
                continue
            found = self.attribute(owner, expr.attr)
            if found:
                parts.append(self._bound(found, depth))
            else:
                parts.append(self.of_kinds(self.inference.attribute(frozenset({owner}), expr.attr)))
        return union(parts) if parts else Can.UNKNOWN

    def attribute(self, owner: Kind, attr: str) -> list[names.Bound]:
        """What an attribute of a module, a class or an object of the project is bound to."""
        if isinstance(owner, Mod):
            found = names.module_attribute(self.program, owner, attr)
            return found if isinstance(found, list) else []
        if not isinstance(owner, (Obj, Cls)):
            return []
        own = (self._of_class(step, attr) for step in self.inference.classes.mro(owner.key))
        below = self.inference.classes.subclasses.get(owner.key, ())
        exact = isinstance(owner, Obj) and owner.is_exact
        found = next((bound for bound in own if bound), [])
        return [*found, *(b for cls in (() if exact else below) for b in self._of_class(cls, attr))]

    def _of_class(self, cls: Key | object, attr: str) -> list[names.Bound]:
        if not isinstance(cls, Key):
            return []
        module = self.program.modules[cls.path]
        found = [names.Bound(cls, binding) for binding in module.names[cls.scope].get(attr, ())]
        for binding in module.facts.attributes:
            owner = self.program.owner_of(cls.path, binding.scope)
            if binding.attr == attr and self.program.enclosing_class(owner) == cls:
                own = Binding(attr, binding.how, binding.value, binding.line)
                found.append(names.Bound(Key(cls.path, binding.scope), own))
        return found

    def _call(self, key: Key, expr: Call, depth: int) -> Can:
        """`None` that inference does not tell of: `-> str | None`, `d.get(k)`."""
        site = self.program.call(CallKey(key.path, expr.index))
        name = last_name(site.func)
        if name in _MAY_GIVE_NONE:
            default = [*site.args, *(value for _, value in site.keywords)][1:]
            return self.scalar(key, default[0], site.span.line, depth + 1) & Can.NONE if default else Can.NONE
        callees = self.inference.callees(CallKey(key.path, expr.index))
        return union(self._answer(kind.key, depth) for kind in callees if isinstance(kind, Fn)) & Can.NONE

    def _answer(self, function: Key, depth: int) -> Can:
        scope = self.program.scope(function)
        if scope.returns is not None:
            return self._annotated(self.program.parent(function), scope.returns)
        ends = Can.NONE if self.ends_without_value(function) else Can.NOTHING
        lines = zip(scope.returned, scope.returned_lines, strict=False)
        return union([ends, *(self.scalar(function, value, line, depth + 1) for value, line in lines)])

    def ends_without_value(self, function: Key) -> bool:
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        return node is not None and may_end_without_value(node)

    def passed(self, function: Key, position: int) -> Iterator[tuple[Key, Expr, int]]:
        """What the calls of a function give to one of its parameters."""
        scope = self.program.scope(function)
        name = scope.parameters[position].name
        index = position - int(self.inference.classes.takes_self(function))
        for wrapper, call in self.callers.wrapping.callers(function):
            if not hands_all_on(self.syntax.file(wrapper.path), self.program, wrapper, call):
                yield wrapper, Opaque(), self.program.call(call).span.line
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
            starred = any(isinstance(argument, Starred) for argument in site.args)
            if starred or (given is None and any(not keyword for keyword, _ in site.keywords)):
                yield key, Opaque(), site.span.line
            elif given is not None:
                yield key, given, site.span.line

    def of_kinds(self, kinds: Kinds) -> Can:
        if not kinds:
            return Can.UNKNOWN
        return union(self._of_kind(kind) for kind in kinds)

    def _of_kind(self, kind: object) -> Can:
        if isinstance(kind, Inst):
            if kind.name in _LISTS and kind.args:
                return _elements(self.of_kinds(argument) for argument in kind.args)
            return _OF_TYPE.get(kind.name, Can.OTHER)
        return Can.OTHER if isinstance(kind, (Obj, Cls, Fn)) else Can.UNKNOWN


def _unpacked(binding: Binding) -> Expr | Import | None:
    """`1` for the `page` of `items, page = [], 1`; None where the parts are not written out."""
    value = binding.value
    for index in binding.path:
        items = value.items if isinstance(value, Display) else ()
        if not 0 <= index < len(items) or any(isinstance(item, Starred) for item in items):
            return None
        value = items[index]
    return value


def union(parts: Iterable[Can]) -> Can:
    found = Can.NOTHING
    for part in parts:
        found |= part
    return found


def _elements(parts: Iterable[Can]) -> Can:
    """A list of lists, or of what may be None, is written differently."""
    inner = union(parts)
    return Can.OTHER | inner & Can.NONE if inner & ~PLAIN else inner | Can.LIST


__all__ = ["DEPTH", "PLAIN", "Can", "Scalars", "union"]
