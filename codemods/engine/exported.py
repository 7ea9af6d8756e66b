"""Names that other files take from a module: an import of it that has no use in the file itself may have one there."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.facts import Attr, Expr, Import, Name
from .analysis import Analysis


def taken_by_others(analysis: Analysis, path: str) -> frozenset[str]:
    """Imported by name, read as an attribute of the module, or replaced by a test."""
    program = analysis.program
    module = program.modules[path].facts.module
    short = module.rpartition(".")[2]
    found = {
        name.removeprefix(f"{module}.").partition(".")[0]
        for name in analysis.callers.patched
        if name.startswith(f"{module}.")
    }
    for other, each in program.modules.items():
        if other == path:
            continue
        for scope in each.facts.scopes:
            for binding in scope.bindings:
                value = binding.value
                if isinstance(value, Import) and value.name and program.absolute(value, other) == module:
                    found.add(value.name)
        for expr in (*(c.func for c in each.facts.calls), *(r.expr for r in each.facts.references)):
            found.update(_attributes_of(expr, short))
    return frozenset(found) - {name for where, name in analysis.database.gone if where == path}


def _attributes_of(expr: Expr, module: str) -> Iterator[str]:
    """`mailer.requests.get` -> `requests`, for the module `mailer`."""
    while isinstance(expr, Attr):
        inner = expr.value
        if (isinstance(inner, Name) and inner.id == module) or (isinstance(inner, Attr) and inner.attr == module):
            yield expr.attr
        expr = inner
