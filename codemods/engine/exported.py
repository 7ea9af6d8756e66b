"""Names that other files take from a module: an import without a use in its own file may have one there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..analysis.index.bindings import Import
from ..analysis.index.expr import Attr, Expr, Name
from .analysis import Analysis


class Exported:
    """What is imported by name, read as an attribute of a module, replaced by a test; in one pass."""

    def __init__(self, analysis: Analysis) -> None:
        self._program = program = analysis.program
        self._patched = sorted(analysis.callers.patches.names)
        self._gone = analysis.database.gone
        self._imported: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """Dotted module -> names with the file that imports them."""
        self._read: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """Last component of a module -> attributes with the file that reads them."""
        for path, each in program.modules.items():
            for scope in each.facts.scopes:
                for binding in scope.bindings:
                    value = binding.value
                    if isinstance(value, Import) and value.name:
                        self._imported[program.absolute(value, path)].add((value.name, path))
            for expr in (*(c.func for c in each.facts.calls), *(r.expr for r in each.facts.references)):
                for owner, attr in _attributes(expr):
                    self._read[owner].add((attr, path))

    def of(self, path: str) -> frozenset[str]:
        module = self._program.modules[path].facts.module
        taken = (*self._imported.get(module, ()), *self._read.get(module.rpartition(".")[2], ()))
        patched = (name.removeprefix(f"{module}.") for name in self._patched if name.startswith(f"{module}."))
        found = {name for name, other in taken if other != path}
        found.update(name.partition(".")[0] for name in patched)
        return frozenset(found - {name for where, name in self._gone if where == path})


def _attributes(expr: Expr) -> Iterator[tuple[str, str]]:
    """`mailer.requests.get` -> (mailer, requests) and (requests, get)."""
    while isinstance(expr, Attr):
        inner = expr.value
        if isinstance(inner, Name):
            yield inner.id, expr.attr
        elif isinstance(inner, Attr):
            yield inner.attr, expr.attr
        expr = inner
