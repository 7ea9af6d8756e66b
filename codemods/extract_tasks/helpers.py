"""Functions of the project that do slow work, as a task would call them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.effects import SiteKind
from ..analysis.facts import Call, Const, Name
from ..analysis.kinds import Cls, Ext, Fn, Obj
from ..analysis.program import CallKey, Key
from ..analysis.reach import Reach
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax
from ..model import EntryKind, EntryPoint
from .importable import Importable
from .sites import HelperParameter, HelperSignature, ParameterKind
from .words import CHANGING_METHODS

_HTTP_ERRORS = ("fastapi.HTTPException", "fastapi.exceptions.HTTPException", "starlette.exceptions.HTTPException")
_PLAIN_BASES = ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol")
_DATABASES = ("database", "orm-session")
_DEPTH = 6


class Helpers:
    """Signatures of helpers; each is made once."""

    def __init__(self, reach: Reach, syntax: Syntax, importable: Importable, answered: frozenset[Key | str]) -> None:
        """`answered` are the exception classes for which the application has a handler."""
        self.reach = reach
        self.inference = reach.effects.inference
        self.program = reach.effects.program
        self.syntax = syntax
        self.importable = importable
        self.answered = answered
        self._made: dict[Key, HelperSignature | None] = {}

    def signature(self, function: Key) -> HelperSignature | None:
        """None for what a task cannot call: lambdas, nested functions, functions that cannot be found again."""
        if function not in self._made:
            self._made[function] = self._make(function)
        return self._made[function]

    def _make(self, function: Key) -> HelperSignature | None:
        scope = self.program.scope(function)
        node = self._node(function)
        cls = self.program.enclosing_class(function)
        if node is None or "<locals>" in scope.qualname or scope.has_yield:
            return None
        is_plain = cls is None or self.inference.classes.is_static(function)
        takes_class = self.inference.classes.is_classmethod(function)
        return HelperSignature(
            module=self.program.modules[function.path].facts.module,
            qualname=scope.qualname,
            parameters=tuple(self._parameters(function, node, skip=0 if is_plain else 1)),
            is_async=scope.is_async,
            owner=self.program.scope(cls).qualname if cls is not None and not is_plain and not takes_class else "",
            rebuilds=cls is not None and self._rebuilds(cls),
            raises_http=self._raises_answered(function, frozenset(), _DEPTH),
            mutates_arguments=self._mutates(function, node, _DEPTH),
            process_state=self._process_state(function),
            returns_value=any(not (isinstance(v, Const) and v.type == "NoneType") for v in scope.returned),
        )

    def _node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)

    def _parameters(self, function: Key, node: FunctionNode, skip: int) -> Iterator[HelperParameter]:
        a, file = node.args, self.syntax.file(function.path)
        positional = [*a.posonlyargs, *a.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
        for number, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
            if number >= skip:
                only = number < len(a.posonlyargs)
                kind = ParameterKind.POSITIONAL_ONLY if only else ParameterKind.POSITIONAL
                yield self._parameter(file, argument, kind, default)
        if a.vararg is not None:
            yield HelperParameter(a.vararg.arg, ParameterKind.REST)
        for argument, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
            yield self._parameter(file, argument, ParameterKind.KEYWORD, default)
        if a.kwarg is not None:
            yield HelperParameter(a.kwarg.arg, ParameterKind.KEYWORDS)

    def _parameter(
        self, file: FileSyntax, argument: ast.arg, kind: ParameterKind, default: ast.expr | None
    ) -> HelperParameter:
        written = argument.annotation
        annotation = self.importable.annotation(file, written) if written is not None else None
        value = self.importable.value(file, default) if default is not None else None
        return HelperParameter(argument.arg, kind, annotation, value)

    def _rebuilds(self, cls: Key) -> bool:
        """Can a task make an instance without arguments?"""
        classes = self.inference.classes
        for step in classes.mro(cls):
            if isinstance(step, Key):
                if self.program.scope(step).decorators:
                    return False
                init = classes.method(step, "__init__") if step == cls or self._defines_init(step) else None
                if init is not None:
                    parameters = self.program.scope(init).parameters[1:]
                    return all(p.default is not None or p.kind.startswith("*") for p in parameters)
            elif step not in _PLAIN_BASES:
                return False
        return True

    def _defines_init(self, cls: Key) -> bool:
        return bool(self.program.modules[cls.path].names[cls.scope].get("__init__"))

    def _process_state(self, function: Key) -> str:
        """A database connection, or a global that another function sets: a worker has run neither."""
        seen, stack = {function}, [function]
        while stack:
            current = stack.pop()
            for site in self.reach.own(current):
                if site.entry is not None and site.entry.category in _DATABASES and site.kind is not SiteKind.FAST:
                    return f"a database connection ({site.name})"
                if site.target is not None and site.target not in seen:
                    seen.add(site.target)
                    stack.append(site.target)
            name = self._set_elsewhere(current)
            if name:
                return f"{name}, which the application sets at run time"
        return ""

    def _set_elsewhere(self, function: Key) -> str:
        """A global that the function reads, and that another function sets."""
        module = self.program.modules[function.path]
        own = self.program.scope(function)
        foreign = {
            name
            for number, scope in enumerate(module.facts.scopes)
            if number != function.scope
            for name in scope.globals
            if any(binding.name == name for binding in scope.bindings)
        }
        if not foreign - set(own.globals):
            return ""
        node = self._node(function)
        read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node is not None else set()
        return min(read & foreign - set(own.globals), default="")

    # what it does to its caller -------------------------------------------------------------------------------

    def _raises_answered(self, function: Key, seen: frozenset[Key], depth: int) -> bool:
        """Does it, or a project function that it calls, raise an error that the application turns into a response?"""
        node = self._node(function)
        if node is None or depth == 0:
            return False
        for part in own_nodes(node):
            if isinstance(part, ast.Raise) and part.exc is not None and self._is_answered(function, part.exc):
                return True
        return any(
            self._raises_answered(callee, seen | {function}, depth - 1)
            for callee in self.reach.callees(function)
            if callee not in seen and callee != function
        )

    def _is_answered(self, function: Key, raised: ast.expr) -> bool:
        name = raised.func if isinstance(raised, ast.Call) else raised
        root = name
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return False
        kinds = self.inference.kinds(function, Name(root.id), raised.lineno)
        for attribute in _attributes(name):
            kinds = self.inference.attribute(kinds, attribute)
        for kind in kinds:
            if isinstance(kind, Ext) and (kind.name in _HTTP_ERRORS or kind.name in self.answered):
                return True
            if isinstance(kind, (Cls, Obj)):
                classes = self.inference.classes
                if self.answered & set(classes.mro(kind.key)) or any(classes.is_a(kind.key, e) for e in _HTTP_ERRORS):
                    return True
        return False

    def _mutates(self, function: Key, node: FunctionNode, depth: int) -> bool:
        """Is an argument changed, here or by a function that it is passed on to?"""
        own = {p.name for p in self.program.scope(function).parameters}
        if self.program.enclosing_class(function) is not None and not self.inference.classes.is_static(function):
            own -= {self.program.scope(function).parameters[0].name} if own else set()
        for part in own_nodes(node):
            if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, (ast.Store, ast.Del)):
                if _root(part) in own:
                    return True
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                if part.func.attr in CHANGING_METHODS and _root(part.func.value) in own:
                    return True
        if depth == 0:
            return True
        for call, site in self.program.calls_of(function):
            if not any(isinstance(a, Name) and a.id in own for a in (*site.args, *(v for _, v in site.keywords))):
                continue
            for kind in self.inference.callees(CallKey(call.path, call.index)):
                inner = self._node(kind.key) if isinstance(kind, Fn) and kind.key != function else None
                if isinstance(kind, Fn) and inner is not None and self._mutates(kind.key, inner, depth - 1):
                    return True
        return False


def _attributes(node: ast.expr) -> list[str]:
    found: list[str] = []
    while isinstance(node, ast.Attribute):
        found.insert(0, node.attr)
        node = node.value
    return found


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def answered_exceptions(reach: Reach, entries: tuple[EntryPoint, ...]) -> frozenset[Key | str]:
    """The classes that the application's exception handlers are registered for."""
    inference, program = reach.effects.inference, reach.effects.program
    found: set[Key | str] = set()
    for entry in entries:
        key = program.key(entry.function)
        if key is None or entry.kind is not EntryKind.EXCEPTION_HANDLER:
            continue
        for decorator in program.scope(key).decorators:
            if isinstance(decorator, Call):
                site = program.call(CallKey(key.path, decorator.index))
                for argument in site.args[:1]:
                    for kind in inference.kinds(program.parent(key), argument, site.span.line):
                        if isinstance(kind, Cls):
                            found.add(kind.key)
                        elif isinstance(kind, Ext):
                            found.add(kind.name)
    return frozenset(found)
