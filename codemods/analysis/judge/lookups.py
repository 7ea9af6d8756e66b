"""Functions that are looked up by their names: `getattr(x, "name")`, `globals()["name"]`."""

from __future__ import annotations

from collections.abc import Iterator

from ..index.expr import Attr, Call, Const, Expr
from ..link.infer import Inference
from ..link.kinds import Cls, Fn, Kind, Mod, Obj, Unknown, Vars
from ..link.program import CallKey, Key, Program
from ..link.proxies import forwards
from ..link.words import Texts
from .registering import registers
from .spellings import means, spellings

_LOOKS_UP = ("get", "pop")


class Lookups:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    def of(self, function: Key) -> Iterator[CallKey]:
        """The look-ups that may give `function`; a computed name may be that of any plain function there."""
        name = self.program.scope(function).name
        for call in self.program.calls_by_name.get("methodcaller", ()):
            if any(isinstance(a, Const) and a.text == name for a in self.program.call(call).args):
                yield call
        for call in self.program.calls_by_name.get("getattr", ()):
            if len(self.program.call(call).args) < 2 or forwards(self.program, call):
                continue  # those who read an attribute of a proxy are asked themselves
            if self._is_got(call, function, name):
                yield call
        for word in ("globals", "vars"):
            for call in self.program.calls_by_name.get(word, ()):
                if self._is_in_namespace(call, function):
                    yield call

    def _is_got(self, call: CallKey, function: Key, name: str) -> bool:
        site = self.program.call(call)
        where = Key(call.path, site.scope)
        owners = self.inference.kinds(where, site.args[0], site.span.line)
        texts = self.inference.words.of(where, site.args[1], site.span.line)
        if texts is None:
            return any(self._has(kind, function) for kind in owners)
        if name not in texts:
            return False
        if any(isinstance(kind, Fn) and kind.key == function for kind in self.inference.call_result(call)):
            return True
        is_unknown = not owners or any(isinstance(kind, Unknown) for kind in owners)
        return is_unknown and self.program.enclosing_class(function) is not None

    def _has(self, owner: Kind, function: Key) -> bool:
        if isinstance(owner, (Obj, Cls)):
            if self._is_registered(function):
                return False  # a handler is not called by reflection
            found = self.inference.classes.instance_attribute(owner.key, self.program.scope(function).name)
            return any(isinstance(kind, Fn) and kind.key == function for kind in found)
        home = self.program.modules[function.path].facts.module
        return isinstance(owner, Mod) and owner.name == home and self._is_plain(function)

    def _is_registered(self, function: Key) -> bool:
        scope = self.program.scope(function)
        return any(
            registers(self.inference, self.program.parent(function), each, scope.span.line)
            for each in scope.decorators
        )

    def _is_plain(self, function: Key) -> bool:
        scope = self.program.scope(function)
        return scope.parent == 0 and not scope.decorators

    def _is_in_namespace(self, call: CallKey, function: Key) -> bool:
        """Does `globals()` or `vars(module)` hold it, and can what is taken out be it?"""
        for kind in self.inference.call_result(call):
            if not isinstance(kind, Vars) or not isinstance(kind.owner, Mod):
                continue
            path = self.program.module_path(kind.owner.name, kind.owner.near)
            held = {
                name
                for name in spellings(self.program, function)
                if path is not None and means(self.inference, path, name, function)
            }
            if held:
                texts = list(self._taken_out(call))
                if any(each & held if each is not None else self._is_plain(function) for each in texts):
                    return True
        return False

    def _taken_out(self, call: CallKey) -> Iterator[Texts]:
        """The names that are read from the dictionary; None where it is handed on, or a name is computed."""
        facts, value = self.program.modules[call.path].facts, Call(call.index)
        line = self.program.call(call).span.line
        is_seen = False
        for implicit in facts.implicits:
            if implicit.expr == value and implicit.kind == "[]" and implicit.right is not None:
                is_seen = True
                yield self.inference.words.of(Key(call.path, implicit.scope), implicit.right, line)
            elif value in (implicit.expr, implicit.right) and implicit.kind in ("in", "[]=", "del"):
                is_seen = True
        for site in facts.calls:
            if isinstance(site.func, Attr) and site.func.value == value and site.func.attr in _LOOKS_UP:
                is_seen = True
                key: Expr = site.args[0]
                yield self.inference.words.of(Key(call.path, site.scope), key, line)
        if not is_seen:
            yield None
