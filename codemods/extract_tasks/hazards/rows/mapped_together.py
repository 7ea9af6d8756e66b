"""Mapped classes that name each other: a worker must load them all before it asks for one.

class User(Base):
    orders = relationship("Order")      # `Order` must be there when the first query is made
    team_id = mapped_column(ForeignKey("teams.id"))

https://docs.sqlalchemy.org/en/20/orm/basic_relationships.html#late-evaluation-of-relationship-arguments
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from ....analysis.index.expr import Const
from ....analysis.judge.effects.mapped import Mapped
from ....analysis.link.import_graph import ImportGraph
from ....analysis.link.program import Program
from ....analysis.nodes import walk
from ....analysis.syntax import Syntax

_WORD = re.compile(r"\w+")
_TABLE = "__tablename__"


class MappedTogether:
    def __init__(self, program: Program, mapped: Mapped, syntax: Syntax, graph: ImportGraph) -> None:
        self.program = program
        self.mapped = mapped
        self.syntax = syntax
        self.graph = graph

    def missing(self, loaded: Collection[str]) -> Iterator[tuple[str, str]]:
        """The files that these name without importing them, each with a class or table in it."""
        known, todo = set(loaded), [path for path in sorted(loaded) if path in self._with_classes]
        while todo:
            for word in self._named(todo.pop(0)):
                home = self._homes.get(word)
                if home is not None and home not in known:
                    yield home, word
                    more = self.graph.behind([home]) - known
                    known |= more
                    todo += [path for path in sorted(more) if path in self._with_classes]

    @cached_property
    def _with_classes(self) -> frozenset[str]:
        return frozenset(cls.path for cls in self.mapped.classes)

    @cached_property
    def _homes(self) -> Mapping[str, str]:
        """The name of a class or table -> the file that has it; without those that several have."""
        found: dict[str, set[str]] = {}
        for cls in sorted(self.mapped.classes):
            found.setdefault(self.program.scope(cls).name, set()).add(cls.path)
            for binding in self.program.scope(cls).bindings:
                if binding.name == _TABLE and isinstance(binding.value, Const):
                    found.setdefault(binding.value.text, set()).add(cls.path)
        for call in self.program.calls_by_name.get("Table", ()):
            first = next(iter(self.program.call(call).args), None)
            if isinstance(first, Const):
                found.setdefault(first.text, set()).add(call.path)
        own = {
            word: [p for p in paths if not self.program.modules[p].facts.is_test]
            for word, paths in found.items()
        }
        return {word: paths[0] for word, paths in own.items() if len(paths) == 1}

    def _named(self, path: str) -> Iterator[str]:
        """The words in the texts and annotations of its classes, of which few are names of others."""
        names = {self.program.scope(cls).name for cls in self.mapped.classes if cls.path == path}
        for node in self.syntax.file(path).tree.body:
            if isinstance(node, ast.ClassDef) and node.name in names:
                for statement in node.body:
                    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        yield from _words(statement)


def _words(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return  # documentation
    annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
    for node in walk(statement):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _WORD.findall(node.value)
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Name):
            yield node.id
