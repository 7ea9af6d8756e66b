"""Code that cannot have an object of the project: it imports nothing of it, is imported by nothing of it, and
is given nothing.

def upgrade():
    checks = {check.get("name") for check in sa.inspect(op.get_bind()).get_check_constraints("orders")}
"""

from __future__ import annotations

from functools import cached_property

from ...index.bindings import Import, ScopeKind
from ...link.import_graph import ImportGraph
from ...link.program import Key, Program

_BY_NAME = frozenset(
    {
        "__import__", "cloudpickle", "dill", "eval", "exec", "gc", "importlib", "inspect", "joblib", "pickle",
        "pkgutil", "runpy", "sys", "torch",
    }
)  # fmt: skip
"""Modules and builtins through which objects of the project come without an import."""


class Strangers:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._graph = ImportGraph(program, late=True)
        self._files: dict[str, bool] = {}

    def is_one(self, scope: Key) -> bool:
        if scope.path not in self._files:
            self._files[scope.path] = self._is_apart(scope.path)
        return self._files[scope.path] and not self._is_given_something(scope)

    def _is_apart(self, path: str) -> bool:
        module = self._program.modules[path]
        if module.facts.is_test or self._graph.imports(path) or path in self._imported:
            return False
        imports = [
            binding.value
            for scope in module.facts.scopes
            for binding in scope.bindings
            if isinstance(binding.value, Import)
        ]
        names = {self._program.absolute(each, path).partition(".")[0] for each in imports}
        called = {getattr(call.func, "id", "") for call in module.facts.calls}
        return _BY_NAME.isdisjoint(names | called)

    @cached_property
    def _imported(self) -> frozenset[str]:
        return frozenset().union(*map(self._graph.imports, self._program.modules))

    def _is_given_something(self, scope: Key) -> bool:
        while self._program.scope(scope).kind is not ScopeKind.MODULE:
            if self._program.scope(scope).parameters:
                return True
            scope = self._program.parent(scope)
        return False
