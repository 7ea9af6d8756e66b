"""The control flow of one function: a graph of reads, writes and steps that may fail, in the order they
happen.

The body of a `finally` is repeated for each way through it, so that what a normal run binds is not
mixed up with what is bound when an exception passes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

import msgspec

from ..nodes import children
from ..scopes import imported_name
from ..syntax import FunctionNode, last_name
from .evaluation import Evaluation, Kind

_SWALLOWS = ("suppress", "swallow", "ignore", "exitstack", "raises")


class _Loop(msgspec.Struct):
    head: int
    breaks: set[int] = msgspec.field(default_factory=set)


class _Finally(msgspec.Struct):
    body: Sequence[ast.stmt]
    catches: int


def may_swallow(manager: ast.expr) -> bool:
    """Whether a context manager is known to end exceptions by its name: `suppress(..)`, an exit stack."""
    callee = manager.func if isinstance(manager, ast.Call) else manager
    name = last_name(callee).lower()
    return any(word in name for word in _SWALLOWS)


class ControlFlow(Evaluation):
    def __init__(self, function: FunctionNode) -> None:
        super().__init__(function.body[0])
        self.jumps: set[tuple[int, int]] = set()
        """Edges into a `finally` by which a `return` leaves."""
        self.completes: set[ast.stmt] = set()
        """Statements after which the next one can run."""
        self._unwind: list[_Loop | _Finally] = []
        self._returning = False
        self._block(function.body)
        self._statement = function
        self._emit(Kind.JOIN)

    def _connect(self, node: int) -> None:
        super()._connect(node)
        if self._returning:
            self.jumps.update((before, node) for before in self._frontier)

    def _block(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self._statement = statement
            self._emit(Kind.ENTER)
            self._returning = False
            getattr(self, f"_{type(statement).__name__}", self._plain)(statement)
            self._statement = statement
            if self._frontier:
                self.completes.add(statement)

    def _plain(self, node: ast.stmt) -> None:
        for child in children(node):
            self._visit(child)

    def _Assign(self, node: ast.Assign) -> None:
        self._visit(node.value)
        for target in node.targets:
            self._store(target)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._visit(node.value)
            self._store(node.target)

    def _AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
        else:
            self._parts(node.target)
        self._visit(node.value)
        self._emit(Kind.STEP)
        if isinstance(node.target, ast.Name):
            self._write(node.target.id)

    def _TypeAlias(self, node: ast.stmt) -> None:
        self._write(node.name.id)  # type: ignore[attr-defined]

    def _Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._read(target.id)
            self._emit(Kind.DELETE, target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                self._delete(item)
        else:
            self._parts(target)
            self._emit(Kind.STEP)

    def _Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._emit(Kind.STEP)
            self._write(imported_name(alias))

    _ImportFrom = _Import

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._defer(node)
        self._write(node.name)

    _FunctionDef = _AsyncFunctionDef = _ClassDef = _define

    def _Assert(self, node: ast.Assert) -> None:
        self._visit(node.test)
        passed = set(self._frontier)
        if node.msg is not None:
            self._visit(node.msg)
        self._emit(Kind.STEP)
        self._frontier = passed

    def _Raise(self, node: ast.Raise) -> None:
        self._plain(node)
        self._emit(Kind.STEP)
        self._frontier = set()

    def _Return(self, node: ast.Return) -> None:
        self._plain(node)
        self._leave(len(self._unwind), 0)
        self._frontier = set()

    def _Break(self, _: ast.Break) -> None:
        loop = self._leave_for_loop()
        loop.breaks |= self._frontier
        self._frontier = set()

    def _Continue(self, _: ast.Continue) -> None:
        self._connect(self._leave_for_loop().head)
        self._frontier = set()

    def _leave_for_loop(self) -> _Loop:
        depth = max(index for index, entry in enumerate(self._unwind) if isinstance(entry, _Loop))
        loop = self._unwind[depth]
        assert isinstance(loop, _Loop)
        self._leave(len(self._unwind), depth + 1, returning=False)
        return loop

    def _leave(self, top: int, bottom: int, returning: bool = True) -> None:
        """Run the `finally` bodies between two depths of the stack, innermost first."""
        unwind, catches, statement = self._unwind, self._catches, self._statement
        for index in range(top - 1, bottom - 1, -1):
            entry = unwind[index]
            if isinstance(entry, _Finally):
                self._unwind, self._catches = unwind[:index], catches[: entry.catches]
                self._returning = returning
                self._block(entry.body)
        self._unwind, self._catches, self._statement = unwind, catches, statement
        self._returning = False

    def _If(self, node: ast.If) -> None:
        self._visit(node.test)
        test = set(self._frontier)
        self._block(node.body)
        after = self._frontier
        self._frontier = test
        self._block(node.orelse)
        self._frontier = self._frontier | after

    def _For(self, node: ast.For | ast.AsyncFor) -> None:
        self._visit(node.iter)
        head = self._emit(Kind.STEP)
        self._store(node.target)
        self._loop(head, node.body)
        self._after_loop({head}, node.orelse)

    _AsyncFor = _For

    def _While(self, node: ast.While) -> None:
        head = self._emit(Kind.JOIN)
        self._visit(node.test)
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        done = set() if endless else set(self._frontier)
        self._loop(head, node.body)
        self._after_loop(done, node.orelse)

    def _loop(self, head: int, body: Sequence[ast.stmt]) -> None:
        self._unwind.append(_Loop(head))
        self._block(body)
        self._connect(head)

    def _after_loop(self, done: set[int], orelse: Sequence[ast.stmt]) -> None:
        loop = self._unwind.pop()
        assert isinstance(loop, _Loop)
        self._frontier = done
        self._block(orelse)
        self._frontier = self._frontier | loop.breaks

    def _With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self._visit(item.context_expr)
            self._emit(Kind.STEP)
            if item.optional_vars is not None:
                self._store(item.optional_vars)
        if not any(may_swallow(item.context_expr) for item in node.items):
            self._block(node.body)
            return
        entered = self._frontier
        caught = self._join()
        if self._catches:
            self.failing[caught].add(self._catches[-1])
        self._frontier = entered
        self._catches.append(caught)
        self._block(node.body)
        self._catches.pop()
        self._frontier = self._frontier | {caught}

    _AsyncWith = _With

    def _Try(self, node: ast.Try) -> None:
        entered = self._frontier
        final = self._join() if node.finalbody else -1
        if node.finalbody:
            self._unwind.append(_Finally(node.finalbody, len(self._catches)))
            self._catches.append(final)
        caught = self._join()
        if self._catches:
            self.failing[caught].add(self._catches[-1])
        self._frontier = entered
        if node.handlers:
            self._catches.append(caught)
        self._block(node.body)
        if node.handlers:
            self._catches.pop()
        self._block(node.orelse)
        done = self._frontier
        for handler in node.handlers:
            self._frontier = {caught}
            self._handler(handler)
            done = done | self._frontier
        self._frontier = done
        if node.finalbody:
            self._catches.pop()
            self._unwind.pop()
            self._block(node.finalbody)
            done = self._frontier
            self._frontier = {final}
            self._block(node.finalbody)
            if self._catches:
                for last in self._frontier:
                    self.failing[last].add(self._catches[-1])
            self._frontier = done

    _TryStar = _Try

    def _handler(self, handler: ast.ExceptHandler) -> None:
        if handler.type is not None:
            self._visit(handler.type)
        if handler.name:
            self._write(handler.name)
        self._block(handler.body)
        if handler.name and self._frontier:
            self._emit(Kind.DELETE, handler.name)

    def _Match(self, node: ast.Match) -> None:
        self._visit(node.subject)
        done: set[int] = set()
        for case in node.cases:
            unmatched = set(self._frontier)
            self._visit(case.pattern)
            if case.guard is not None:
                self._visit(case.guard)
            sure = (
                case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            )
            unmatched = set() if sure else unmatched | self._frontier
            self._block(case.body)
            done |= self._frontier
            self._frontier = unmatched
        self._frontier = self._frontier | done
