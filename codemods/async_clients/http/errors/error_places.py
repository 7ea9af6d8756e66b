"""Every place that names an error of one library: can it be followed to the calls that raise it?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from ....analysis.index.bindings import Parameter
from ....analysis.link.kinds import Cls
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.spelled import fact_of
from ....analysis.syntax import FileSyntax, last_name, span_of
from ...twin import World
from .answered import Answered
from .error_families import Family
from .errors import clause_that_asks, exception_name

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NAMES = (ast.Name, ast.Attribute)
_ASKS = frozenset({"isinstance", "issubclass", "exception_handler", "add_exception_handler"})


class ErrorPlaces:
    def __init__(self, world: World, family: Family, answered: Answered) -> None:
        self.world = world
        self.answered = answered
        self.family = family
        self.program = world.effects.program
        self._wrapping = world.callers.wrapping
        self._tests_expect = f"tests expect errors of {family.library}"

    @cached_property
    def elsewhere(self) -> str | None:
        """The first place that handles them in a way that cannot be followed to the calls."""
        for path, _, kind in self._places:
            if kind:
                return f"{kind} ({path})"
        return None

    @cached_property
    def raising(self) -> frozenset[Key]:
        """Functions that raise such errors themselves."""
        return frozenset(key for _, key, kind in self._places if not kind and key is not None)

    @cached_property
    def decorated(self) -> frozenset[Key]:
        """Functions with a decorator that names such errors, and is none that `retried` knows."""
        found: set[Key] = set()
        for path in self._files:
            for key in self.program.functions_of(path):
                node = self.world.node(key)
                if node is None or not node.decorator_list:
                    continue
                tries = self.world.retried.around(self.world.syntax.file(path), node)
                known = {part for each in tries for h in each.handlers if h.type for part in walk(h.type)}
                parts = (part for decorator in node.decorator_list for part in walk(decorator))
                if any(part not in known and self._is_named(Key(path, 0), part) for part in parts):
                    found.add(key)
        return frozenset(found)

    @cached_property
    def _files(self) -> tuple[str, ...]:
        """Files that import something of the library that may have errors."""
        found = []
        for path in sorted(self.program.modules):
            for scope in self.program.modules[path].facts.scopes:
                modules = (getattr(b.value, "module", "") for b in scope.bindings)
                if any(isinstance(module, str) and self.family.may_come_from(module) for module in modules):
                    found.append(path)
                    break
        return tuple(found)

    @cached_property
    def _places(self) -> tuple[tuple[str, Key | None, str], ...]:
        """(place, function, why it cannot be followed); no why where an error is only raised."""
        found: list[tuple[str, Key | None, str]] = []
        for path in self._files:
            file = self.world.syntax.file(path)
            is_test = self.program.modules[path].facts.is_test
            for node in walk(file.tree):
                if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                    key = self._owner(path, file, node)
                    if self._is_named(key or Key(path, 0), node):
                        why = self._why(file, node, is_test)
                        if why is not None:
                            found.append((f"{path}:{node.lineno}", key, why))
                caught = self.world.suppressed.caught(file, node) if isinstance(node, ast.withitem) else node
                if isinstance(caught, ast.Try) and not is_test:
                    why = self._open(path, file, caught)
                    if why:
                        found.append((f"{path}:{caught.lineno}", None, why))
        return (*found, *self._places_of_derived())

    def _places_of_derived(self) -> Iterator[tuple[str, Key | None, str]]:
        """The same of classes of the project that are derived from theirs: nobody else raises these."""
        inference = self.world.effects.inference
        derived = {cls for cls in self.program.classes() if inference.classes.is_a(cls, self.family.base)}
        names = {self.program.scope(cls).name for cls in derived}
        for path in sorted(self.program.modules) if derived else ():
            file = self.world.syntax.file(path)
            is_test = self.program.modules[path].facts.is_test
            for node in walk(file.tree) if any(map(file.mentions, names)) and not is_test else ():
                if not isinstance(node, _NAMES) or not isinstance(node.ctx, ast.Load):
                    continue
                key, fact = self._owner(path, file, node), fact_of(node)
                kinds = inference.kinds(key or Key(path, 0), fact, node.lineno) if fact is not None else ()
                why = self._why_derived(file, node)
                if why is not None and any(isinstance(kind, Cls) and kind.key in derived for kind in kinds):
                    yield f"{path}:{node.lineno}", key, why

    def _why_derived(self, file: FileSyntax, node: ast.expr) -> str | None:
        """The same for a class of the project: it may be asked for, as it is raised as before."""
        child: ast.AST = node
        for above in file.above(node):
            if isinstance(above, ast.Raise):
                return ""
            is_asked = isinstance(above, ast.Call) and last_name(above.func) in _ASKS
            is_type = isinstance(above, (ast.ExceptHandler, ast.AnnAssign)) and child is not getattr(
                above, "value", None
            )
            if is_asked or is_type or isinstance(above, (ast.arg, ast.ClassDef)):
                return None
            if isinstance(above, _FUNCTIONS) and child is above.returns:
                return None
            if isinstance(above, ast.stmt):
                break
            child = above
        return f"a class derived from an error of {self.family.library} is handed on"

    def _owner(self, path: str, file: FileSyntax, node: ast.AST) -> Key | None:
        around = next((above for above in file.above(node) if isinstance(above, _FUNCTIONS)), None)
        number = self.program.modules[path].functions.get(span_of(around)) if around is not None else None
        return Key(path, number) if number is not None else None

    def _is_named(self, key: Key, node: ast.AST) -> bool:
        """Is it a class of the library's errors?"""
        if not isinstance(node, (ast.Name, ast.Attribute)) or fact_of(node) is None:
            return False
        name = exception_name(self.world.effects, key, node)
        if name is None or not self.family.has(name):
            return False
        last = name.rpartition(".")[2]
        return last.endswith(("Error", "Exception", "Timeout", "Redirects", "Schema", "URL", "Required"))

    def _why(self, file: FileSyntax, node: ast.expr, is_test: bool) -> str | None:
        """None for `except` clauses and annotations, no text for `raise`, else what is done with it."""
        if self.answered.names(file, node):
            return None
        child: ast.AST = node
        for above in file.above(node):
            if is_test and isinstance(above, ast.Call):
                return self._tests_expect
            if isinstance(above, ast.ExceptHandler) and child is above.type:
                return None
            if self.world.suppressed.is_call(file, above) or clause_that_asks(file, above) is not None:
                return None
            if isinstance(above, ast.Raise):
                return ""
            if isinstance(above, ast.arg) or (isinstance(above, ast.AnnAssign) and child is above.annotation):
                return None
            if isinstance(above, _FUNCTIONS) and child in above.decorator_list:
                is_handler = isinstance(child, ast.Call) and last_name(child.func) == "exception_handler"
                return "an exception handler is registered for it" if is_handler else None
            if isinstance(above, ast.arguments) and self._is_only_caught(file, above, child):
                return None
            if isinstance(above, ast.ClassDef) and child in above.bases:
                return None
            if isinstance(above, ast.stmt):
                if not is_test and self.world.constants.assigned(file, above) is not None:
                    return None
                break
            child = above
        return self._tests_expect if is_test else f"a class of errors of {self.family.library} is handed on"

    def _is_only_caught(self, file: FileSyntax, parameters: ast.arguments, default: ast.AST) -> bool:
        """`def retry(errors=(requests.Timeout,)):`, and nothing but `except errors:` with it."""
        name = _with_default(parameters, default)
        function = file.parents[parameters]
        reads = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name]
        return bool(reads) and all(
            isinstance(clause := file.parents[read], ast.ExceptHandler) and clause.type is read
            for read in reads
        )

    def _open(self, path: str, file: FileSyntax, statement: ast.Try) -> str:
        """A `try` around a `yield` or around a function that is passed in may catch errors of any call."""
        owner = self._owner(path, file, statement.body[0])
        if owner is None:
            return ""
        caught = (each for h in statement.handlers for each in self.world.constants.types(owner, file, h))
        named = [(where, node) for where, each in caught for node in ast.walk(each)]
        parameters = {parameter.name for parameter in self._parameters(owner)}
        is_given = any(isinstance(node, ast.Name) and node.id in parameters for _, node in named)
        if not (is_given or any(self._is_named(where, node) for where, node in named)):
            return ""
        for inner in (node for part in statement.body for node in ast.walk(part)):
            if isinstance(inner, ast.Yield) and isinstance(file.parents[inner], ast.Expr):
                return f"errors of {self.family.library} are caught around a `yield`"
            if (
                isinstance(inner, ast.Call)
                and isinstance(inner.func, ast.Name)
                and inner.func.id in parameters
                and self.world.call_key(owner.path, inner) not in self._wrapping.given(owner)
            ):
                return f"errors of {self.family.library} are caught around a function that is passed in"
        return ""

    def _parameters(self, owner: Key) -> Iterator[Parameter]:
        key = owner
        while key.scope > 0:
            yield from self.program.scope(key).parameters
            key = self.program.parent(key)


def _with_default(parameters: ast.arguments, default: ast.AST) -> str:
    """The name of the parameter that has this default."""
    by_place = [*parameters.posonlyargs, *parameters.args]
    both = [
        *zip(reversed(by_place), reversed(parameters.defaults), strict=False),
        *zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True),
    ]
    return next((each.arg for each, value in both if value is default), "")
