"""Files that run where nobody may have installed FastAPI: a bot, or an SDK, beside the application."""

from __future__ import annotations

from collections.abc import Iterable

from ..analysis.index.bindings import Import
from ..analysis.link.import_graph import ImportGraph
from ..analysis.link.program import Program
from ..model import EntryPoint

_FRAMEWORKS = frozenset({"fastapi", "starlette"})
_POOL = frozenset({"fastapi.concurrency", "starlette.concurrency"})
"""What a run brings with it, which makes no application of a file."""


def away(program: Program, entries: Iterable[EntryPoint]) -> frozenset[str]:
    """Those that no application loads, and that load none."""
    graph = ImportGraph(program, late=True)
    own = {path for path, module in program.modules.items() if not module.facts.is_test}
    handling = {entry.location.path for entry in entries}
    serving = {path for path in own if path in handling or _needs_framework(program, path)}
    return frozenset(own - graph.behind(serving) - graph.loading(serving))


def _needs_framework(program: Program, path: str) -> bool:
    bindings = (binding for scope in program.modules[path].facts.scopes for binding in scope.bindings)
    imported = {binding.value.module for binding in bindings if isinstance(binding.value, Import)}
    return any(module.partition(".")[0] in _FRAMEWORKS for module in imported - _POOL)
