"""Imports inside functions, which bring an async twin in place of what they brought.

    def remind(user_id):                             def remind(user_id):
        from app.db import SessionLocal    ->            from app.db import AsyncSessionLocal
        with SessionLocal() as db: ..                    with AsyncSessionLocal() as db: ..

They stay where they are: at the top of the file they might go round in a circle.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from ..analysis.index.bindings import Import
from ..analysis.link import names
from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..analysis.view import View
from ..model import Span
from .statements import Reference


class LocalImports:
    """Those of one top-level statement."""

    def __init__(self, view: View, statement: ast.stmt) -> None:
        self.view = view
        self.statement = statement
        self._renamed: dict[ast.ImportFrom, dict[ast.alias, str]] = defaultdict(dict)
        self._read: set[ast.expr] = set()

    def rename(self, reference: Reference, twin: str, within: Span) -> str | None:
        """How the twin is called where the reference stands; None: it cannot be had there."""
        read = reference.node
        found = self._bringing(read) if isinstance(read, ast.Name) else None
        if found is None or re.search(rf"\b{twin}\b", self.view.source(self.statement)):
            return None
        node, alias, imported = found
        met = names.imported(self.view.program, imported, self.view.path)
        is_home = all(
            isinstance(each, names.Bound) and each.home.path == reference.target.path for each in met
        )
        if not is_home or not within.contains(span_of(node)):
            return None  # from where it is defined, and together with what is changed
        self._renamed[node][alias] = twin
        self._read.add(read)
        return alias.asname or twin

    def edits(self) -> Iterator[tuple[Span, str]]:
        """The imports, and what becomes of them."""
        for node, renamed in self._renamed.items():
            changes = [(_name_span(alias), twin) for alias, twin in renamed.items()]
            yield span_of(node), self.view.spliced(span_of(node), changes)

    def left(self) -> Iterator[ast.Name]:
        """Names that mean what an import brought, and were not asked about."""
        aliases = {alias for renamed in self._renamed.values() for alias in renamed if not alias.asname}
        known = {alias.name for alias in aliases}
        for node in walk(self.statement):
            if isinstance(node, ast.Name) and node.id in known and node not in self._read:
                found = self._bringing(node)
                if found is not None and found[1] in aliases:
                    yield node

    def _bringing(self, node: ast.Name) -> tuple[ast.ImportFrom, ast.alias, Import] | None:
        """The one import that gives a name inside a function its value."""
        bound = names.lookup(self.view.program, self.view.key(node), node.id)
        if not isinstance(bound, list) or len(bound) != 1:
            return None
        binding = bound[0].binding
        if not isinstance(binding.value, Import) or not binding.value.name:
            return None
        for each in walk(self.statement):
            if isinstance(each, ast.ImportFrom) and each.lineno <= binding.line <= (each.end_lineno or 0):
                for alias in each.names:
                    if (alias.asname or alias.name) == node.id:
                        return each, alias, binding.value
        return None


def _name_span(alias: ast.alias) -> Span:
    return Span(alias.lineno, alias.col_offset, alias.lineno, alias.col_offset + len(alias.name.encode()))
