"""Whether a commit or a rollback stands between the place where an object came from and a later one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ....analysis.judge.callers.entered import MANAGING
from ....analysis.link.kinds import Obj
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode, holds
from ....analysis.view import View, Views
from ...words import MAKER, SESSIONS
from .wrapped import read_after

_DEPTH = 3
_KEEPS = "expire_on_commit"


def keep_loaded(views: Views, paths: Iterable[str]) -> bool:
    """Are all sessions of these files made so that a commit expires nothing?"""
    files = [views.of(path) for path in paths]
    if not any(_KEEPS in view.file.text for view in files):
        return False
    made = [
        call
        for view in files
        for call in view.file.of_kind(ast.Call)
        if view.external(call.func) in (MAKER, *SESSIONS)
    ]
    return bool(made) and all(map(_keeps_loaded, made))


def _keeps_loaded(call: ast.Call) -> bool:
    return any(each.arg == _KEEPS and ast.unparse(each.value) == "False" for each in call.keywords)


class Expired:
    def __init__(self, views: Views, *, keep: bool) -> None:
        self._views = views
        self._ending_by = ("rollback",) if keep else ("commit", "rollback")
        self._ending: dict[tuple[Key, int], bool] = {}
        """Asked of the same functions for every object that is read."""

    def at(self, view: View, function: FunctionNode, name: str, statement: ast.stmt) -> bool:
        for node in works(function):
            if node.lineno >= statement.lineno:
                continue
            done = view.file.statement(node)
            if isinstance(done, ast.With) and holds(done, statement):
                continue  # it ends later
            if self.ends(view, node) and name in read_after(view, function, done):
                return True
        return False

    def ends(self, view: View, node: ast.expr, depth: int = 0) -> bool:
        """Does the call, or what it calls, or the `with` around it, expire what the session holds?"""
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in self._ending_by:
            return view.instance(node.func.value) in SESSIONS  # type: ignore[attr-defined]
        if depth >= _DEPTH:
            return False
        return any(self._ends_inside(key, depth + 1) for key in run_by(view, node))

    def _ends_inside(self, key: Key, depth: int) -> bool:
        if (key, depth) not in self._ending:
            view = self._views.of(key.path)
            function = view.file.function(view.program.scope(key).span)
            self._ending[key, depth] = function is not None and any(
                self.ends(view, each, depth) for each in works(function)
            )
        return self._ending[key, depth]


def forgets(node: ast.expr) -> bool:
    """`refresh`, `expire`, `expunge`: what was loaded is gone."""
    name = getattr(node.func, "attr", "") if isinstance(node, ast.Call) else ""
    return name in ("refresh", "expire", "expire_all", "expunge", "expunge_all", "close")


def works(function: ast.AST) -> Iterator[ast.expr]:
    """The calls of a function, and what its `with` statements enter."""
    for node in walk(function):
        if isinstance(node, ast.Call):
            yield node
        elif isinstance(node, ast.withitem) and not isinstance(node.context_expr, ast.Call):
            yield node.context_expr


def run_by(view: View, node: ast.expr) -> list[Key]:
    """The functions of the project that a call runs, and those that a `with` runs when it enters and leaves
    what the expression gives."""
    found = view.functions_run(node) if isinstance(node, ast.Call) else []
    above = view.file.parents[node]
    if isinstance(above, ast.withitem) and above.context_expr is node:
        classes = sorted({kind.key for kind in view.kinds(node) if isinstance(kind, Obj)})
        methods = (view.inference.classes.method(cls, name) for cls in classes for name in MANAGING)
        found += [method for method in methods if method is not None]
    return found
