"""Tests that call what turns: they await it, under the async plugin that the project has.

    def test_total():                        @pytest.mark.anyio
        assert total(3) == 6      ->         @pytest.mark.parametrize("anyio_backend", ["asyncio"])
                                             async def test_total():
                                                 assert await total(3) == 6

anyio's plugin comes with FastAPI; by itself it runs a test on each backend that it knows, installed or not:
https://anyio.readthedocs.io/en/stable/testing.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from .analysis.awaiting import can_await
from .analysis.index.bindings import Import, ScopeKind
from .analysis.index.expr import Call
from .analysis.judge.callers.callers import Callers
from .analysis.judge.turning.verdicts import FunctionPlan
from .analysis.link.kinds import Ext
from .analysis.link.program import CallKey, Key, Program
from .analysis.scopes import own_nodes
from .analysis.syntax import FileSyntax, FunctionNode, Syntax
from .async_generators import AsyncGenerators, Consumed
from .databases.connections.drivers import Declared
from .model import AddDecorator, AwaitExpression, Code, Edit, ImportNeed, Span, TurnAsync, slot
from .offloading.hazards import runs_a_loop

_PYTEST = ImportNeed("pytest")
_ANYIO = Code(f"{slot(0)}.mark.anyio", (_PYTEST,))
_BACKEND = Code(f'{slot(0)}.mark.parametrize("anyio_backend", ["asyncio"])', (_PYTEST,))
_ASYNCIO = Code(f"{slot(0)}.mark.asyncio", (_PYTEST,))
_PATCHES = ("unittest.mock.patch", "mock.patch")


class AsyncTests:
    def __init__(self, callers: Callers, syntax: Syntax, declared: str, generators: AsyncGenerators) -> None:
        self.callers = callers
        self.generators = generators
        self.program: Program = callers.program
        self.syntax = syntax
        self.declared = Declared(declared)
        self._may_turn: dict[Key, bool] = {}

    def follows(self, test: Key, call: CallKey) -> bool:
        """Can this call in a test be awaited, the test turned if it is a `def`?"""
        if not self.program.modules[test.path].facts.is_test:
            return False
        if test not in self._may_turn:
            self._may_turn[test] = self.program.scope(test).is_async or self._is_turnable(test)
        file, node = self._node(test)
        found = file.call(self.program.call(call).span)
        return (
            self._may_turn[test] and node is not None and found is not None and can_await(file, node, found)
        )

    def follow(self, test: Key, turned: frozenset[Key]) -> FunctionPlan:
        """The awaits of a test's calls of what turns, and what makes it a coroutine function."""
        file, _ = self._node(test)
        edits = list(self._awaits(test, turned, file))
        span = self.program.scope(test).span
        if not self.program.scope(test).is_async:
            edits.append(TurnAsync(span))
            edits.extend(AddDecorator(span, code) for code in self._marks)
        return FunctionPlan(edits=tuple((test.path, edit) for edit in edits))

    def _awaits(self, test: Key, turned: frozenset[Key], file: FileSyntax) -> Iterator[Edit]:
        for call, site in self.program.calls_of(test):
            found = file.call(site.span)
            if found is None or isinstance(file.parents[found], ast.Await):
                continue
            run = [s for s in self.callers.effects.of_call(call) if s.target in turned and s.form == "call"]
            if any(each.target is not None and self.generators.gives_steps(each.target) for each in run):
                steps = self.generators.at_one_place(run, turned)
                yield from steps.edits if isinstance(steps, Consumed) else ()
            elif run:
                yield AwaitExpression(Span(*site.span))

    def _node(self, test: Key) -> tuple[FileSyntax, FunctionNode | None]:
        file = self.syntax.file(test.path)
        return file, file.function(self.program.scope(test).span)

    # which tests may turn -------------------------------------------------------------------------------

    def _is_turnable(self, test: Key) -> bool:
        scope = self.program.scope(test)
        if scope.kind is not ScopeKind.FUNCTION or not scope.name.startswith("test") or scope.has_yield:
            return False
        around = self.program.scope(self.program.parent(test))
        is_collected = around.kind is ScopeKind.MODULE or (
            around.kind is ScopeKind.CLASS and not around.bases
        )
        if not (self._has_pytest and is_collected and all(self._is_mark(test, d) for d in scope.decorators)):
            return False
        _, node = self._node(test)
        runs = node is None or any(runs_a_loop(each) for each in own_nodes(node))
        return not runs and not self.callers.calls(test)

    def _is_mark(self, test: Key, decorator: object) -> bool:
        """Marks of pytest and patches of `unittest.mock` take coroutine functions; others may not."""
        parent, line = self.program.parent(test), self.program.scope(test).span.line
        if isinstance(decorator, Call):
            kinds = self.callers.inference.callees(CallKey(test.path, decorator.index))
        else:
            kinds = self.callers.inference.kinds(parent, decorator, line)  # type: ignore[arg-type]
        return bool(kinds) and all(
            isinstance(kind, Ext) and kind.name.startswith(("pytest.mark", *_PATCHES)) for kind in kinds
        )

    # the plugin -----------------------------------------------------------------------------------------

    @cached_property
    def _has_pytest(self) -> bool:
        return self.declared.has("pytest") or any(
            isinstance(binding.value, Import) and binding.value.module.partition(".")[0] == "pytest"
            for module in self.program.modules.values()
            if module.facts.is_test
            for binding in module.facts.scopes[0].bindings
        )

    @cached_property
    def _marks(self) -> tuple[Code, ...]:
        """The outermost first."""
        if self.declared.has(r"pytest[-_.]asyncio"):
            return () if self.declared.has(r"asyncio_mode\W+auto") else (_ASYNCIO,)
        fixtures = self.program.decorators_by_name.get("fixture", ())
        has_backend = any(self.program.scope(key).name == "anyio_backend" for key in fixtures)
        return (_ANYIO,) if has_backend else (_ANYIO, _BACKEND)
