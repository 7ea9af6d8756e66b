"""Names of a function that only keep what a call gives, for the client that is made below.

def ask(question):                                @per_event_loop
    settings = get_settings()                     def openai_client() -> AsyncOpenAI:
    client = OpenAI(api_key=settings.key)   ->        return AsyncOpenAI(api_key=get_settings().key)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import msgspec

from ...analysis.nodes import BINDINGS, bound_alone, bound_plainly, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, Edit, ReplaceStatements


class Settled(msgspec.Struct, frozen=True):
    """One call that makes a client, and by name the statements above it that are its own."""

    view: View
    made: ast.Call
    kept: Mapping[str, ast.Assign | ast.AnnAssign]

    @property
    def values(self) -> list[ast.expr]:
        return [value for statement in self.kept.values() for _, value in bound_plainly(statement)]

    def source(self, node: ast.expr | ast.keyword) -> str:
        """The text of the call, or of one of its arguments, with the values in the place of their names."""
        kept = [name for name in _names(node) if name.id in self.kept]
        values = ((name, bound_plainly(self.kept[name.id])[0][1]) for name in kept)
        changes = [(span_of(name), self.view.source(value)) for name, value in values]
        return self.view.spliced(span_of(node), changes)

    @property
    def gone(self) -> tuple[Edit, ...]:
        """The statements whose names nothing else reads."""
        function = next(above for above in self.view.file.above(self.made) if isinstance(above, FUNCTIONS))
        inside = _names(self.made)
        read = {n.id for n in _names(function) if isinstance(n.ctx, ast.Load) and n not in inside}
        spans = [
            span_of(each) for name, each in self.kept.items() if name not in read and self._is_alone(each)
        ]
        return tuple(ReplaceStatements(span, span, Code("")) for span in spans)

    def _is_alone(self, statement: ast.stmt) -> bool:
        """No comment stands behind it."""
        return self.view.file.line(statement.lineno) == self.view.source(statement)


def settled(view: View, made: ast.Call) -> Settled:
    """`name = call()` in the body of the function, above what makes the client; nothing else binds it."""
    function = next(above for above in view.file.above(made) if isinstance(above, FUNCTIONS))
    used = {node.id for node in _names(made)}
    # before Python 3.12 nobody knows where in an f-string a name stands
    used -= {n.id for text in walk(made) if isinstance(text, ast.JoinedStr) for n in _names(text)}
    kept: dict[str, ast.Assign | ast.AnnAssign] = {}
    for statement in function.body:
        if not isinstance(statement, BINDINGS) or statement.lineno >= view.file.statement(made).lineno:
            continue
        target, value = bound_alone(statement)
        is_call = isinstance(value, ast.Call) and not (value.args or value.keywords)
        if isinstance(target, ast.Name) and target.id in used and is_call:
            kept[target.id] = statement
    return Settled(view, made, {name: kept[name] for name in kept if _is_bound_once(view, made, name)})


def _is_bound_once(view: View, made: ast.Call, name: str) -> bool:
    """In the function that makes the client."""
    scope = view.scope(made)
    home = view.program.modules[view.path].home(scope, name)
    times = sum(each.gives_value for each in home.found) if home is not None else 0
    return home is not None and home.scope == scope and home.position < 0 and times == 1


def _names(node: ast.AST) -> list[ast.Name]:
    return [each for each in walk(node) if isinstance(each, ast.Name)]
