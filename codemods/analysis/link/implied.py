"""What runs without being called by name: dunders, properties, default factories, validators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from ...model import Span
from ..index.bindings import How
from ..index.expr import Attr, Const, Display, Expr, last_name
from ..index.facts import CallSite, Implicit
from .classes.constructed import Construction
from .classes.properties import Access, Properties
from .infer import Inference
from .kinds import NOTHING, Cls, Ext, Fn, Inst, Kind, Kinds, Member, Mod, Obj, is_missing, ordered
from .libraries import dumped
from .libraries.library_dunders import LibraryDunders
from .libraries.opened import only_reads
from .names import module_attribute
from .program import CallKey, Key, Program
from .values.asked import ELSEWHERE, FUNCTIONS, MIXED_IN, MIXING, OF_ELEMENTS, OF_MEMBERS, operands

_STATEMENTS = frozenset({"with", "for", "async with", "async for"})
_READ_HOOKS = ("__getattr__", "__getattribute__")
_DATA = Inst("pydantic.Data")
_BY_NAME = {"getattr": Access.READ, "hasattr": Access.READ, "setattr": Access.WRITE, "delattr": Access.DELETE}


class Implied(NamedTuple):
    """`method` of `receiver` runs; `target` is it where the project has it."""

    span: Span
    form: str
    """`with`, `for`, `async with`, `async for`, `read`, `truth`, `attribute`, `callback` or `decorator`."""
    receiver: Kind
    method: str
    target: Key | None
    call: CallKey | None = None


class ImpliedCalls:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self.properties = Properties(inference)
        self.construction = Construction(inference)
        self._library = LibraryDunders(self.program)

    def of(self, function: Key) -> Iterator[Implied]:
        """In the function's own frame, in no particular order."""
        module = self.program.modules[function.path]
        runs_code = (
            self.properties.names or self._lazy_modules or self._are_defined((*_READ_HOOKS, "__setattr__"))
        )
        for scope in module.frame(function.scope):
            where = Key(function.path, scope)
            yield from self._definitions(where)
            for implicit in module.implicits_by_scope.get(scope, ()):
                yield from self._of_implicit(where, implicit)
            for number in module.calls_by_scope.get(scope, ()):
                call = module.facts.calls[number]
                yield from self._of_builtin(CallKey(function.path, number), call, where)
                yield from self._mixed_in(CallKey(function.path, number), call, where)
                of_data = (
                    *dumped.by_call(self.inference, where, call),
                    *self.construction.by_call(where, call),
                    *self.inference.parameters.encoders.by_call(where, call),
                )
                for target in of_data:
                    yield Implied(call.span, "callback", _DATA, "", target, CallKey(function.path, number))
                if runs_code:
                    yield from self._by_name(CallKey(function.path, number), call, where)
                    yield from self._properties(where, call.func, call.span)
            if runs_code:
                for stored in module.attributes_by_scope.get(scope, ()):
                    yield from self._accessed(where, stored.target, stored.attr, stored.span, Access.WRITE)
                for reference in module.references_by_scope.get(scope, ()):
                    yield from self._properties(where, reference.expr, reference.span)

    def _definitions(self, where: Key) -> Iterator[Implied]:
        """What runs where a function or class is defined: decorators, and the hooks of classes."""
        for binding in self.program.scope(where).bindings:
            if binding.scope < 0 or binding.how not in (How.DEF, How.CLASS):
                continue
            defined = Key(where.path, binding.scope)
            scope = self.program.scope(defined)
            if binding.how is How.CLASS:
                for hook in self.properties.at_definition(defined):
                    name = self.program.scope(hook).name
                    yield Implied(scope.span, "decorator", Cls(defined), name, hook)
            for decorator in scope.decorators:
                for kind in ordered(self.inference.kinds(where, decorator, scope.span.line)):
                    if isinstance(kind, Fn):
                        yield Implied(scope.span, "decorator", kind, "", kind.key)
                    elif isinstance(kind, Cls):
                        for method in ("__new__", "__init__"):
                            key = self.inference.classes.method(kind.key, method)
                            if key is not None:
                                yield Implied(scope.span, "decorator", kind, method, key)
                    elif isinstance(kind, Obj):
                        yield from self._dunders(kind, ("__call__",), scope.span, "decorator")

    # dunders ------------------------------------------------------------------------------------------------

    def _of_implicit(self, where: Key, implicit: Implicit) -> Iterator[Implied]:
        if implicit.kind == "raise":
            yield from self._raised(where, implicit)
        elif implicit.kind == "delattr" and isinstance(implicit.right, Const):
            yield from self._deleted(where, implicit, implicit.right.text)
        elif implicit.kind == "%" and implicit.right is not None:
            yield from self._filled_in(where, implicit, implicit.right)
        outside = self._library.form(implicit)
        for expr, methods in operands(implicit):
            if implicit.kind == "with" and only_reads(self.inference, where, expr):
                continue
            if not (outside or self._are_defined(methods)):
                continue
            for kind in ordered(self.inference.kinds(where, expr, implicit.span.line)):
                own = implicit.kind if implicit.kind in _STATEMENTS else "attribute"
                yield from self._dunders(kind, methods, implicit.span, own, outside)

    def _raised(self, where: Key, implicit: Implicit) -> Iterator[Implied]:
        """`raise Failure` makes an instance."""
        for kind in ordered(self.inference.kinds(where, implicit.expr, implicit.span.line)):
            init = self.inference.classes.method(kind.key, "__init__") if isinstance(kind, Cls) else None
            if init is not None:
                yield Implied(implicit.span, "attribute", kind, "__init__", init)

    def _deleted(self, where: Key, implicit: Implicit, attr: str) -> Iterator[Implied]:
        for kind in ordered(self.inference.kinds(where, implicit.expr, implicit.span.line)):
            if isinstance(kind, Obj):
                yield from self._dunders(kind, ("__delattr__",), implicit.span, "attribute")
                for target in self.properties.accessed(kind, attr, Access.DELETE):
                    yield Implied(implicit.span, "attribute", kind, attr, target)

    def _filled_in(self, where: Key, implicit: Implicit, given: Expr) -> Iterator[Implied]:
        """`"%s" % value` shows the value."""
        if Inst("builtins.str") in self.inference.kinds(where, implicit.expr, implicit.span.line):
            for each in given.items if isinstance(given, Display) else (given,):
                for kind in ordered(self.inference.kinds(where, each, implicit.span.line)):
                    yield from self._dunders(kind, ("__str__",), implicit.span, "attribute")

    def _of_builtin(self, key: CallKey, call: CallSite, where: Key) -> Iterator[Implied]:
        name = last_name(call.func)
        owners, methods = (
            OF_MEMBERS.get(name, ((), ())) if isinstance(call.func, Attr) else ((), FUNCTIONS.get(name, ()))
        )
        function = f"builtins.{name}"
        if name in ELSEWHERE:
            function, methods = ELSEWHERE[name]
        if self._library.names.isdisjoint(methods) and not self._are_defined(methods):
            return
        callees = self.inference.callees(key)
        if not callees & {Ext(function), *(Member(owner, name) for owner in owners)}:
            return
        given = [self.inference.kinds(where, argument, call.span.line) for argument in call.args]
        if isinstance(call.func, Attr) and name == "sort":
            given = [self.inference.kinds(where, call.func.value, call.span.line)]
        for kinds, dunders in (
            *((kinds, methods) for kinds in given),
            *self._between(where, call, given, methods),
        ):
            for kind in ordered(kinds):
                for found in self._dunders(kind, dunders, call.span, "callback", "callback"):
                    yield found._replace(call=key)

    def _mixed_in(self, key: CallKey, call: CallSite, where: Key) -> Iterator[Implied]:
        """`store.items()` of a `class Store(Mapping)` asks `store.__iter__()` and `store[key]`."""
        methods = MIXED_IN.get(call.func.attr, ()) if isinstance(call.func, Attr) else ()
        if not isinstance(call.func, Attr) or not self._are_defined(methods):
            return
        for kind in ordered(self.inference.kinds(where, call.func.value, call.span.line)):
            if isinstance(kind, Obj) and self._is_mixed(kind.key) and not self._has(kind.key, call.func.attr):
                for found in self._dunders(kind, methods, call.span, "callback"):
                    yield found._replace(call=key)

    def _is_mixed(self, cls: Key) -> bool:
        return not MIXING.isdisjoint(self.inference.classes.hierarchy.external_bases(cls))

    def _has(self, cls: Key, method: str) -> bool:
        return self.inference.classes.method(cls, method) is not None

    def _between(
        self, where: Key, call: CallSite, given: list[Kinds], methods: tuple[str, ...]
    ) -> Iterator[tuple[Kinds, tuple[str, ...]]]:
        """What `sorted`, `max` and `sum` ask of the elements, or of what `key=` makes of them."""
        asked = tuple(method for method in methods if method in OF_ELEMENTS)
        if not asked or not self._are_defined(asked):
            return
        key = dict(call.keywords).get("key")
        if key is None:
            for kinds in given:
                yield self.inference.iterated(kinds), asked
        else:
            for function in ordered(self.inference.kinds(where, key, call.span.line)):
                yield self.inference.result(function), asked

    def _are_defined(self, methods: tuple[str, ...]) -> bool:
        return not self.program.methods.isdisjoint(methods)

    def _dunders(
        self, kind: Kind, methods: tuple[str, ...], span: Span, form: str, outside: str = ""
    ) -> Iterator[Implied]:
        """`outside` is the form for objects of libraries, if theirs count."""
        classes = self.inference.classes
        kind = self.as_object(kind)
        if isinstance(kind, Inst) and outside:
            for method in methods:
                if method in self._library.names:
                    yield Implied(span, outside, kind, method, None)
        if not isinstance(kind, Obj):
            return
        for method in methods:
            if method == "__iter__" and not self._has(kind.key, method):
                method = "__getitem__"  # which is asked for 0, 1, 2, ..
            if method == "__contains__" and not self._has(kind.key, method) and self._is_mixed(kind.key):
                method = "__getitem__"
            receivers: tuple[Kind, ...] = (kind,)
            if method in ("__next__", "__anext__"):
                iterate = "__iter__" if method == "__next__" else "__aiter__"
                receivers = ordered(classes.method_result(kind, iterate))
            for receiver in receivers:
                if not isinstance(receiver, Obj):
                    continue
                found = classes.instance_attribute(
                    receiver.key, method, args=receiver.args, exact=receiver.is_exact
                )
                for each in ordered(found):
                    if isinstance(each, Fn):
                        yield Implied(span, form, kind, method, each.key)
            if (
                method in ("__format__", "__bool__", "__ne__", "__contains__")
                and classes.method(kind.key, method) is not None
            ):
                return  # the second is only asked where the first is not defined

    # properties -----------------------------------------------------------------------------------------

    def _properties(self, where: Key, expr: Expr, span: Span) -> Iterator[Implied]:
        """Those in `a.b.c`, called or not."""
        while isinstance(expr, Attr):
            yield from self._accessed(where, expr.value, expr.attr, span, Access.READ)
            expr = expr.value

    def _by_name(self, key: CallKey, call: CallSite, where: Key) -> Iterator[Implied]:
        """`getattr(till, "price")`"""
        word: str = getattr(call.func, "id", "")
        name = call.args[1] if word in _BY_NAME and len(call.args) > 1 else None
        if isinstance(name, Const) and self.inference.callees(key) == {Ext(f"builtins.{word}")}:
            for found in self._accessed(where, call.args[0], name.text, call.span, _BY_NAME[word]):
                yield found._replace(form="callback", call=key)

    def _accessed(self, where: Key, owner: Expr, attr: str, span: Span, access: Access) -> Iterator[Implied]:
        if access is Access.READ and self._lazy_modules:
            for kind in ordered(self.inference.kinds(where, owner, span.line)):
                hook = self._lazy_modules.get(kind.name) if isinstance(kind, Mod) else None
                if hook is not None and self._is_missing(kind, attr):
                    yield Implied(span, "attribute", kind, "__getattr__", hook)
        for dunder in _READ_HOOKS if access is Access.READ else ("__setattr__",):
            if dunder not in self.program.methods:
                continue
            for kind in ordered(self.inference.kinds(where, owner, span.line)):
                kind = self.as_object(kind)
                method = self.inference.classes.method(kind.key, dunder) if isinstance(kind, Obj) else None
                if method is not None and (dunder != "__getattr__" or self._is_missing(kind, attr)):
                    yield Implied(span, "attribute", kind, dunder, method)
        if attr in self.properties.names:
            for kind in map(self.as_object, ordered(self.inference.kinds(where, owner, span.line))):
                if isinstance(kind, Obj):
                    for target in self.properties.accessed(kind, attr, access):
                        yield Implied(span, "attribute", kind, attr, target)

    def as_object(self, kind: Kind) -> Kind:
        """A class is an instance of its metaclass."""
        return (isinstance(kind, Cls) and self.inference.classes.as_instance(kind)) or kind

    @cached_property
    def _lazy_modules(self) -> Mapping[str, Key]:
        """Modules with a `def __getattr__(name)` of their own."""
        return {
            module.facts.module: Key(path, binding.scope)
            for path, module in self.program.modules.items()
            for binding in module.names[0].get("__getattr__", ())
            if binding.how is How.DEF
        }

    def _is_missing(self, owner: Kind, attr: str) -> bool:
        if isinstance(owner, Mod):
            return not module_attribute(self.program, owner, attr)
        found = (
            self.inference.classes.instance_attribute(owner.key, attr) if isinstance(owner, Obj) else NOTHING
        )
        return attr != "__dict__" and is_missing(found, attr)
