"""Statements that steer: branches, loops, `with`, `try`, `match`, `return`, and what they say about names."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..syntax import span_of
from .bindings import Binding, Choice, How, Import
from .expr import Attr, Display, Expr, Name
from .expressions import ExpressionReader
from .facts import Implicit, Reference, Use
from .narrowing import leaves, narrowings, negated


class FlowReader(ExpressionReader):
    """The half of the reader that walks into blocks; the subclass owns the lists and reads the rest."""

    def body(self, statements: Sequence[ast.stmt]) -> None:
        raise NotImplementedError

    def bind(self, name: str, how: How, value: Expr | Import | None, line: int, scope: int = -1) -> None:
        raise NotImplementedError

    def _nested(self, statements: Sequence[ast.stmt]) -> None:
        if not statements:
            return
        draft = self.scopes[self.current]
        outer, draft.block_end = draft.block_end, statements[-1].end_lineno or draft.block_end
        draft.depth += 1
        self.body(statements)
        draft.depth -= 1
        draft.block_end = outer

    def return_(self, node: ast.Return) -> None:
        if node.value is not None:
            draft = self.scopes[self.current]
            draft.returned.append(self.read(node.value, Use.RETURNED))
            draft.returned_lines.append(node.lineno)

    def expression_(self, node: ast.Expr) -> None:
        self.read(node.value, Use.STATEMENT)

    def if_(self, node: ast.If) -> None:
        tested = self.read(node.test)
        self.tested(node.test, tested)
        draft = self.scopes[self.current]
        self._narrow(node.test, node.test.lineno, node.body[-1].end_lineno or 0)
        if self.current == 0 and _is_main_guard(node.test):
            draft.main_guard = True
            self._nested(node.body)
            draft.main_guard = False
        else:
            self._nested(node.body)
        self._nested(node.orelse)
        self._choose(node)
        excluded = negated(node.test)
        if excluded is not None:
            if node.orelse:
                self._narrow(excluded, node.orelse[0].lineno, node.orelse[-1].end_lineno or 0)
            elif leaves(node.body):
                self._narrow(excluded, (node.end_lineno or node.lineno) + 1, draft.block_end)

    def _choose(self, node: ast.If) -> None:
        draft = self.scopes[self.current]
        body, other = _lines(node.body), _lines(node.orelse)
        if body[0] > (node.test.end_lineno or 0):
            ends = leaves(node.body), leaves(node.orelse)
            draft.choices.append(Choice(body, other, draft.depth, draft.block_end, ends))

    def raise_(self, node: ast.Raise) -> None:
        if node.exc is not None:
            raised = self.read(node.exc)
            if isinstance(raised, (Name, Attr)):
                self.implicits.append(Implicit(self.current, span_of(node), "raise", raised))
        if node.cause is not None:
            self.read(node.cause)

    def assert_(self, node: ast.Assert) -> None:
        self.tested(node.test, self.read(node.test))
        if node.msg is not None:
            self.read(node.msg)
        self._narrow(node.test, (node.end_lineno or node.lineno) + 1, self.scopes[self.current].block_end)

    def _narrow(self, test: ast.expr, first: int, last: int) -> None:
        """`isinstance(x, T)` holds for `x` on these lines."""
        draft = self.scopes[self.current]
        for name, classes in narrowings(test):
            draft.bindings.append(
                Binding(name, How.ISINSTANCE, self.quiet(classes), first, -1, (), draft.depth, last)
            )

    def while_(self, node: ast.While) -> None:
        self.scopes[self.current].loops.append((node.lineno, node.end_lineno or node.lineno))
        self.tested(node.test, self.read(node.test))
        self._narrow(node.test, node.test.lineno, node.body[-1].end_lineno or 0)
        self._nested(node.body)
        self._nested(node.orelse)

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        is_async = isinstance(node, ast.AsyncFor)
        self.scopes[self.current].loops.append((node.lineno, node.end_lineno or node.lineno))
        iterable = self.read(node.iter, Use.ASYNC_ITERATED if is_async else Use.ITERATED)
        self.implicits.append(
            Implicit(self.current, span_of(node), "async for" if is_async else "for", iterable)
        )
        self.target(node.target, How.ASYNC_FOR if is_async else How.FOR, iterable, node.lineno)
        self._nested(node.body)
        self._nested(node.orelse)

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        is_async = isinstance(node, ast.AsyncWith)
        for item in node.items:
            value = self.read(item.context_expr, Use.ASYNC_WITH if is_async else Use.WITH)
            self.implicits.append(
                Implicit(
                    self.current, span_of(item.context_expr), "async with" if is_async else "with", value
                )
            )
            if item.optional_vars is not None:
                self.target(item.optional_vars, How.ASYNC_WITH if is_async else How.WITH, value, node.lineno)
        self._nested(node.body)

    def try_(self, node: ast.Try) -> None:
        self._nested(node.body)
        for handler in node.handlers:
            caught = self.read(handler.type) if handler.type is not None else None
            if handler.name:
                self.bind(handler.name, How.EXCEPT, caught, handler.lineno)
            self._nested(handler.body)
        self._nested(node.orelse)
        self._nested(node.finalbody)

    def match_(self, node: ast.Match) -> None:
        matched = self.read(node.subject)
        subject = node.subject.id if isinstance(node.subject, ast.Name) else ""
        draft = self.scopes[self.current]
        for case in node.cases:
            self._attributes(case.pattern, matched)
            last = case.body[-1].end_lineno or node.lineno
            for pattern in ast.walk(case.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if isinstance(pattern, ast.MatchClass):
                    cls = self.read(pattern.cls)
                    if subject and pattern is case.pattern:
                        draft.bindings.append(
                            Binding(
                                subject, How.ISINSTANCE, cls, case.pattern.lineno, -1, (), draft.depth, last
                            )
                        )
                elif (
                    isinstance(pattern, ast.MatchAs) and isinstance(pattern.pattern, ast.MatchClass) and name
                ):
                    self.bind(name, How.EXCEPT, self.quiet(pattern.pattern.cls), case.pattern.lineno)
                elif isinstance(pattern, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)) and name:
                    self.bind(name, How.OTHER, None, case.pattern.lineno)
                elif isinstance(pattern, ast.MatchValue):
                    self.read(pattern.value)
            if case.guard is not None:
                self.read(case.guard)
            self._nested(case.body)

    def _attributes(self, pattern: ast.pattern, matched: Expr) -> None:
        """`case Order(total=total, user=User(name=name))` reads `total`, `user` and `user.name`."""
        for inner in pattern.patterns if isinstance(pattern, ast.MatchOr) else ():
            self._attributes(inner, matched)
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
            self._attributes(pattern.pattern, matched)
        if isinstance(pattern, ast.MatchSequence) and isinstance(matched, Display):
            for inner, item in zip(pattern.patterns, matched.items, strict=False):
                self._attributes(inner, item)
        if isinstance(pattern, ast.MatchClass):
            for attr, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
                read = Attr(matched, attr)
                self.references.append(Reference(self.current, span_of(pattern), read))
                self._attributes(inner, read)


def _lines(block: Sequence[ast.stmt]) -> tuple[int, int]:
    return (block[0].lineno, block[-1].end_lineno or 0) if block else (0, 0)


def _is_main_guard(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
    )
