"""What the values of a dict can be, which is sent as parameters, headers or a form: see `scalars`."""

from __future__ import annotations

from collections.abc import Iterable

from ...analysis.index.facts import Attr, Const, DictDisplay, Either, Expr, How, Name, Opaque
from ...analysis.link import names
from ...analysis.link.kinds import Inst, Kinds
from ...analysis.link.program import Key
from .scalars import DEPTH, Can, Scalars, mentions_none, union


class Values(Scalars):
    """Plain values, and dicts of them."""

    def mapping(self, key: Key, expr: Expr, line: int, depth: int = 0) -> tuple[Can, bool]:
        """What the values of a dict can be, and whether there may be None in place of the dict."""
        if depth > DEPTH:
            return Can.UNKNOWN, False
        if isinstance(expr, Const):
            return (Can.NOTHING, True) if expr.type == "NoneType" else (Can.UNKNOWN, False)
        if isinstance(expr, DictDisplay):
            return self._display(key, expr, line, depth), False
        if isinstance(expr, Either):
            return _both(self.mapping(key, option, line, depth + 1) for option in expr.options)
        if isinstance(expr, Name):
            found = names.lookup(self.program, key, expr.id, line)
            if isinstance(found, names.Parameter):
                return self._mapping_parameter(found.function, found.position, depth)
            if found and all(b.binding.how is How.ASSIGN and not b.binding.path for b in found):
                if self._grows(found[0].home, expr.id):
                    return Can.UNKNOWN, False
                stored = self._stored(found[0].home, expr.id, depth)
                values = [self.mapping(b.home, b.binding.value, b.binding.line, depth + 1) for b in found]  # type: ignore[arg-type]
                return _both([*values, (stored, False)])
        return self._mapping_kinds(self.inference.kinds(key, expr, line)), False

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

    def _mapping_parameter(self, function: Key, position: int, depth: int) -> tuple[Can, bool]:
        scope = self.program.scope(function)
        parameter = scope.parameters[position]
        if self._grows(function, parameter.name):
            return Can.UNKNOWN, False
        stored = self._stored(function, parameter.name, depth)
        if parameter.kind == "**":
            return self._extra_keywords(function, depth) | stored, False
        default = isinstance(parameter.default, Const) and parameter.default.type == "NoneType"
        if parameter.annotation is not None:
            kinds = self.inference.annotations.instances(self.program.parent(function), parameter.annotation)
            none = mentions_none(parameter.annotation)
            inner = (
                Can.NONE
                if none and "dict" in repr(parameter.annotation).split("NoneType")[0]
                else Can.NOTHING
            )
            return self._mapping_kinds(kinds) | stored | (
                inner if not default else Can.NOTHING
            ), default or none
        passed = [
            self.mapping(key, expr, line, depth + 1) for key, expr, line in self.passed(function, position)
        ]
        values, none = _both(passed) if passed else (Can.UNKNOWN, False)
        return values | stored, none or default

    def _extra_keywords(self, function: Key, depth: int) -> Can:
        own = {parameter.name for parameter in self.program.scope(function).parameters}
        parts: list[Can] = []
        for caller in self.callers.calls(function):
            site = self.program.call(caller.call)
            for name, value in site.keywords:
                if not name:
                    return Can.UNKNOWN
                if name not in own:
                    parts.append(
                        self.scalar(Key(caller.call.path, site.scope), value, site.span.line, depth + 1)
                    )
        return union(parts)

    def _stored(self, home: Key, name: str, depth: int) -> Can:
        """`name[key] = value` in the scope that holds the name."""
        stores = self.program.modules[home.path].facts.stores
        return union(
            self.scalar(home, store.value, store.line, depth + 1)
            for store in stores
            if store.target == Name(name) and store.scope == home.scope
        )

    def _grows(self, home: Key, name: str) -> bool:
        """Something else puts values into it: `update`, `setdefault`, a nested function."""
        facts = self.program.modules[home.path].facts
        grows = False
        for call in facts.calls:
            func = call.func
            if isinstance(func, Attr) and func.value == Name(name) and call.scope == home.scope:
                grows = grows or func.attr in ("update", "setdefault")
        stores = facts.stores
        return grows or any(store.target == Name(name) and store.scope != home.scope for store in stores)

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


def _both(parts: Iterable[tuple[Can, bool]]) -> tuple[Can, bool]:
    found = list(parts)
    return union(can for can, _ in found), any(none for _, none in found)
