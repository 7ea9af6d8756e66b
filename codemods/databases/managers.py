"""Classes that are entered: a unit of work whose methods await is entered with `async with`.

    class UnitOfWork:                              class UnitOfWork:
        def __enter__(self): ...                       async def __aenter__(self): ...
        def __exit__(self, *error):         ->         async def __aexit__(self, *error):
            self.session.close()                           await self.session.close()

    with UnitOfWork() as uow:                      async with UnitOfWork() as uow:

https://docs.python.org/3/reference/datamodel.html#asynchronous-context-managers
"""

from __future__ import annotations

import ast

from ..analysis.callers import Callers
from ..analysis.kinds import Obj
from ..analysis.nodes import walk
from ..analysis.program import Key
from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..model import AsyncStatement, Code, ReplaceExpression
from .draft import Draft

MANAGING = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


class Managers:
    def __init__(self, views: Views, callers: Callers, draft: Draft, paths: frozenset[str]) -> None:
        self.views = views
        self.callers = callers
        self.program = callers.program
        self.draft = draft
        self.paths = paths

    def turn(self, function: Key) -> None:
        """The class of one of the two methods, those that share it by inheritance, and all who enter them."""
        if function in self.draft.managers:
            return
        methods = self._pair(function)
        self.draft.functions |= methods
        for method in methods:
            self.draft.managers[method] = MANAGING[self.program.scope(method).name]
        classes = {cls for method in methods if (cls := self.program.enclosing_class(method)) is not None}
        below = self.callers.inference.classes.subclasses
        classes |= {cls for each in tuple(classes) for cls in below.get(each, ())}
        for path in sorted(self.program.modules):
            view = self.views.of(path)
            if any(name in view.file.text for name in ("with ", "enter_context", *MANAGING)):
                self._entered(view, frozenset(classes))

    def _pair(self, function: Key) -> set[Key]:
        inference = self.callers.inference
        found: set[Key] = set()
        for member in inference.classes.family(function):
            cls = self.program.enclosing_class(member)
            for name in MANAGING:
                other = inference.classes.method(cls, name) if cls is not None else None
                if other is not None:
                    found |= inference.classes.family(other)
                else:
                    view = self.views.of(member.path)
                    node = view.file.function(self.program.scope(member).span)
                    text = f"{self.program.scope(member).qualname} turns, and {name} is not the project's own"
                    self.draft.obstacle(view, node or view.file.tree, text)
        return found

    def _entered(self, view: View, classes: frozenset[Key]) -> None:
        for node in walk(view.file.tree):
            if isinstance(node, ast.With):
                ours = [item for item in node.items if self._is_one(view, item.context_expr, classes)]
                if ours:
                    self._with(view, node, ours)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                by_hand = node.func.attr in MANAGING and self._is_one(view, owner, classes)
                pushed = node.func.attr in ("enter_context", "push") and any(
                    self._is_one(view, argument, classes) for argument in node.args
                )
                if by_hand and _is_super(owner):
                    text = f"{view.source(owner)}.{MANAGING[node.func.attr]}"
                    self.draft.edit(view, ReplaceExpression(span_of(node.func), Code(text)))
                elif by_hand or pushed:
                    self.draft.obstacle(view, node, f"{view.source(node)}: a context that is entered by hand")

    def _with(self, view: View, node: ast.With, ours: list[ast.withitem]) -> None:
        what = view.source(ours[0].context_expr)
        if view.path not in self.paths:
            self.draft.obstacle(view, node, f"{what} is entered in a file that stays as it is")
        elif len(ours) < len(node.items):
            self.draft.obstacle(view, node, f"one `with` enters {what} and something that is not async")
        elif not view.can_await(node):
            self.draft.obstacle(view, node, f"{what} is entered where nothing can be awaited")
        else:
            self.draft.edit(view, AsyncStatement(span_of(node)))
            for item in ours:
                self.draft.awaited(view, item.context_expr)

    def _is_one(self, view: View, node: ast.expr, classes: frozenset[Key]) -> bool:
        return any(isinstance(kind, Obj) and kind.key in classes for kind in view.kinds(node))


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
