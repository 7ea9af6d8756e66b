"""Functions of the project that do nothing but run the coroutine that they are handed.

def run_async(coro):
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coro)
    finally:
        loop.close()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..analysis.index.expr import Expr
from ..analysis.index.facts import CallSite
from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.effects.site import Site
from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.kinds import Ext, Member, describe
from ..analysis.link.program import Key
from ..analysis.nodes import BINDINGS, bound_plainly, walk
from ..analysis.syntax import FunctionNode, Syntax, last_name, span_of
from ..model import Span
from .loops import LoopSetup, makes_loop

RUNS = frozenset({"asyncio.run", "uvloop.run"})
_MODULES = frozenset({"asyncio", "concurrent.futures", "uvloop"})
RUNS_ON_LOOP = "asyncio.AbstractEventLoop.run_until_complete"
WRAPPED = "asgiref.sync.AsyncToSync.__call__"
STARTS_LOOP = RUNS | {RUNS_ON_LOOP, WRAPPED, "asyncio.AbstractEventLoop.run_forever", "anyio.run"}
"""What raises an error in a thread whose loop runs already."""
_IS_RUNNING = "asyncio.AbstractEventLoop.is_running"
_POOL = "ThreadPoolExecutor"
_OF_POOL = frozenset({"max_workers", "thread_name_prefix"})
_SUBMIT = "concurrent.futures.Executor.submit"
_IN_CONTEXT = "contextvars.Context.run"
_RESULT = "concurrent.futures.Future.result"


class Runners(msgspec.Struct, frozen=True):
    reach: Reach
    syntax: Syntax
    callers: Callers
    _known: dict[Key, bool] = msgspec.field(default_factory=dict)

    def is_one(self, function: Key) -> bool:
        """Is a call of it over when its only argument is, with the same result, whatever happens?"""
        if function not in self._known:
            self._known[function] = False  # until it is found otherwise, where functions call themselves
            self._known[function] = self._runs_what_it_gets(function)
        return self._known[function]

    def _runs_what_it_gets(self, function: Key) -> bool:
        file = self.syntax.file(function.path)
        node = file.function(self.reach.effects.program.scope(function).span)
        if not isinstance(node, ast.FunctionDef) or self.callers.patches.first_of(function):
            return False
        coroutine = self._coroutine(function, node)
        if not coroutine:
            return False
        sites = self.reach.own(function)
        names = {Span(*site.span): site.name for site in sites}
        others = {Span(*site.span) for site in sites if not self._runs(site)}
        runs = {Span(*site.span) for site in sites} - others
        loops = [LoopSetup(file, node, name, names) for name in _made(node, names)]
        pooled = set(self._pooled(function, names))
        return _Body(coroutine, runs, pooled, names, loops).ends(node.body)

    def _pooled(self, function: Key, names: Mapping[Span, str]) -> Iterator[Span]:
        """The calls `pool.submit(asyncio.run, coro)` and `pool.submit(context.run, asyncio.run, coro)`"""
        for _, call in self.reach.effects.program.calls_of(function):
            if names.get(call.span) != _SUBMIT or call.keywords:
                continue
            called = [self._called(function, call, argument) for argument in call.args[:-1]]
            if called in ([run] for run in RUNS) or called in ([_IN_CONTEXT, run] for run in RUNS):
                yield call.span

    def _called(self, function: Key, call: CallSite, argument: Expr) -> str:
        kinds = self.reach.effects.inference.kinds(function, argument, call.span.line)
        names = {describe(kind) for kind in kinds if isinstance(kind, (Ext, Member))}
        return names.pop() if len(names) == len(kinds) == 1 else ""

    def _runs(self, site: Site) -> bool:
        if site.target is not None:
            return site.form == "call" and self.is_one(site.target)
        return site.name in RUNS or site.name == RUNS_ON_LOOP

    def _coroutine(self, function: Key, node: ast.FunctionDef) -> str:
        """The name of the only parameter, `self` and `cls` apart; an empty text where there are others."""
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
            return ""
        decorators = {each.id if isinstance(each, ast.Name) else "?" for each in node.decorator_list}
        if not decorators <= {"staticmethod", "classmethod"}:
            return ""
        is_method = self.reach.effects.program.enclosing_class(function) is not None
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        own = names[1:] if is_method and "staticmethod" not in decorators else names
        return own[0] if len(own) == 1 else ""


class _Body(msgspec.Struct, frozen=True):
    coroutine: str
    runs: set[Span]
    """Calls that run what they are given."""
    pooled: set[Span]
    """Calls that have a thread run it."""
    names: Mapping[Span, str]
    loops: Sequence[LoopSetup]

    def ends(self, block: Sequence[ast.stmt], *, loop_runs: bool = False) -> bool:
        """Does it end with the result of the coroutine on every path, and do nothing else on the way?

        Only where a loop runs already may another thread run it, in which no context variables are set.
        """
        for number, statement in enumerate(block):
            if self._is_beside(statement):
                continue
            if isinstance(statement, ast.Return):
                return self._is_run(statement.value)
            if isinstance(statement, BINDINGS) and self._is_run(statement.value):
                targets = [target for target, _ in bound_plainly(statement)]
                return self._is_returned(targets, block[number + 1 :])
            if isinstance(statement, ast.Try):
                if self._are_beside(statement.finalbody) and not statement.handlers and not statement.orelse:
                    return self.ends(statement.body)
                if not self._falls_back(statement):
                    return False
                loop_runs = all(self.ends(handler.body) for handler in statement.handlers)
            elif isinstance(statement, ast.With):
                return loop_runs and self._is_run_in_pool(statement)
            elif not isinstance(statement, ast.If) or not self._chooses(statement):
                return False
            elif self.ends(statement.body, loop_runs=self._says_that_it_runs(statement.test)) and self.ends(
                statement.orelse
            ):
                return True
        return False

    def _falls_back(self, attempt: ast.Try) -> bool:
        """`try: asyncio.get_running_loop()`, with other ways to run the coroutine where that fails"""
        parts = (attempt.body, attempt.orelse, attempt.finalbody)
        ways = [handler.body for handler in attempt.handlers]
        return all(map(self._are_beside, parts)) and all(self._are_beside(w) or self.ends(w) for w in ways)

    def _chooses(self, choice: ast.If) -> bool:
        """`if loop.is_running():`, with other ways to run the coroutine there"""
        runs = self._says_that_it_runs(choice.test)
        return (
            any(loop.asks(choice.test) for loop in self.loops)
            and (self._are_beside(choice.body) or self.ends(choice.body, loop_runs=runs))
            and (self._are_beside(choice.orelse) or self.ends(choice.orelse))
        )

    def _says_that_it_runs(self, test: ast.expr) -> bool:
        """`loop.is_running()`, `loop and loop.is_running()`"""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return any(map(self._says_that_it_runs, test.values))
        return isinstance(test, ast.Call) and self.names.get(span_of(test)) == _IS_RUNNING

    def _is_run_in_pool(self, statement: ast.With) -> bool:
        """`with ThreadPoolExecutor() as pool: return pool.submit(asyncio.run, coro).result()`"""
        last, *others = reversed(statement.body)
        value = last.value if isinstance(last, ast.Return) else None
        if len(statement.items) != 1 or others or not isinstance(value, ast.Call):
            return False
        pool, names = statement.items[0], self.names
        made = pool.context_expr
        submitted = value.func.value if isinstance(value.func, ast.Attribute) else None
        return (
            isinstance(made, ast.Call)
            and last_name(made.func) == _POOL
            and not made.args
            and all(each.arg in _OF_POOL and isinstance(each.value, ast.Constant) for each in made.keywords)
            and names.get(span_of(value)) == _RESULT
            and not (value.args or value.keywords)
            and isinstance(submitted, ast.Call)
            and span_of(submitted) in self.pooled
            and isinstance(pool.optional_vars, ast.Name)
            and ast.unparse(submitted.func) == f"{pool.optional_vars.id}.submit"
            and isinstance(submitted.args[-1], ast.Name)
            and submitted.args[-1].id == self.coroutine
        )

    def _is_beside(self, statement: ast.stmt) -> bool:
        """A docstring, an import of asyncio, or what is about the loop alone"""
        if isinstance(statement, ast.Import):
            return all(each.name in _MODULES for each in statement.names)
        if isinstance(statement, ast.ImportFrom):
            return statement.module in _MODULES and not statement.level
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return True
        if isinstance(statement, ast.Expr) and makes_loop(statement.value, self.names):
            return True
        if isinstance(statement, BINDINGS) and isinstance(statement.value, ast.Call):
            is_context = self.names.get(span_of(statement.value)) == "contextvars.copy_context"
            targets = [target for target, _ in bound_plainly(statement)]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if is_context and len(names) == len(targets) and self.coroutine not in names:
                return True
        return any(loop.is_setup(statement) for loop in self.loops)

    def _are_beside(self, block: Sequence[ast.stmt]) -> bool:
        return all(map(self._is_beside, block))

    def _is_returned(self, targets: Sequence[ast.expr], rest: Sequence[ast.stmt]) -> bool:
        left = [statement for statement in rest if not self._is_beside(statement)]
        if len(left) != 1 or len(targets) != 1 or rest[-1] is not left[0]:
            return False
        returned = left[0].value if isinstance(left[0], ast.Return) else None
        return (
            isinstance(returned, ast.Name)
            and isinstance(targets[0], ast.Name)
            and returned.id == targets[0].id
        )

    def _is_run(self, value: ast.expr | None) -> bool:
        if not isinstance(value, ast.Call) or span_of(value) not in self.runs or value.keywords:
            return False
        given = [each.id for each in value.args if isinstance(each, ast.Name)]
        if len(value.args) != 1 or given != [self.coroutine]:
            return False
        if self.names.get(span_of(value)) != RUNS_ON_LOOP:
            return True
        loop = value.func.value if isinstance(value.func, ast.Attribute) else None
        is_own = isinstance(loop, ast.Name) and loop.id in {each.name for each in self.loops}
        return is_own or (loop is not None and makes_loop(loop, self.names))


def _made(function: FunctionNode, names: Mapping[Span, str]) -> list[str]:
    """The names of the loops that the function makes."""
    bound = (pair for node in walk(function) for pair in bound_plainly(node))
    return sorted({t.id for t, value in bound if isinstance(t, ast.Name) and makes_loop(value, names)})
