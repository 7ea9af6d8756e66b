"""What is loaded with a module."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from ..index.bindings import Import, ScopeKind
from .program import Program


class ImportGraph:
    """Which modules an import loads: through imports at the top of modules, packages above included."""

    def __init__(self, program: Program, *, late: bool = False, within: str = "") -> None:
        """`late`: what functions import when they run counts too. `within`: the path of a file of which the
        packages above it are loaded, or half so, whenever anything is imported in it: they load no more."""
        self.program = program
        self._late = late
        folders = within.split("/")[:-1]
        self._above = frozenset("/".join([*folders[: n + 1], "__init__.py"]) for n in range(len(folders)))
        self._direct: dict[str, frozenset[str]] = {}
        self._all: dict[str, frozenset[str]] = {}

    def loads(self, module: str) -> frozenset[str]:
        """Paths of the project's files that are run by an import of what has the dotted name."""
        if module not in self._all:
            is_module = self.program.module_path(module) is not None
            self._all[module] = self.behind(
                self._paths(module if is_module else module.rpartition(".")[0], "")
            )
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

    def loading(self, paths: Collection[str]) -> frozenset[str]:
        """These files, and all that load one of them, tests apart."""
        seen, queue = set(paths), deque(paths)
        while queue:
            new = self._loaders[queue.popleft()] - seen
            seen |= new
            queue.extend(new)
        return frozenset(seen)

    @cached_property
    def _loaders(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for path, module in self.program.modules.items():
            for imported in self.imports(path) if not module.facts.is_test else ():
                found[imported].add(path)
        return found

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
        whole = f"{module}.{statement.name}" if statement.name else ""
        is_module = bool(whole) and self.program.module_path(whole, path) is not None
        yield from self._paths(whole if is_module else module, path)

    def _paths(self, module: str, near: str) -> Iterable[str]:
        """The files of a module and of the packages above it."""
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            path = self.program.module_path(".".join(parts[:length]), near)
            if path is not None and (length == len(parts) or path not in self._above):
                yield path
