"""Whoever calls a function that awaits awaits it in turn, up to handlers, scripts and tests.

if __name__ == "__main__":             if __name__ == "__main__":
    main()                      ->         asyncio.run(main())
"""

from __future__ import annotations

import ast
from collections import defaultdict
from itertools import islice

from ..analysis.index.bindings import ScopeKind
from ..analysis.index.facts import Use
from ..analysis.judge.callers.called_objects import CalledObjects
from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.callers.entered import MANAGING
from ..analysis.judge.state.locks import Locks
from ..analysis.link.program import CallKey, Key
from ..analysis.nodes import walk
from ..analysis.syntax import FunctionNode, holds, span_of
from ..analysis.view import View, Views
from ..async_generators.bodies import unrolled
from ..async_generators.consumers import consumed
from ..async_generators.managers import is_entered_async
from ..model import Code, ImportNeed, Reason, ReplaceExpression, ReplaceStatements, Startup, slot
from .connections.drivers import ACROSS_LOOPS
from .connections.managers import Managers
from .connections.providers import convert_next, is_next
from .connections.sessions import await_call
from .connections.tables import comments_behind, is_bound_later, may_move, outermost
from .draft import ENTERED, Draft
from .scripts import factory_around, is_loaded_with_app, is_script, makes_app, starts_with_app
from .signs_of_life import only_looks
from .wrappers import Wrappers
from .xunit import is_xunit


class Colours:
    """Lets `async` flow from the functions of a draft to all their callers."""

    def __init__(
        self,
        views: Views,
        callers: Callers,
        draft: Draft,
        paths: frozenset[str],
        locks: Locks,
    ) -> None:
        """`paths` are the files whose code may change; a call from any other file is an obstacle."""
        self.views = views
        self.callers = callers
        self.program = callers.program
        self.draft = draft
        self.paths = paths
        self.managers = Managers(views, callers, draft, paths)
        self.wrappers = Wrappers(views, callers, draft, paths, locks)
        self.called = CalledObjects(views)

    def spread(self) -> None:
        done: set[Key] = set()
        while todo := sorted(self.draft.functions - done):
            for function in todo:
                done.add(function)
                self._turn(function)
            self.draft.functions |= self.wrappers.decorated()
            self._turn_in_tests()
        self.wrappers.check()

    def _turn_in_tests(self) -> None:
        """What tests put in the place of objects whose methods turn."""
        beside = (self.callers.stand_ins.in_tests(each) for each in self.draft.functions)
        for method in sorted(frozenset[Key]().union(*beside) - self.draft.functions):
            if method.path in self.paths:
                self.draft.functions.add(method)
            else:
                view, scope = self.views.of(method.path), self.program.scope(method)
                text = f"{scope.qualname} stands for a coroutine function, in a file that stays as it is"
                self.draft.obstacle(view, view.file.function(scope.span) or view.file.tree, text)

    def _turn(self, function: Key) -> None:
        view = self.views.of(function.path)
        scope = self.program.scope(function)
        if scope.kind is not ScopeKind.FUNCTION or function.path not in self.paths:
            return
        if is_xunit(view, view.file.function(scope.span)):
            where = view.file.function(scope.span) or view.file.tree
            self.draft.obstacle(view, where, f"{scope.name} is called for its name, and not awaited")
            return
        family = self.callers.inference.classes.family(function)
        self.draft.functions |= family
        if scope.name in MANAGING:
            self.managers.turn(function)
        self.wrappers.turn(function)
        if scope.has_yield:
            self.draft.generators.add(function)
            node = view.file.function(scope.span)
            if node is not None and not scope.is_async:
                self._check_returns(view, node, function)
                self.draft.turn_generator(view, node)
                self.draft.edit(view, *unrolled(view, node, ()))
        if scope.is_async:
            return  # who calls it has a coroutine already, awaited or made a task of
        for caller in self.callers.calls(function):
            self._call(function, caller.call, generator=scope.has_yield)
        if scope.name == "__call__":
            for other, used in self.called.elsewhere(function):
                text = f"{other.in_a_line(used)} is used here for more than to be called"
                self.draft.obstacle(other, used, text)

    def _check_returns(self, view: View, node: FunctionNode, function: Key) -> None:
        """An async generator returns nothing."""
        for each in walk(node):
            if isinstance(each, ast.Return) and each.value is not None and view.owner(each) == function:
                text = f"{node.name} yields, and returns a value: no async generator can do that"
                self.draft.obstacle(view, each, text)

    def _call(self, function: Key, call: CallKey, *, generator: bool) -> None:
        view = self.views.of(call.path)
        node = view.node_of(call)
        if node is None:
            return
        name = self.program.scope(function).name
        run = self.callers.run_by(call)
        for other in sorted(run - self.draft.functions) if function in run else ():
            self._beside(view, node, function, other)
        if call.path not in self.paths:
            self.draft.obstacle(view, node, f"{name} is called in a file that stays as it is")
        elif generator:
            self._of_generator(view, node, function)
        elif (
            self.program.scope(self.program.owner_of(call.path, self.program.call(call).scope)).kind
            is ScopeKind.MODULE
        ):
            self._at_the_top(view, call, node, function)
        elif is_xunit(view, view.function(node)):
            self.draft.run_alone(view, node)
        elif isinstance(view.file.parents[node], ast.Await):
            self.draft.functions.add(view.owner(node))
        elif factory_around(view, node) is not None and starts_with_app(view, view.file.statement(node)):
            self._at_startup(view, node, name)
        else:
            await_call(view, self.draft, node)

    def _beside(self, view: View, node: ast.Call, function: Key, other: Key) -> None:
        """What the same call runs at other times: one `await` stands for both."""
        scope, given = self.program.scope(function), self.program.scope(other)
        may_turn = given.kind is ScopeKind.FUNCTION and other.path in self.paths
        if given.has_yield == scope.has_yield and (may_turn or given.is_async):
            self.draft.functions.add(other)
        else:
            text = f"{view.in_a_line(node)} runs {scope.qualname}, or {given.qualname}, which stays sync"
            self.draft.obstacle(view, node, text)

    def _of_generator(self, view: View, node: ast.Call, function: Key) -> None:
        above = view.file.parents[node]
        if isinstance(above, ast.withitem) and isinstance(view.file.parents[above], ast.AsyncWith):
            return
        if isinstance(above, ast.Expr):
            self.draft.handle(view, node)  # nobody takes a step: it does nothing, then as now
            return
        if is_next(above, view):
            if not convert_next(self.views, view, self.draft, above, function):
                text = f"{self.program.scope(function).name}() is called as a plain generator"
                self.draft.obstacle(view, node, text)
            return
        turned = frozenset({*self.draft.functions, function})
        found = consumed(view, node, lambda other: other is node or is_entered_async(view, other, turned))
        if isinstance(found, Reason):
            self.draft.obstacle(view, node, found.text)
            return
        self.draft.edit(view, *found.edits)
        self.draft.handle(view, node)
        for each in found.awaited:
            self.draft.awaited(view, each)

    def _at_the_top(self, view: View, call: CallKey, node: ast.Call, function: Key) -> None:
        """A script is run by `asyncio.run`; a module that others import runs nothing at import."""
        name = self.program.scope(function).name
        if self.program.call(call).use & Use.MAIN_GUARD or is_script(view, node):
            self.draft.run_alone(view, node)
        elif view.owner(node).scope == 0 and (makes_app(view) or self._only_looks(view, node, function)):
            self._at_startup(view, node, name)
        else:
            self.draft.obstacle(view, node, f"{name}() runs when {view.path} is imported")

    def _only_looks(self, view: View, node: ast.Call, function: Key) -> bool:
        """Is nothing else done by this line than that the database is asked for a sign of life?"""
        definition = view.file.function(self.program.scope(function).span)
        if function.path != view.path or definition is None or not isinstance(node.func, ast.Name):
            return False
        is_plain = not (node.args or node.keywords) and view.import_of(node.func) is not None
        is_alone = view.file.parents[view.file.parents[node]] is view.file.tree
        return is_plain and is_alone and is_loaded_with_app(view) and only_looks(view, definition.body)

    def _at_startup(self, view: View, node: ast.Call, name: str) -> None:
        """`seed()` beside the application: a server imports it on its loop, where nothing can be run."""
        if not isinstance(view.file.parents[node], ast.Expr):
            self.draft.obstacle(view, node, f"what {name}() gives is used when {view.path} is imported")
            return
        self.draft.starts.append((view, node))
        self.draft.handle(view, node)
        text = f"{name}() runs when the application starts, not when it is imported"
        self.draft.note(view, node, text, ENTERED)


def finish_runs(draft: Draft) -> None:
    """`main()` -> `asyncio.run(main())`, or awaited at startup; what its arguments become is known now."""
    together: dict[tuple[str, ast.stmt], list[ast.Call]] = defaultdict(list)
    views = {view.path: view for view, _ in draft.starts}
    for view, node in sorted(draft.starts, key=lambda each: (each[0].path, span_of(each[1]))):
        together[view.path, _moved(view, node)].append(node)
    for (path, statement), calls in together.items():
        _move(draft, views[path], statement, calls)
    _check_loops(draft)
    for view, node in draft.runs:
        text, needs = draft.rendered(view, node, 1)
        code = Code(f"{slot(0)}.run({text})", (ImportNeed("asyncio"), *needs))
        draft.edit(view, ReplaceExpression(span_of(node), code))


def _moved(view: View, node: ast.Call) -> ast.stmt:
    """What goes to the startup: the call by itself, or the `if` and `try` around it at the top."""
    function = factory_around(view, node)
    return outermost(view, node, view.file.tree.body if function is None else function.body)


def _move(draft: Draft, view: View, statement: ast.stmt, calls: list[ast.Call]) -> None:
    is_alone = isinstance(statement, ast.Expr)
    if not is_alone and not (
        all(may_move(view, each, calls) for each in walk(statement)) and not is_bound_later(view, statement)
    ):
        text = f"{view.in_a_line(calls[0])} runs when {view.path} is imported, with what has to run there"
        draft.obstacle(view, calls[0], text)
        return
    for call in calls:
        text, needs = draft.rendered(view, call)
        draft.edit(view, ReplaceExpression(span_of(call), Code(f"await {text}", needs)))
    text, needs = draft.rendered(view, statement)
    if not makes_app(view):
        text, needs = _from_elsewhere(view, calls[0])
    text += comments_behind(view, statement) if isinstance(statement, (ast.If, ast.Try)) else ""
    code = Code(f"{view.file.comments_above(statement)}{text}", needs)
    draft.edit(view, ReplaceStatements(span_of(statement), span_of(statement), Code("")))
    draft.support.append(Startup(code, view.path))


def _from_elsewhere(view: View, call: ast.Call) -> tuple[str, tuple[ImportNeed, ...]]:
    """The call of a function of this file, as the file of the application writes it."""
    need = view.import_of(call.func) if isinstance(call.func, ast.Name) else None
    assert need is not None, "only such a call is moved out of its file"
    return f"await {slot(0)}()", (need,)


def _check_loops(draft: Draft) -> None:
    """A script that starts several, of which the second one is given connections of the first."""
    bound = draft.async_drivers.difference(ACROSS_LOOPS)
    scripts: dict[str, list[tuple[View, ast.AST]]] = defaultdict(list)
    for view, node in draft.loops if bound else ():
        if not view.module.is_test:
            scripts[view.path].append((view, node))
    for path, found in scripts.items():
        starting = (
            (view, node)
            for view, node in found
            if any(other is not node and not _exclude(view, node, other) for _, other in found)
        )
        for view, node in islice(starting, 1):  # one function for all is one place to mend
            text = f"{path} starts several event loops, and connections of {min(bound)} belong to one"
            draft.obstacle(view, node, text, "do it all in one function")


def _exclude(view: View, one: ast.AST, other: ast.AST) -> bool:
    """Do they stand on different branches, of which one is taken?"""
    around = {id(above) for above in view.file.above(one)}
    child = other
    for above in view.file.above(other):
        if id(above) in around:
            return isinstance(above, ast.If) and child is not above.test and not _on_branch(above, child, one)
        child = above
    return False


def _on_branch(choice: ast.If, of: ast.AST, node: ast.AST) -> bool:
    """Is `node` on that branch of the choice which begins with or holds `of`, or asked before them all?"""
    branch = next(each for each in (choice.body, choice.orelse) if of in each)
    return holds(choice.test, node) or any(holds(each, node) for each in branch)
