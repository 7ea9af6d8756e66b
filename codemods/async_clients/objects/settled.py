"""Names of a function that only keep what a call gives, for the client that is made below.

def ask(question):                                @per_event_loop
    settings = get_settings()                     def openai_client() -> AsyncOpenAI:
    client = OpenAI(api_key=settings.key)   ->        return AsyncOpenAI(api_key=get_settings().key)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, span_of
from ...model import Code, Edit, ReplaceStatements


@dataclass(frozen=True)
class Settled:
    """One call that makes a client, and by name the statements above it that are its own."""

    file: FileSyntax
    made: ast.Call
    kept: Mapping[str, ast.Assign]

    @property
    def values(self) -> list[ast.expr]:
        return [assignment.value for assignment in self.kept.values()]

    def source(self, node: ast.expr) -> str:
        """The text of the call, or of one of its arguments, with the values in the place of their names."""
        lines = self.file.source(node).encode().splitlines(keepends=True)
        for name in reversed([each for each in walk(node) if self._is_kept(each)]):
            assert isinstance(name, ast.Name)
            row = name.lineno - node.lineno
            start = name.col_offset - (0 if row else node.col_offset)
            text = self.file.source(self.kept[name.id].value).encode()
            lines[row] = lines[row][:start] + text + lines[row][start + len(name.id.encode()) :]
        return b"".join(lines).decode()

    @property
    def gone(self) -> tuple[Edit, ...]:
        """The statements whose names nothing else reads."""
        function = next(above for above in self.file.above(self.made) if isinstance(above, FUNCTIONS))
        inside = [*walk(self.made)]
        read = {n.id for n in walk(function) if isinstance(n, ast.Name) and _is_read(n) and n not in inside}
        spans = [
            span_of(each) for name, each in self.kept.items() if name not in read and self._is_alone(each)
        ]
        return tuple(ReplaceStatements(span, span, Code("")) for span in spans)

    def _is_alone(self, statement: ast.stmt) -> bool:
        """No comment stands behind it."""
        return self.file.line(statement.lineno) == self.file.source(statement)

    def _is_kept(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self.kept


def settled(file: FileSyntax, made: ast.Call) -> Settled:
    """`name = call()` in the body of the function, above what makes the client; bound nowhere else there."""
    function = next(above for above in file.above(made) if isinstance(above, FUNCTIONS))
    bound = [n.id for n in walk(function) if isinstance(n, ast.Name) and not _is_read(n)]
    bound += [n.arg for n in walk(function) if isinstance(n, ast.arg)]
    bound += [name for n in walk(function) if isinstance(n, (ast.Global, ast.Nonlocal)) for name in n.names]
    kept: dict[str, ast.Assign] = {}
    for statement in function.body:
        if not isinstance(statement, ast.Assign) or statement.lineno >= file.statement(made).lineno:
            continue
        (target, *others), value = statement.targets, statement.value
        is_call = isinstance(value, ast.Call) and not (value.args or value.keywords)
        if isinstance(target, ast.Name) and not others and is_call and bound.count(target.id) == 1:
            kept[target.id] = statement
    used = {n.id for n in walk(made) if isinstance(n, ast.Name)}
    return Settled(file, made, {name: kept[name] for name in kept if name in used})


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)
