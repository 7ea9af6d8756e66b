"""Whether a commit or a rollback stands between the place where an object came from and a later one."""

from __future__ import annotations

import ast

from ...analysis.flow.runs import live_after
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View, Views
from ..words import SESSIONS

_DEPTH = 3


class Expired:
    def __init__(self, views: Views) -> None:
        self._views = views
        self._ending: dict[tuple[Key, int], bool] = {}
        """Asked of the same functions for every object that is read."""

    def at(self, view: View, function: FunctionNode, name: str, statement: ast.stmt) -> bool:
        for node in walk(function):
            if not isinstance(node, ast.Call) or node.lineno >= statement.lineno:
                continue
            done = view.file.statement(node)
            if self.ends(view, node) and name in live_after(function, done):
                return True
        return False

    def ends(self, view: View, call: ast.Call, depth: int = 0) -> bool:
        """Does the call, or what it calls, commit or roll back?"""
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "rollback"):
            return view.instance(call.func.value) in SESSIONS
        if depth >= _DEPTH:
            return False
        return any(self._ends_below(key, depth + 1) for key in view.functions_run(call))

    def _ends_below(self, key: Key, depth: int) -> bool:
        if (key, depth) not in self._ending:
            view = self._views.of(key.path)
            function = view.file.function(view.program.scope(key).span)
            self._ending[key, depth] = function is not None and any(
                isinstance(node, ast.Call) and self.ends(view, node, depth) for node in walk(function)
            )
        return self._ending[key, depth]
