"""Expressions -> kinds: constructors, annotations, factories, attributes, containers, parameters."""

from __future__ import annotations

from . import fixtures, names, queries
from .annotations import AnnotationReader
from .classes import Classes
from .facts import (
    Attr,
    Await,
    Binary,
    Call,
    Comprehension,
    Const,
    DictDisplay,
    Display,
    Either,
    Expr,
    How,
    Import,
    Item,
    Lambda,
    Name,
    Opaque,
    ScopeKind,
    Starred,
)
from .kinds import (
    ASYNC_CONTEXT,
    ASYNC_GENERATOR,
    CONTEXT,
    COROUTINE,
    GENERATOR,
    NOTHING,
    Cls,
    Decorated,
    Ext,
    Fn,
    Inst,
    Kind,
    Kinds,
    Member,
    Mod,
    Obj,
    Unknown,
    is_known,
    one,
    union,
    unknown,
)
from .program import CallKey, Key, Program

_CONTEXT_DECORATORS = {
    "contextlib.contextmanager": CONTEXT,
    "contextlib.asynccontextmanager": ASYNC_CONTEXT,
}
_KEPT_BY_BINARY = ("builtins.str", "builtins.int", "builtins.float", "builtins.bytes", "builtins.list")
_RUN_IN_THREAD = (
    "starlette.concurrency.run_in_threadpool",
    "fastapi.concurrency.run_in_threadpool",
    "asyncio.to_thread",
    "anyio.to_thread.run_sync",
)
_MAX_CALL_SITES = 40


class Inference:
    """Answers "what can this be?" for any expression of the program; answers are remembered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.classes = Classes(program, self)
        self.annotations = AnnotationReader(program, self)
        self._memo: dict[tuple[str, int, Expr, int], Kinds] = {}
        self._returns: dict[Key, Kinds] = {}
        self._parameters: dict[tuple[Key, int], Kinds] = {}
        self._call_results: dict[CallKey, Kinds] = {}

    # expressions ------------------------------------------------------------------------------------------

    def kinds(self, key: Key, expr: Expr, line: int = 0) -> Kinds:
        """What `expr`, read in scope `key` at `line`, can be."""
        if isinstance(expr, (Name, Attr)):
            memo = (key.path, key.scope, expr, line)
            if memo not in self._memo:
                self._memo[memo] = NOTHING  # a name defined by itself knows nothing more
                self._memo[memo] = self._read(key, expr, line)
            return self._memo[memo]
        return self._read(key, expr, line)

    def _read(self, key: Key, expr: Expr, line: int) -> Kinds:
        if isinstance(expr, Name):
            return self.name(key, expr.id, line)
        if isinstance(expr, Attr):
            return self.attribute(self.kinds(key, expr.value, line), expr.attr)
        if isinstance(expr, Call):
            return self.call_result(CallKey(key.path, expr.index))
        if isinstance(expr, Const):
            return one(Inst(f"builtins.{expr.type}"))
        if isinstance(expr, Await):
            return self.awaited(self.kinds(key, expr.value, line))
        if isinstance(expr, Display):
            items = tuple(self.kinds(key, item, line) for item in expr.items)
            return one(Inst(f"builtins.{expr.type}", items if expr.type == "tuple" else (union(list(items)),)))
        if isinstance(expr, DictDisplay):
            return one(Inst("builtins.dict", (NOTHING, union([self.kinds(key, v, line) for v in expr.values]))))
        if isinstance(expr, Either):
            return union([self.kinds(key, option, line) for option in expr.options])
        if isinstance(expr, Binary):
            return self._binary(key, expr, line)
        if isinstance(expr, Item):
            return self.element(self.kinds(key, expr.value, line), expr.key)
        if isinstance(expr, Comprehension):
            element = self.kinds(Key(key.path, expr.scope), expr.element)
            if expr.type == "generator":
                return one(Inst(GENERATOR, (element,)))
            return one(Inst(f"builtins.{expr.type}", (element,) if expr.type != "dict" else (NOTHING, element)))
        if isinstance(expr, Lambda):
            return one(Fn(Key(key.path, expr.scope)))
        if isinstance(expr, Starred):
            return self.kinds(key, expr.value, line)
        return unknown("an expression of unknown type")

    def _binary(self, key: Key, expr: Binary, line: int) -> Kinds:
        left = self.kinds(key, expr.left, line)
        right = self.kinds(key, expr.right, line)
        for side in (left, right):
            for kind in side:
                if isinstance(kind, Inst) and (kind.name in _KEPT_BY_BINARY or kind.name.startswith("pathlib.")):
                    return one(kind)
        return left if is_known(left) and expr.operator == "|" else unknown("the result of an operator")

    def name(self, key: Key, name: str, line: int = 0) -> Kinds:
        found = names.lookup(self.program, key, name, line)
        if found is None:
            for star in names.star_sources(self.program, key.path):
                if isinstance(star, Mod):
                    kinds = self._of_module(names.module_attribute(self.program, star, name))
                    if kinds:
                        return kinds
                elif self.program.catalogue.find(f"{star.name}.{name}"):
                    return one(Ext(self.program.catalogue.canonical(f"{star.name}.{name}")))
            if names.is_builtin(name):
                return one(Ext(f"builtins.{name}"))
            return unknown(f"the name {name} is bound nowhere")
        if isinstance(found, names.Parameter):
            return self.parameter(found.function, found.position)
        return self.bound(found)

    def bound(self, found: list[names.Bound]) -> Kinds:
        """The union of what bindings give; an annotation decides alone where there is one."""
        annotated = [b for b in found if b.binding.how is How.ANNOTATION]
        if annotated:
            kinds = union([self.binding(b) for b in annotated])
            if is_known(kinds):
                return kinds
        narrowed = [b for b in found if b.binding.how is How.ISINSTANCE]
        parts = [self.binding(b) for b in found if b.binding.how not in (How.ISINSTANCE, How.ANNOTATION)]
        kinds = union(parts) if parts else union([self.binding(b) for b in annotated])
        if narrowed and not is_known(kinds):
            return union([self.binding(b) for b in narrowed])
        # `x = None` first and the real value later: None has no methods to call
        without_none = frozenset(k for k in kinds if not (isinstance(k, Inst) and k.name == "builtins.NoneType"))
        return without_none or kinds

    def binding(self, bound: names.Bound) -> Kinds:
        home, binding = bound
        how, value = binding.how, binding.value
        if how is How.PARAMETER:
            return self.parameter(home, binding.scope)
        if how is How.DEF:
            return one(Fn(Key(home.path, binding.scope)))
        if how is How.CLASS:
            return one(Cls(Key(home.path, binding.scope)))
        if isinstance(value, Import):
            return self._of_module(names.imported(self.program, value, home.path))
        if value is None or isinstance(value, Opaque):
            return unknown(f"{binding.name} has no type that can be read")
        if how is How.ANNOTATION:
            return self.annotations.instances(home, value)
        if how is How.ISINSTANCE:
            return self.annotations.instances(home, value)
        kinds = self.kinds(home, value, binding.line)
        if how in (How.WITH, How.ASYNC_WITH):
            kinds = self.entered(kinds, how is How.ASYNC_WITH)
        elif how in (How.FOR, How.ASYNC_FOR):
            kinds = self.iterated(kinds)
        elif how is How.EXCEPT:
            kinds = self.annotations.instances(home, value)
        elif how is How.AUGMENTED:
            return NOTHING
        for step in binding.path:
            kinds = self.element(kinds, Const("int"), step)
        return kinds

    def _of_module(self, result: list[names.Bound] | Kinds) -> Kinds:
        if isinstance(result, list):
            return self.bound(result)
        return result

    # attributes -------------------------------------------------------------------------------------------

    def attribute(self, owners: Kinds, attr: str) -> Kinds:
        return union([self._attribute_of(owner, attr) for owner in sorted(owners, key=repr)]) if owners else NOTHING

    def _attribute_of(self, owner: Kind, attr: str) -> Kinds:
        if isinstance(owner, Unknown):
            return one(owner)
        if isinstance(owner, Ext):
            name = self.program.catalogue.canonical(f"{owner.name}.{attr}")
            typed = self.program.catalogue.attribute_type(owner.name, attr)
            return one(Inst(typed)) if typed else one(Ext(name))
        if isinstance(owner, Mod):
            kinds = self._of_module(names.module_attribute(self.program, owner, attr))
            return kinds or unknown(f"{owner.name} has no {attr}")
        if isinstance(owner, Cls):
            return self.classes.class_attribute(owner.key, attr)
        if isinstance(owner, Obj):
            return self.classes.instance_attribute(owner.key, attr, skip_own=owner.is_super)
        if isinstance(owner, Inst):
            typed = self.program.catalogue.attribute_type(owner.name, attr)
            return one(Inst(typed)) if typed else one(Member(owner.name, attr))
        if isinstance(owner, Member):
            return one(Member(f"{owner.owner}.{owner.attr}", attr))
        if isinstance(owner, Decorated):
            return unknown(f"the attribute {attr} of a decorated function")
        made = self._put_in_its_place(owner.key)
        return self._attribute_of(made, attr) if made else unknown(f"an attribute {attr} of a function")

    def _put_in_its_place(self, function: Key) -> Inst | None:
        """The object that a decorator of a known library makes of a function: a task of Taskiq or Celery."""
        for kind in sorted(self.classes.decorators(function), key=repr):
            name = kind.name if isinstance(kind, Ext) else f"{kind.owner}.{kind.attr}" if isinstance(kind, Member) else ""
            entry = self.program.catalogue.find(name) if name else None
            if entry is not None and entry.returns:
                return Inst(entry.returns)
        return None

    # containers -------------------------------------------------------------------------------------------

    def element(self, kinds: Kinds, key: Expr, position: int | None = None) -> Kinds:
        parts: list[Kinds] = []
        for kind in sorted(kinds, key=repr):
            if isinstance(kind, Inst) and kind.args:
                if kind.name == "builtins.tuple" and position is not None and 0 <= position < len(kind.args):
                    parts.append(kind.args[position])
                elif kind.name == "builtins.tuple":
                    parts.append(union(list(kind.args)))
                else:
                    parts.append(kind.args[-1])
            elif isinstance(kind, Inst) and kind.name in ("builtins.str", "builtins.bytes"):
                parts.append(one(kind))
            elif isinstance(kind, (Cls, Ext)):
                parts.append(one(kind))  # Repository[Model] is the class still
            elif isinstance(kind, Obj):
                parts.append(self.classes.method_result(kind.key, "__getitem__"))
            else:
                parts.append(unknown("an item of a container"))
        return union(parts)

    def iterated(self, kinds: Kinds) -> Kinds:
        parts: list[Kinds] = []
        for kind in sorted(kinds, key=repr):
            if isinstance(kind, Inst) and kind.name == "builtins.dict" and kind.args:
                parts.append(kind.args[0] or one(Inst("builtins.str")))
            elif isinstance(kind, Inst) and kind.name == "builtins.tuple" and kind.args:
                parts.append(union(list(kind.args)))
            elif isinstance(kind, Inst) and kind.args:
                parts.append(kind.args[0])
            elif isinstance(kind, Inst):
                entry = self.program.catalogue.find_method(kind.name, "__iter__")
                same = kind.name in ("builtins.str",) or kind.name.startswith("io.Text")
                parts.append(
                    one(Inst(entry.returns))
                    if entry and entry.returns
                    else one(Inst("builtins.str"))
                    if same
                    else unknown("an element of an iterable")
                )
            elif isinstance(kind, Obj):
                parts.append(self.iterated(self.classes.method_result(kind.key, "__iter__")))
            else:
                parts.append(unknown("an element of an iterable"))
        return union(parts)

    def entered(self, kinds: Kinds, is_async: bool) -> Kinds:
        """What `with kinds as x` gives to `x`."""
        parts: list[Kinds] = []
        dunder = "__aenter__" if is_async else "__enter__"
        for kind in sorted(kinds, key=repr):
            if isinstance(kind, Inst) and kind.name in (CONTEXT, ASYNC_CONTEXT):
                parts.append(kind.args[0] if kind.args else unknown("what a context manager yields"))
            elif isinstance(kind, Inst) and kind.name == COROUTINE and is_async:
                parts.append(kind.args[0] if kind.args else unknown("an awaited result"))
            elif isinstance(kind, Inst):
                entry = self.program.catalogue.find_method(kind.name, dunder)
                parts.append(one(Inst(entry.returns)) if entry and entry.returns else one(kind))
            elif isinstance(kind, Obj):
                result = self.classes.method_result(kind.key, dunder)
                parts.append(self.awaited(result) if is_async else result)
            else:
                parts.append(unknown("what a context manager gives"))
        return union(parts)

    def awaited(self, kinds: Kinds) -> Kinds:
        parts: list[Kinds] = []
        for kind in sorted(kinds, key=repr):
            if isinstance(kind, Inst) and kind.name == COROUTINE:
                parts.append(kind.args[0] if kind.args else unknown("an awaited result"))
            else:
                parts.append(one(kind) if isinstance(kind, Unknown) else unknown("an awaited value"))
        return union(parts)

    # calls ------------------------------------------------------------------------------------------------

    def callees(self, call: CallKey) -> Kinds:
        """What a call's callee can be."""
        site = self.program.call(call)
        return self.kinds(Key(call.path, site.scope), site.func, site.span.line)

    def call_result(self, call: CallKey) -> Kinds:
        if call not in self._call_results:
            self._call_results[call] = NOTHING
            site = self.program.call(call)
            special = self._special(call)
            self._call_results[call] = (
                special
                if special is not None
                else union([self.result(kind) for kind in sorted(self.callees(call), key=repr)])
            ) or unknown(f"the result of a call in line {site.span.line}")
        return self._call_results[call]

    def _special(self, call: CallKey) -> Kinds | None:
        """Calls whose result depends on their arguments."""
        site = self.program.call(call)
        key = Key(call.path, site.scope)
        for kind in self.callees(call):
            if not isinstance(kind, Ext):
                continue
            if kind.name == "typing.cast" and site.args:
                return self.annotations.instances(key, site.args[0])
            if kind.name in _RUN_IN_THREAD and site.args:
                run = self.kinds(key, site.args[0], site.span.line)
                return one(Inst(COROUTINE, (union([self.result(each) for each in sorted(run, key=repr)]),)))
            if kind.name == "functools.partial" and site.args:
                return self.kinds(key, site.args[0], site.span.line)
            if kind.name == "builtins.getattr" and len(site.args) >= 2:
                name = site.args[1]
                if isinstance(name, Const) and name.text:
                    return self.attribute(self.kinds(key, site.args[0], site.span.line), name.text)
            if kind.name == "builtins.super" and not site.args:
                owner = self.program.owner_of(call.path, site.scope)
                while owner.scope > 0 and self.program.enclosing_class(owner) is None:
                    owner = self.program.parent(owner)
                cls = self.program.enclosing_class(owner)
                return one(Obj(cls, is_super=True)) if cls else None
            if kind.name in ("builtins.list", "builtins.sorted", "builtins.set", "builtins.tuple", "builtins.reversed"):
                element = self.iterated(self.kinds(key, site.args[0], site.span.line)) if site.args else NOTHING
                return one(Inst("builtins.set" if kind.name == "builtins.set" else "builtins.list", (element,)))
            if kind.name == "builtins.enumerate" and site.args:
                element = self.iterated(self.kinds(key, site.args[0], site.span.line))
                return one(Inst(GENERATOR, (one(Inst("builtins.tuple", (one(Inst("builtins.int")), element))),)))
            if kind.name == "builtins.zip" and site.args:
                elements = tuple(self.iterated(self.kinds(key, a, site.span.line)) for a in site.args)
                return one(Inst(GENERATOR, (one(Inst("builtins.tuple", elements)),)))
            if kind.name in ("builtins.next", "builtins.iter") and site.args:
                inner = self.kinds(key, site.args[0], site.span.line)
                return self.iterated(inner) if kind.name == "builtins.next" else inner
        for kind in self.callees(call):
            if isinstance(kind, Member) and kind.owner == "builtins.dict":
                return self._dict_method(kind.attr, site.func, key, site.span.line)
        return queries.result(self, call, self.callees(call))

    def _dict_method(self, method: str, func: Expr, key: Key, line: int) -> Kinds | None:
        assert isinstance(func, Attr)
        for owner in self.kinds(key, func.value, line):
            if isinstance(owner, Inst) and len(owner.args) == 2:
                names_, values = owner.args
                if method in ("get", "pop", "setdefault") and is_known(values):
                    return values
                if method == "values":
                    return one(Inst(GENERATOR, (values,)))
                if method == "items":
                    return one(Inst(GENERATOR, (one(Inst("builtins.tuple", (names_, values))),)))
        return None

    def result(self, callee: Kind) -> Kinds:
        """What calling `callee` gives."""
        catalogue = self.program.catalogue
        if isinstance(callee, Cls):
            return one(Obj(callee.key))
        if isinstance(callee, Fn):
            return self.function_result(callee.key)
        if isinstance(callee, Obj):
            return self.classes.method_result(callee.key, "__call__")
        if isinstance(callee, Ext):
            if catalogue.is_class(callee.name):
                return one(Inst(callee.name))
            entry = catalogue.find(callee.name)
        elif isinstance(callee, Member):
            entry = catalogue.find_method(callee.owner, callee.attr)
        elif isinstance(callee, Inst):
            entry = catalogue.find_method(callee.name, "__call__")
        else:
            entry = None
        if entry is None:
            return one(callee) if isinstance(callee, Unknown) else unknown(f"the result of {describe(callee)}")
        returned: Kinds = one(Inst(entry.returns)) if entry.returns else unknown(f"the result of {entry.name}")
        if entry.effect.value == "async" and entry.call_form.value in ("await", "await+async-for", "await+async-with"):
            return one(Inst(COROUTINE, (returned,)))
        return returned

    def function_result(self, key: Key) -> Kinds:
        """What a call of a project function gives, coroutine or generator wrapper included."""
        if key not in self._returns:
            self._returns[key] = NOTHING
            self._returns[key] = self._function_result(key)
        return self._returns[key]

    def _function_result(self, key: Key) -> Kinds:
        scope = self.program.scope(key)
        parent = self.program.parent(key)
        wrapper = self.context_wrapper(key)
        if scope.has_yield:
            element = union([self.kinds(key, value) for value in scope.yielded])
            if scope.returns is not None:
                declared = self.iterated(self.annotations.instances(parent, scope.returns))
                if is_known(declared):
                    element = declared
            kind = wrapper or (ASYNC_GENERATOR if scope.is_async else GENERATOR)
            return one(Inst(kind, (element,)))
        declared = self.annotations.instances(parent, scope.returns) if scope.returns is not None else NOTHING
        inferred = declared
        if not is_known(declared):
            parts = [self.kinds(key, value, scope.span.end_line) for value in scope.returned]
            inferred = union(parts) or (one(Inst("builtins.NoneType")) if not scope.returned else NOTHING)
        return one(Inst(COROUTINE, (inferred,))) if scope.is_async else inferred

    def context_wrapper(self, key: Key) -> str | None:
        parent = self.program.parent(key)
        for decorator in self.program.scope(key).decorators:
            for kind in self.kinds(parent, decorator):
                if isinstance(kind, Ext) and kind.name in _CONTEXT_DECORATORS:
                    return _CONTEXT_DECORATORS[kind.name]
        return None

    # parameters -------------------------------------------------------------------------------------------

    def parameter(self, key: Key, position: int) -> Kinds:
        memo = (key, position)
        if memo not in self._parameters:
            self._parameters[memo] = NOTHING
            self._parameters[memo] = self._parameter(key, position)
        return self._parameters[memo]

    def _parameter(self, key: Key, position: int) -> Kinds:
        scope = self.program.scope(key)
        parameter = scope.parameters[position]
        cls = self.program.enclosing_class(key)
        if cls is not None and position == 0 and not self.classes.is_static(key):
            return one(Cls(cls)) if self.classes.is_classmethod(key) else one(Obj(cls))
        parent = self.program.parent(key)
        if parameter.kind == "*":
            return one(Inst("builtins.tuple", ()))
        if parameter.kind == "**":
            return one(Inst("builtins.dict", ()))
        if parameter.annotation is not None:
            kinds = self.annotations.instances(parent, parameter.annotation)
            if is_known(kinds):
                return kinds
        if position == 0 and self._is_decorator(key):
            return one(Decorated())
        if parameter.default is not None:
            injected = self.annotations.injected(parent, parameter.default)
            if injected:
                return injected
        if parameter.annotation is not None:
            return self.annotations.instances(parent, parameter.annotation)
        if self.program.modules[key.path].facts.is_test:
            given = fixtures.parameter(self, key, parameter.name)
            if given:
                return given
        passed = self._passed(key, position, parameter.name)
        if passed:
            return passed
        return unknown(f"the parameter {parameter.name} of {scope.qualname} has no type")

    def _is_decorator(self, key: Key) -> bool:
        """Is it put on functions: by its own name, or as what a factory of decorators returns?"""
        return self._decorates(Fn(key), key) or (
            self.program.scope(self.program.parent(key)).kind is ScopeKind.FUNCTION
            and self._decorates(Fn(key), self.program.parent(key))
        )

    def _decorates(self, decorator: Fn, named: Key) -> bool:
        """Is `decorator` what some `@name` or `@name(...)` comes to, where the name is that of `named`?"""
        name = self.program.scope(named).name
        for spelled in (name, *sorted(self.program.aliases.get(name, ()))):
            for key in self.program.decorators_by_name.get(spelled, ()):
                scope = self.program.scope(key)
                for expr in scope.decorators:
                    if decorator in self.kinds(self.program.parent(key), expr, scope.span.line):
                        return True
        return False

    def _passed(self, key: Key, position: int, name: str) -> Kinds:
        """What the call sites of an unannotated function pass."""
        scope = self.program.scope(key)
        sites = self.program.calls_by_name.get(scope.name, ())
        if scope.name == "__init__":
            cls = self.program.enclosing_class(key)
            sites = self.program.calls_by_name.get(self.program.scope(cls).name, ()) if cls else ()
        if not sites or len(sites) > _MAX_CALL_SITES:
            return NOTHING
        method = self.program.enclosing_class(key) is not None and not self.classes.is_static(key)
        parts: list[Kinds] = []
        for call in sites:
            site = self.program.call(call)
            callees = self.callees(call)
            if not any(
                (isinstance(k, Fn) and k.key == key)
                or (isinstance(k, Cls) and scope.name == "__init__" and self.program.enclosing_class(key) == k.key)
                for k in callees
            ):
                continue
            index = position - 1 if method else position
            argument = dict(site.keywords).get(name)
            if argument is None and 0 <= index < len(site.args):
                argument = site.args[index]
            if argument is not None:
                parts.append(self.kinds(Key(call.path, site.scope), argument, site.span.line))
        return union(parts)


def describe(kind: Kind) -> str:
    if isinstance(kind, Ext):
        return kind.name
    if isinstance(kind, Member):
        return f"{kind.owner}.{kind.attr}"
    if isinstance(kind, Inst):
        return f"{kind.name}()"
    if isinstance(kind, Mod):
        return kind.name
    return "a call that is not known"
