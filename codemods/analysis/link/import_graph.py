"""What is loaded with a module."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ..index.bindings import Import, ScopeKind
from .program import Program


class ImportGraph:
    """Which modules an import loads: through imports at the top of modules, packages above included."""

    def __init__(self, program: Program, *, late: bool = False) -> None:
        """`late`: what functions import when they run counts too."""
        self.program = program
        self._late = late
        self._direct: dict[str, frozenset[str]] = {}
        self._all: dict[str, frozenset[str]] = {}

    def loads(self, module: str) -> frozenset[str]:
        """Paths of the project's files that are run by an import of the dotted name."""
        if module not in self._all:
            self._all[module] = self.behind(self._paths(module, ""))
        return self._all[module]

    def behind(self, paths: Iterable[str]) -> frozenset[str]:
        """These files, and all that is loaded with them."""
        seen: set[str] = set()
        queue = deque(paths)
        while queue:
            path = queue.popleft()
            if path not in seen:
                seen.add(path)
                queue.extend(self.imports(path) - seen)
        return frozenset(seen)

    def imports(self, path: str) -> frozenset[str]:
        """Paths of the files that the file at `path` imports when it is loaded."""
        if path not in self._direct:
            module = self.program.modules[path]
            self._direct[path] = frozenset(
                found
                for scope in module.facts.scopes
                if self._late or scope.kind in (ScopeKind.MODULE, ScopeKind.CLASS)
                for binding in scope.bindings
                if isinstance(binding.value, Import)
                for found in self._targets(binding.value, path)
            )
        return self._direct[path]

    def _targets(self, statement: Import, path: str) -> Iterable[str]:
        module = self.program.absolute(statement, path)
        yield from self._paths(module, path)
        if statement.name:
            inner = self.program.module_path(f"{module}.{statement.name}", path)
            if inner is not None:
                yield inner

    def _paths(self, module: str, near: str) -> Iterable[str]:
        """The files of a module and of the packages above it."""
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            path = self.program.module_path(".".join(parts[:length]), near)
            if path is not None:
                yield path
