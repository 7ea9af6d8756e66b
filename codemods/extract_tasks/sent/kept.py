"""What an object keeps from its constructor, where each of its kind is given one that a task can make anew.

def get_service(db: Session = Depends(get_db), mailer: Mailer = Depends(get_mailer)) -> Service:
    return Service(db, mailer)      # self.mailer of every Service is one of get_mailer()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.handed_over import Arguments, Given
from ...analysis.index import expr
from ...analysis.index.bindings import AttributeBinding
from ...analysis.index.expr import Name
from ...analysis.index.facts import Reference
from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.callers.spellings import spellings
from ...analysis.link.kinds import Cls, Obj
from ...analysis.link.names import Parameter
from ...analysis.link.program import Key
from ...analysis.nodes import bound_alone
from ...analysis.scopes import local_names, target_names
from ...analysis.syntax import FunctionNode, Syntax, last_name, span_of
from ...analysis.view import Views
from ...model import Code, EntryPoint
from .injected import Injected

_DEPENDS = ("Depends", "Security")


class Kept:
    def __init__(
        self, callers: Callers, syntax: Syntax, injected: Injected, entries: tuple[EntryPoint, ...]
    ) -> None:
        self.callers = callers
        self.program = callers.program
        self.classes = callers.inference.classes
        self.injected = injected
        self.views = Views(callers.inference, syntax)
        keys = (self.program.key(entry.function) for entry in entries)
        self.arguments = Arguments(self.views, callers, frozenset(key for key in keys if key is not None))

    def maker(self, function: Key, attribute: str) -> Code | None:
        """What gives a task `self.attribute` of this method."""
        cls, init, node = self._made_by(function) or (None, None, None)
        value = self._value(cls, init, node, attribute) if cls and init and node else None
        if cls is None or init is None or node is None or value is None:
            return None
        if not isinstance(value, ast.Name) or value.id not in local_names(node):
            return self.injected.value(init, node, value)
        return self._given(init, node, value.id) if self._is_made_alike(cls, init) else None

    def owner(self, function: Key) -> Code | None:
        """What gives a task the `self` of this method."""
        cls, init, node = self._made_by(function) or (None, None, None)
        if cls is None or init is None or node is None or not self._is_made_alike(cls, init):
            return None
        if not all(self._is_set_once(cls, init, name) for name in self._names_set(init)):
            return None
        taken = self.program.scope(init).parameters[1:]
        given = [self._given(init, node, each.name) for each in taken if each.kind == "positional"]
        made = [code for code in given if code is not None]
        return self.injected.object_of(cls, made) if len(made) == len(taken) else None

    def _made_by(self, function: Key) -> tuple[Key, Key, FunctionNode] | None:
        """The class of a method, and the constructor of its own."""
        cls = self.program.enclosing_class(function)
        init = self.classes.method(cls, "__init__") if cls is not None else None
        if cls is None or init is None or self.program.enclosing_class(init) != cls:
            return None
        if self.classes.is_static(function) or self.classes.is_classmethod(function):
            return None
        node = self.views.of(cls.path).file.function(self.program.scope(init).span)
        return (cls, init, node) if node is not None else None

    def _is_made_alike(self, cls: Key, init: Key) -> bool:
        """Is every object of it made where that can be seen?"""
        return not self.classes.subclasses.get(cls) and not self._is_handed_on(init, cls)

    def _given(self, init: Key, node: FunctionNode, name: str) -> Code | None:
        """What everybody who makes an object of the class hands over, FastAPI included."""
        names = [parameter.name for parameter in self.program.scope(init).parameters]
        if name not in names or any(name in target_names(statement) for statement in node.body):
            return None
        injected = self.injected.maker(init, node, name)
        parameter = Parameter(init, names.index(name))
        given = self.arguments.of(parameter, is_injected=injected is not None)
        if given is None:
            return None
        made = {self._made(each) for each in given} | ({injected} if injected is not None else set())
        return made.pop() if len(made) == 1 else None

    def _is_handed_on(self, init: Key, cls: Key) -> bool:
        """Is the class read as a value? Whoever gets it may make objects of it, FastAPI apart."""
        for name in spellings(self.program, init):
            for path, number in self.program.references_by_name.get(name, ()):
                reference = self.program.modules[path].facts.references[number]
                kinds = self.callers.inference.kinds(
                    Key(path, reference.scope), reference.expr, reference.span.line
                )
                if Cls(cls) in kinds and not self._is_for_framework(path, reference):
                    return True
        return False

    def _is_for_framework(self, path: str, reference: Reference) -> bool:
        into = self.program.modules[path].facts.calls[reference.call].func if reference.call >= 0 else None
        name = expr.last_name(into)
        return name in _DEPENDS or self._is_annotated(path, reference)

    def _is_annotated(self, path: str, reference: Reference) -> bool:
        """`ServiceDep = Annotated[Service, Depends()]`"""
        for node in self.views.of(path).file.of_kind(ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            if last_name(node.value) == "Annotated" and parts and span_of(parts[0]) == reference.span:
                return any(isinstance(each, ast.Call) and last_name(each.func) in _DEPENDS for each in parts)
        return False

    def _value(self, cls: Key, init: Key, node: FunctionNode, attribute: str) -> ast.expr | None:
        """What alone is ever kept under this name: a statement of `__init__` says it."""
        if not self._is_set_once(cls, init, attribute):
            return None
        own = self.program.scope(init).parameters[0].name
        for statement in node.body:
            target, value = bound_alone(statement)
            if target is not None and ast.unparse(target) == f"{own}.{attribute}":
                return value
        return None

    def _is_set_once(self, cls: Key, init: Key, attribute: str) -> bool:
        set_by = list(self._set(cls, attribute))
        if len(set_by) != 1 or any(name.endswith(f".{attribute}") for name in self.callers.patches.names):
            return False
        path, binding = set_by[0]
        own = self.program.scope(init).parameters[0].name
        return Key(path, binding.scope) == init and binding.target == Name(own)

    def _names_set(self, init: Key) -> Iterator[str]:
        """What the constructor sets of the object."""
        own = Name(self.program.scope(init).parameters[0].name)
        for binding in self.program.modules[init.path].facts.attributes:
            if binding.scope == init.scope and binding.target == own:
                yield binding.attr

    def _set(self, cls: Key, attribute: str) -> Iterator[tuple[str, AttributeBinding]]:
        """Where anybody, tests included, may set an attribute of this name of such an object."""
        family = {cls, *self.classes.subclasses.get(cls, ()), *self.classes.mro(cls)}
        for path, module in self.program.modules.items():
            for binding in module.facts.attributes:
                if binding.attr == attribute and binding.gives_value:
                    kinds = self.callers.inference.kinds(Key(path, binding.scope), binding.target)
                    if not kinds or any(not isinstance(k, Obj) or k.key in family for k in kinds):
                        yield path, binding

    def _made(self, given: Given) -> Code | None:
        function = given.view.function(given.call)
        return self.injected.value(given.view.owner(given.call), function, given.value)
