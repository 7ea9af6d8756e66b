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

from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.callers.entered import MANAGING, Entered, Way
from ...analysis.link.program import Key
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...async_generators.consumers import entered
from ...async_generators.managers import is_entered_async
from ...model import Code, Reason, ReplaceExpression
from ..draft import Draft


class Managers:
    def __init__(self, views: Views, callers: Callers, draft: Draft, paths: frozenset[str]) -> None:
        self.views = views
        self.program = callers.program
        self.known = Entered(callers)
        self.draft = draft
        self.paths = paths
        self._done: set[Key] = set()

    def turn(self, function: Key) -> None:
        """The class of one of the two methods, those that share it by inheritance, and all who enter them."""
        if function in self._done:
            return
        methods = self.known.together(function)
        self._done |= methods
        self.draft.functions |= methods
        if not self.known.is_pair(function):
            view = self.views.of(function.path)
            node = view.file.function(self.program.scope(function).span)
            text = (
                f"{self.program.scope(function).qualname} turns, and its counterpart is not the project's own"
            )
            self.draft.obstacle(view, node or view.file.tree, text)
        for place in self.known.places(function):
            view = self.views.of(place.owner.path)
            item, call = view.file.entered(place.span), view.file.call(place.span)
            if place.way is Way.WITH and item is not None:
                self._with(view, item)
            elif place.way is Way.SUPER and call is not None and isinstance(call.func, ast.Attribute):
                text = f"{view.source(call.func.value)}.{MANAGING[call.func.attr]}"
                self.draft.edit(view, ReplaceExpression(span_of(call.func), Code(text)))
            elif place.way in (Way.BY_HAND, Way.STACK) and call is not None:
                self.draft.obstacle(view, call, f"{view.in_a_line(call)}: a context that is entered by hand")

    def _with(self, view: View, item: ast.withitem) -> None:
        turned = frozenset(self.draft.functions)
        found = entered(view, item, lambda other: is_entered_async(view, other, turned))
        if view.path not in self.paths:
            what = view.source(item.context_expr)
            self.draft.obstacle(view, item.context_expr, f"{what} is entered in a file that stays as it is")
        elif isinstance(found, Reason):
            self.draft.obstacle(view, item.context_expr, found.text)
        else:
            self.draft.edit(view, *found.edits)
            self.draft.awaited(view, item.context_expr)
