"""An event loop that a function makes for itself: what makes, sets and closes it, and what it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..analysis.nodes import bound_alone, walk
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..model import Code, DropFinally, Edit, ReplaceStatements, Span

_MAKES = frozenset(
    {"asyncio.new_event_loop", "asyncio.get_event_loop", "asyncio.get_running_loop", "uvloop.new_event_loop"}
)
_SETS = "asyncio.set_event_loop"
_ENDS = frozenset({"shutdown_asyncgens", "shutdown_default_executor"})
_ASKS = frozenset({"is_closed", "is_running"})
_RUN = "run_until_complete"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class LoopOfItsOwn(msgspec.Struct, frozen=True):
    """`runs` are its calls of `run_until_complete`; `removals` take away all else that is about the loop."""

    runs: tuple[ast.Call, ...]
    removals: tuple[Edit, ...]

    @classmethod
    def of(
        cls, file: FileSyntax, function: FunctionNode, run: ast.Call, names: Mapping[Span, str]
    ) -> LoopOfItsOwn | None:
        """The loop that `run` runs on; None where it is used for anything else.

        `names` are those of the calls in the function.
        """
        assert isinstance(run.func, ast.Attribute)
        loop = run.func.value
        if isinstance(loop, ast.Call):
            return cls((run,), ()) if makes_loop(loop, names) else None
        if not isinstance(loop, ast.Name):
            return None
        found = LoopSetup(file, function, loop.id, names)
        runs, removals = found.runs(), found.removals()
        return cls(runs, removals) if runs is not None and removals is not None else None


class LoopSetup(msgspec.Struct, frozen=True):
    file: FileSyntax
    function: FunctionNode
    name: str
    names: Mapping[Span, str]

    def runs(self) -> tuple[ast.Call, ...] | None:
        """None where something else is done with the loop, or somebody else has it."""
        found: list[ast.Call] = []
        made = False
        for node in walk(self.function):
            if isinstance(node, (ast.Global, ast.Nonlocal)) and self.name in node.names:
                return None
            if isinstance(node, ast.arg) and node.arg == self.name:
                return None
            if not isinstance(node, ast.Name) or node.id != self.name:
                continue
            around = list(self._around(node))
            if any(isinstance(above, _SCOPES) for above in around):
                return None
            if any(map(self.is_setup, around)):
                made = made or isinstance(node.ctx, ast.Store)
                continue
            method = self.file.parents[node]
            call = self.file.parents[method]
            is_run = isinstance(method, ast.Attribute) and method.attr == _RUN
            if not is_run or not isinstance(call, ast.Call) or call.func is not method:
                return None
            found.append(call)
        return tuple(found) if made else None

    def removals(self) -> tuple[Edit, ...] | None:
        """None where nothing would be left of a block, or a comment would be lost."""
        edits: list[Edit] = []
        for holder, block in _blocks(self.function):
            setup = [statement for statement in block if self.is_setup(statement)]
            if not setup or any(map(self.is_setup, (holder, *self._around(holder)))):
                continue
            if len(setup) < len(block):
                if any(self._is_commented(statement.lineno, statement) for statement in setup):
                    return None
                edits += [ReplaceStatements(span_of(each), span_of(each), Code("")) for each in setup]
            elif isinstance(holder, ast.Try) and block is holder.finalbody:
                last = (holder.orelse or holder.handlers or holder.body)[-1]
                end = last.end_lineno or last.lineno
                if self._is_commented(end + 1, holder) or self._has_comment(holder.lineno, holder.lineno):
                    return None
                if holder.body[0].lineno == holder.lineno:
                    return None
                edits.append(DropFinally(span_of(holder)))
            else:
                return None
        return tuple(edits)

    # what is about the loop alone ---------------------------------------------------------------------------

    def is_setup(self, node: ast.AST) -> bool:
        target, value = bound_alone(node)
        if target is not None and value is not None:
            return self._is_loop(target) and self._is_made(value)
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Call) and self._sets_or_ends(node.value)
        if isinstance(node, ast.If):
            return self.asks(node.test) and self._are_setup(node.body) and self._are_setup(node.orelse)
        if isinstance(node, ast.Try):
            handled = all(handler.body and self._are_setup(handler.body) for handler in node.handlers)
            parts = (node.body, node.orelse, node.finalbody)
            return handled and all(self._are_setup(part) for part in parts)
        return False

    def _are_setup(self, block: Sequence[ast.stmt]) -> bool:
        return all(isinstance(each, ast.Pass) or self.is_setup(each) for each in block)

    def _is_loop(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == self.name

    def _is_made(self, value: ast.expr) -> bool:
        return _is_none(value) or makes_loop(value, self.names)

    def _sets_or_ends(self, call: ast.Call) -> bool:
        if self.names.get(span_of(call)) == _SETS:
            return len(call.args) == 1 and (self._is_loop(call.args[0]) or _is_none(call.args[0]))
        if not isinstance(call.func, ast.Attribute) or not self._is_loop(call.func.value):
            return False
        if call.func.attr == "close":
            return not call.args
        ends = call.args[0] if call.func.attr == _RUN and len(call.args) == 1 else None
        return (
            isinstance(ends, ast.Call)
            and isinstance(ends.func, ast.Attribute)
            and self._is_loop(ends.func.value)
            and ends.func.attr in _ENDS
        )

    def asks(self, test: ast.expr) -> bool:
        """`loop is None`, `loop.is_closed()`, with `not`, `and` and `or`"""
        if isinstance(test, ast.UnaryOp):
            return self.asks(test.operand)
        if isinstance(test, ast.BoolOp):
            return all(map(self.asks, test.values))
        if isinstance(test, ast.Compare):
            return self._is_loop(test.left) and all(map(_is_none, test.comparators))
        if isinstance(test, ast.Call):
            method = test.func
            return isinstance(method, ast.Attribute) and self._is_loop(method.value) and method.attr in _ASKS
        return self._is_loop(test)

    # the file -----------------------------------------------------------------------------------------------

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        for above in self.file.above(node):
            if above is self.function:
                return
            yield above

    def _is_commented(self, line: int, statement: ast.stmt) -> bool:
        """Is there a comment in the lines from `line` to the end of the statement, or right above them?"""
        if self.file.line(line - 1).startswith("#"):
            return True
        return self._has_comment(line, statement.end_lineno or statement.lineno)

    def _has_comment(self, first: int, last: int) -> bool:
        return any("#" in self.file.line(number) for number in range(first, last + 1))


def makes_loop(node: ast.expr, names: Mapping[Span, str]) -> bool:
    return isinstance(node, ast.Call) and not node.args and names.get(span_of(node)) in _MAKES


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _blocks(function: FunctionNode) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    for node in walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield node, block
