"""What a relationship holds and the session has not written yet: `refresh` forgets it, and a read does not.

    post.tags.append(Tag(name="a"))
    await db.refresh(post, ["tags"])      # "a" is lost: what was there expires before anything is flushed

`Session.refresh` in https://github.com/sqlalchemy/sqlalchemy/blob/main/lib/sqlalchemy/orm/session.py, tried
with and without autoflush.
"""

from __future__ import annotations

import ast
from functools import cached_property

from ...analysis.index.expr import Attr
from ...analysis.nodes import walk
from ...analysis.view import View, Views
from ..words import SESSIONS
from .relationships import Relationship, Relationships
from .touched import may_change

_GROWING = ("append", "add", "extend", "insert", "remove", "discard", "pop", "clear", "update", "set")
_WRITTEN = ("commit", "rollback", "flush")


class Pending:
    def __init__(self, views: Views, relationships: Relationships) -> None:
        self.views = views
        self.program = views.inference.program
        self.relationships = relationships

    def may_be(self, view: View, statement: ast.stmt, name: str, step: Relationship) -> bool:
        """May the relationship of what `name` holds be changed and not written where the statement stands?"""
        names = {step.name, *self.relationships.turned_round(step)}
        return not names.isdisjoint(self._changed) and not self._is_written(view, statement, name)

    @cached_property
    def _changed(self) -> frozenset[str]:
        """The names of relationships that the project changes in memory, on whatever object."""
        program, names = self.program, self.relationships.names
        grown = {
            func.value.attr
            for method in _GROWING
            for call in program.calls_by_name.get(method, ())
            if isinstance(func := program.call(call).func, Attr) and isinstance(func.value, Attr)
        }
        given = names & program.calls_by_keyword.keys()
        return frozenset(names & (grown | program.attributes_by_name.keys() | given))

    def _is_written(self, view: View, statement: ast.stmt, name: str) -> bool:
        """`db.commit()` right above, or `db.refresh(post)`, and nothing that changes anything since."""
        block = view.block(statement)
        for above in reversed(block[: block.index(statement)]):
            for node in walk(above):
                member = view.member(node) if isinstance(node, ast.Call) else None
                if member is None or member.owner not in SESSIONS or not isinstance(above, ast.Expr):
                    continue
                if member.attr in _WRITTEN or (member.attr == "refresh" and _is_of(node, name)):
                    return True
            if any(may_change(self.views, view, node, name) for node in walk(above)):
                return False
        return False


def _is_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and [ast.unparse(argument) for argument in node.args] == [name]
