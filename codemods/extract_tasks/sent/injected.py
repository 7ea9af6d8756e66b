"""Objects that FastAPI gives to a handler, and how a task makes them anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from ...analysis.index.expr import Name
from ...analysis.judge.reach import Reach
from ...analysis.link.kinds import Cls, Ext, Fn
from ...analysis.link.program import Key
from ...analysis.syntax import FunctionNode, Syntax, last_name
from ...model import ImportNeed
from ..hazards.state import State
from .importable import Importable

_CACHES = ("functools.lru_cache", "functools.cache")
_PLAIN_BASES = ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol")


class Injected:
    def __init__(self, reach: Reach, syntax: Syntax, importable: Importable, state: State) -> None:
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.syntax = syntax
        self.importable = importable
        self.state = state

    def maker(self, function: Key, node: FunctionNode, name: str) -> ImportNeed | None:
        """The class or function that gives a task what `name` is, called without arguments.

        `service: Service = Depends()`, `= Depends(get_service)`, `Annotated[..]`, and aliases of it.
        """
        path, source = self.dependency(function, node, name) or ("", None)
        if not isinstance(source, ast.Name) or self._is_overridden(source.id):
            return None
        return self._made_by(path, source)

    def dependency(self, function: Key, node: FunctionNode, name: str) -> tuple[str, ast.expr] | None:
        """What `Depends(..)` of a parameter holds, with the path of the file in which it is written."""
        argument = next((a for a in _arguments(node) if a.arg == name), None)
        if argument is None or argument.annotation is None:
            return None
        path, annotation, given = function.path, argument.annotation, _defaults(node).get(name)
        if isinstance(annotation, ast.Name):
            path, annotation = self._alias(path, annotation)
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            own = [e for e in annotation.slice.elts[1:] if isinstance(e, ast.Call)]
            given = next(iter(own), given)
            annotation = annotation.slice.elts[0]
        if not isinstance(given, ast.Call) or last_name(given.func) not in ("Depends", "Security"):
            return None
        return path, given.args[0] if given.args else annotation

    def _is_overridden(self, name: str) -> bool:
        """`app.dependency_overrides[get_mailer] = FakeMailer`: a task would ask the real one."""
        return any(name in words for words in self._overriding)

    @cached_property
    def _overriding(self) -> tuple[frozenset[str], ...]:
        """The words of the tests that override dependencies."""
        tests = [path for path, module in self.program.modules.items() if module.facts.is_test]
        texts = [self.syntax.file(path).text for path in tests]
        return tuple(frozenset(re.findall(r"\w+", text)) for text in texts if "dependency_overrides" in text)

    def _alias(self, path: str, name: ast.Name) -> tuple[str, ast.expr]:
        """`ServiceDep = Annotated[Service, Depends(..)]`, here or in the module it comes from."""
        need = self.importable.need(path, name.id)
        home = self.program.module_path(need.module, path) if need is not None else None
        if need is None or home is None:
            return path, name
        for statement in self.syntax.file(home).tree.body:
            if isinstance(statement, ast.Assign) and last_name(statement.targets[0]) == need.name:
                return home, statement.value
        return path, name

    def _made_by(self, path: str, source: ast.Name) -> ImportNeed | None:
        kinds = self.inference.kinds(Key(path, 0), Name(source.id), 0)
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        is_class = isinstance(kind, Cls) and self._needs_nothing(kind.key)
        is_plain = is_class or (isinstance(kind, Fn) and self._gives(kind.key))
        return self.importable.need(path, source.id) if is_plain else None

    def _gives(self, function: Key) -> bool:
        """Can anybody call it: no parameters, nothing to close, nothing that only the application has?"""
        scope = self.program.scope(function)
        if scope.is_async or scope.has_yield or scope.parameters or not self._is_plain(function):
            return False
        return self.program.enclosing_class(function) is None and not self.state.needed(function)

    def _is_plain(self, function: Key) -> bool:
        """Not decorated, or only cached."""
        kinds = self.inference.classes.decorators(function)
        return all(isinstance(kind, Ext) and kind.name in _CACHES for kind in kinds)

    def _needs_nothing(self, cls: Key) -> bool:
        """No parameters: FastAPI fills those of the constructor from the request, whatever their defaults."""
        classes = self.inference.classes
        for step in classes.mro(cls):
            if not isinstance(step, Key):
                if step not in _PLAIN_BASES:
                    return False
                continue
            if self.program.scope(step).decorators:
                return False
            init = classes.method(step, "__init__")
            if init is not None:
                return len(self.program.scope(init).parameters) == 1
        return True


def _arguments(node: FunctionNode) -> Iterator[ast.arg]:
    yield from (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)


def _defaults(node: FunctionNode) -> dict[str, ast.expr]:
    positional = [*node.args.posonlyargs, *node.args.args]
    own = positional[len(positional) - len(node.args.defaults) :]
    found = {argument.arg: value for argument, value in zip(own, node.args.defaults, strict=True)}
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return found | {argument.arg: value for argument, value in named if value is not None}
