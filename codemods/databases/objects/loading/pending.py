"""What a relationship holds and the session has not written yet: `refresh` forgets it, and a read does not.

    post.tags.append(Tag(name="a"))
    await db.refresh(post, ["tags"])      # "a" is lost: what was there expires before anything is flushed

`Session.refresh` in https://github.com/sqlalchemy/sqlalchemy/blob/main/lib/sqlalchemy/orm/session.py, tried
with and without autoflush.
"""

from __future__ import annotations

import ast
from functools import cached_property

from ....analysis.index.expr import Attr
from ....analysis.link.kinds import Cls, Kinds, Obj, is_known
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.view import View, Views
from ...words import SESSIONS
from ..mapped.relationships import Relationship, Relationships
from ..values.touched import may_change

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
        """The names of relationships that the application changes in memory, on whatever object."""
        return frozenset(name for name in self.relationships.names if self._is_changed(name))

    def _is_changed(self, name: str) -> bool:
        """`post.tags = []`, `Post(tags=[..])`, `post.tags.append(..)`"""
        program, inference = self.program, self.views.inference
        for path, stored in program.attributes_by_name.get(name, ()):
            kinds = inference.kinds(Key(path, stored.scope), stored.target, stored.line)
            if self._may_be_of_the_database(path, kinds):
                return True
        for call in program.calls_by_keyword.get(name, ()):
            if self._may_be_of_the_database(call.path, inference.callees(call)):
                return True
        for call, grown in self._grown:
            where = Key(call.path, program.call(call).scope)
            kinds = inference.kinds(where, grown.value, program.call(call).span.line)
            if grown.attr == name and self._may_be_of_the_database(call.path, kinds):
                return True
        return False

    @cached_property
    def _grown(self) -> list[tuple[CallKey, Attr]]:
        """The calls that put something into what an attribute holds, with the attribute."""
        program = self.program
        calls = (call for method in _GROWING for call in program.calls_by_name.get(method, ()))
        return [
            (call, func.value)
            for call in calls
            if isinstance(func := program.call(call).func, Attr) and isinstance(func.value, Attr)
        ]

    def _may_be_of_the_database(self, path: str, kinds: Kinds) -> bool:
        """A mapped class, an object of one, or what nobody knows; tests have sessions of their own."""
        if self.program.modules[path].facts.is_test:
            return False
        mapped = self.relationships.mapped.classes
        return not is_known(kinds) or any(
            isinstance(kind, (Cls, Obj)) and kind.key in mapped for kind in kinds
        )

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
