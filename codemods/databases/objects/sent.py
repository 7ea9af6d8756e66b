"""Objects that a route sends without a response model: FastAPI reads their `__dict__`, in which a commit has
left nothing.

db.commit()
return note     # answers {}, and so it does when the session is async
"""

from __future__ import annotations

import ast

from ...analysis.judge.callers import Callers
from ...analysis.judge.registering import registers
from ...analysis.link.kinds import Inst, Kinds, Obj
from ...analysis.link.program import Key
from ...analysis.view import View, Views
from .relationships import Relationships

_WITHIN = (ast.Dict, ast.List, ast.Tuple)
_READ_OTHERWISE = ("sqlmodel.SQLModel", "sqlalchemy.orm.MappedAsDataclass")
_AS_A_DICTIONARY = frozenset({"keys", "__iter__"})


class Sent:
    def __init__(
        self, views: Views, callers: Callers, relationships: Relationships, routes: frozenset[Key]
    ) -> None:
        self.views = views
        self.callers = callers
        self.mapped = relationships.mapped
        self.routes = routes
        self._as_it_is: dict[Key, bool] = {}

    def is_sent(self, view: View, node: ast.Name) -> bool:
        """Is it sent as it is, and by nobody looked at?"""
        above = view.file.parents[node]
        while isinstance(above, _WITHIN):
            above = view.file.parents[above]
        return (
            isinstance(above, ast.Return)
            and self._sends_as_it_is(view.owner(node))
            and self._is_plain(view.kinds(node))
        )

    def _sends_as_it_is(self, route: Key) -> bool:
        if route not in self._as_it_is:
            inference = self.views.inference
            scope, parent = inference.program.scope(route), inference.program.parent(route)
            self._as_it_is[route] = (
                route in self.routes
                and not any(inference.responses.models(route))
                and all(registers(inference, parent, each, scope.span.line) for each in scope.decorators)
                and not self.callers.calls(route)
            )
        return self._as_it_is[route]

    def _is_plain(self, kinds: Kinds) -> bool:
        return bool(kinds) and all(
            self._is_plain(kind.args[0])
            if isinstance(kind, Inst) and kind.name == "builtins.list" and kind.args
            else isinstance(kind, Obj) and self._has_nothing_but_its_dict(kind.key)
            for kind in kinds
        )

    def _has_nothing_but_its_dict(self, cls: Key) -> bool:
        classes, program = self.views.inference.classes, self.views.inference.program
        steps = [step for step in classes.mro(cls) if isinstance(step, Key)]
        return (
            cls in self.mapped.classes
            and not any(classes.is_a(cls, name) for name in _READ_OTHERWISE)
            and not any(program.scope(step).decorators for step in steps)
            and _AS_A_DICTIONARY.isdisjoint(b.name for step in steps for b in program.scope(step).bindings)
        )
