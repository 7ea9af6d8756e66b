"""Attributes that run code when read or set: properties in every form, and descriptors of the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cached_property

from ...index.bindings import How
from ...index.expr import Call, last_name
from ..hierarchy import Base
from ..infer import Inference
from ..kinds import Ext, Fn, Obj, ordered
from ..program import CallKey, Key, Program

_MADE = {"builtins.property", "functools.cached_property", "sqlalchemy.ext.hybrid.hybrid_property"}


class Access(Enum):
    """The value is the position among the arguments of `property(...)`."""

    READ = 0
    WRITE = 1
    DELETE = 2


_DESCRIPTOR = {Access.READ: "__get__", Access.WRITE: "__set__", Access.DELETE: "__delete__"}


class Properties:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    @cached_property
    def names(self) -> frozenset[str]:
        """Of all classes; a name that is not here is a plain attribute everywhere."""
        classes = self.inference.classes
        found = {
            self.program.scope(key).name
            for key in self.program.functions()
            if self.program.scope(key).decorators
            and self.program.enclosing_class(key) is not None
            and classes.is_property(key)
        }
        has_descriptors = not self.program.methods.isdisjoint(("__get__", "__set__"))
        for cls in self.program.classes():
            for binding in self.program.scope(cls).bindings:
                if isinstance(binding.value, Call) and binding.how is How.ASSIGN:
                    func = self.program.call(CallKey(cls.path, binding.value.index)).func
                    word = last_name(func)
                    if has_descriptors or "property" in word:
                        found.add(binding.name)
        return frozenset(found)

    def accessed(self, owner: Obj, name: str, access: Access) -> Iterator[Key]:
        """The functions that `owner.name` (or `owner.name = value`) runs, overrides below included."""
        classes = self.inference.classes
        below = () if owner.is_exact else classes.subclasses.get(owner.key, ())
        found: dict[Key, None] = {}
        for cls in (owner.key, *below):
            order = classes.mro(cls)
            if owner.is_super:
                order = order[order.index(owner.key) + 1 :] if owner.key in order else ()
            found.update(dict.fromkeys(self._in_order(order, name, access)))
        yield from found

    def _in_order(self, order: Sequence[Base], name: str, access: Access) -> Iterator[Key]:
        for step in order:
            if not isinstance(step, Key):
                continue
            bindings = self.program.modules[step.path].names[step.scope].get(name, ())
            for binding in bindings:
                if binding.how is How.DEF:
                    method = Key(step.path, binding.scope)
                    if self._access(method) is access and self.inference.classes.is_property(method):
                        yield method
                elif isinstance(binding.value, Call):
                    yield from self._made(step, CallKey(step.path, binding.value.index), access)
            if bindings:
                return

    def _access(self, method: Key) -> Access:
        words = {getattr(decorator, "attr", "") for decorator in self.program.scope(method).decorators}
        return Access.WRITE if "setter" in words else Access.DELETE if "deleter" in words else Access.READ

    def at_definition(self, cls: Key) -> Iterator[Key]:
        """What runs when the class statement has run: `__init_subclass__`, the descriptors' `__set_name__`,
        a metaclass."""
        classes, methods = self.inference.classes, self.program.methods
        if "__init_subclass__" in methods:
            for step in classes.mro(cls)[1:]:
                if isinstance(step, Key) and (hook := classes.method(step, "__init_subclass__")) is not None:
                    yield hook
                    break
        for binding in self.program.scope(cls).bindings if "__set_name__" in methods else ():
            if binding.how is How.ASSIGN and isinstance(binding.value, Call):
                for made in ordered(self.inference.call_result(CallKey(cls.path, binding.value.index))):
                    hook = classes.method(made.key, "__set_name__") if isinstance(made, Obj) else None
                    if hook is not None:
                        yield hook
        meta = classes.hierarchy.metaclass(cls)
        if meta is not None:
            hooks = (classes.method(meta, name) for name in ("__prepare__", "__new__", "__init__"))
            yield from (hook for hook in hooks if hook is not None)

    def _made(self, cls: Key, call: CallKey, access: Access) -> Iterator[Key]:
        """`x = property(get_x, set_x)` and `x = Descriptor()`."""
        classes = self.inference.classes
        site = self.program.call(call)
        for kind in ordered(self.inference.callees(call)):
            if isinstance(kind, Ext) and kind.name in _MADE and len(site.args) > access.value:
                given = self.inference.kinds(cls, site.args[access.value], site.span.line)
                yield from (each.key for each in ordered(given) if isinstance(each, Fn))
        for made in ordered(self.inference.call_result(call)):
            if isinstance(made, Obj):
                method = classes.method(made.key, _DESCRIPTOR[access])
                if method is not None:
                    yield method
