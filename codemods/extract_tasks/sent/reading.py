"""Which attributes are read of an object that a function is given, or of those in a list: by the function and
by what it hands them on to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ...analysis.judge.reach import Reach
from ...analysis.link.kinds import Fn
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.scopes import parameter_names
from ...analysis.syntax import FileSyntax, Syntax, span_of
from ...model import Span

_DEPTH = 6
_SAME_ELEMENTS = ("sorted", "reversed", "list", "tuple")
_COUNTS = ("len", "bool")
_TESTS = (ast.If, ast.IfExp, ast.While)


class Reading:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.syntax = syntax
        self._calls: dict[str, dict[Span, int]] = {}

    def of_parameters(self, function: Key, *, in_list: bool) -> Iterator[tuple[str, frozenset[str]]]:
        """Those of which nothing but attributes are read, each with these."""
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        for name in parameter_names(node.args) if node is not None else ():
            read = self._of_parameter(function, name, in_list, _DEPTH)
            if read is not None:
                yield name, read

    def of_uses(self, function: Key, uses: Iterable[ast.expr], *, in_list: bool) -> frozenset[str] | None:
        """The attributes that these names in the function lead to; None where something else is done with
        one."""
        return self._of_uses(function, uses, in_list, _DEPTH)

    def _of_parameter(self, function: Key, name: str, in_list: bool, depth: int) -> frozenset[str] | None:
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        if node is None or depth == 0:
            return None
        uses = [part for part in walk(node) if isinstance(part, ast.Name) and part.id == name]
        if any(not isinstance(use.ctx, ast.Load) for use in uses):
            return None
        return self._of_uses(function, uses, in_list, depth)

    def _of_uses(
        self, function: Key, uses: Iterable[ast.expr], in_list: bool, depth: int
    ) -> frozenset[str] | None:
        found: set[str] = set()
        file = self.syntax.file(function.path)
        for use in uses:
            read = self._of_use(function, file, use, in_list, depth)
            if read is None:
                return None
            found |= read
        return frozenset(found)

    def _of_use(
        self, function: Key, file: FileSyntax, use: ast.expr, in_list: bool, depth: int
    ) -> frozenset[str] | None:
        above = file.parents.get(use)
        if above is None:
            return None  # it stands in no file: what is handed on, as if it were called there
        if _only_asks(above, use):
            return frozenset()
        if isinstance(above, ast.Call) and use is not above.func:
            return self._of_argument(function, file, above, use, in_list, depth)
        if isinstance(above, ast.keyword):
            call = file.parents[above]
            return (
                self._handed_on(function, call, use, in_list, depth) if isinstance(call, ast.Call) else None
            )
        if in_list:
            return self._of_elements(function, file, above, use, depth)
        is_read = isinstance(above, ast.Attribute) and isinstance(above.ctx, ast.Load)
        return frozenset({above.attr}) if is_read else None  # type: ignore[attr-defined]

    def _of_elements(
        self, function: Key, file: FileSyntax, above: ast.AST, use: ast.expr, depth: int
    ) -> frozenset[str] | None:
        """`for order in orders`, `orders[0].total`"""
        if isinstance(above, ast.Subscript) and above.value is use and not isinstance(above.slice, ast.Slice):
            is_read = isinstance(above.ctx, ast.Load)
            return self._of_use(function, file, above, False, depth) if is_read else None
        if not isinstance(above, (ast.For, ast.comprehension)) or above.iter is not use:
            return None
        return self._of_target(function, file, above.target, depth)

    def _of_target(
        self, function: Key, file: FileSyntax, target: ast.expr, depth: int
    ) -> frozenset[str] | None:
        node = file.function(self.program.scope(function).span)
        if not isinstance(target, ast.Name) or node is None or target.id in parameter_names(node.args):
            return None
        named = (part for part in walk(node) if isinstance(part, ast.Name) and part.id == target.id)
        loads = [part for part in named if isinstance(part.ctx, ast.Load)]
        return self._of_uses(function, loads, False, depth)

    def _of_argument(
        self, function: Key, file: FileSyntax, call: ast.Call, use: ast.expr, in_list: bool, depth: int
    ) -> frozenset[str] | None:
        name = call.func.id if isinstance(call.func, ast.Name) and in_list else ""
        if name in _COUNTS:
            return frozenset()
        above = file.parents[call]
        if name == "enumerate" and isinstance(above, (ast.For, ast.comprehension)) and above.iter is call:
            target = above.target
            is_pair = isinstance(target, ast.Tuple) and len(target.elts) == 2
            return self._of_target(function, file, target.elts[1], depth) if is_pair else None  # type: ignore[attr-defined]
        if name in _SAME_ELEMENTS and len(call.args) == 1:
            result = self._of_use(function, file, call, True, depth)
            keys = [self._of_key(function, file, keyword, depth) for keyword in call.keywords]
            parts = [result, *keys]
            return frozenset[str]().union(*filter(None, parts)) if None not in parts else None
        return self._handed_on(function, call, use, in_list, depth)

    def _of_key(
        self, function: Key, file: FileSyntax, keyword: ast.keyword, depth: int
    ) -> frozenset[str] | None:
        """`key=lambda order: order.total`, `reverse=True`"""
        value = keyword.value
        if keyword.arg != "key":
            return frozenset() if isinstance(value, ast.Constant) else None
        if not isinstance(value, ast.Lambda) or len(value.args.args) != 1:
            return None
        own = value.args.args[0].arg
        uses = [part for part in walk(value) if isinstance(part, ast.Name) and part.id == own]
        return self._of_uses(function, uses, False, depth)

    def _handed_on(
        self, function: Key, call: ast.Call, use: ast.expr, in_list: bool, depth: int
    ) -> frozenset[str] | None:
        """To functions of the project, each of which must be known."""
        index = self._index(function.path).get(span_of(call))
        callees = self.inference.callees(CallKey(function.path, index)) if index is not None else ()
        found: set[str] = set()
        for callee in callees:
            name = self._parameter(callee, call, use) if isinstance(callee, Fn) else ""
            is_known = isinstance(callee, Fn) and name
            read = self._of_parameter(callee.key, name, in_list, depth - 1) if is_known else None  # type: ignore[union-attr]
            if read is None:
                return None
            found |= read
        return frozenset(found) if callees else None

    def _parameter(self, function: Fn, call: ast.Call, use: ast.expr) -> str:
        """The parameter that takes it; empty for none that has it alone."""
        parameters = self.program.scope(function.key).parameters
        for keyword in call.keywords:
            if keyword.value is use:
                own = (each.name for each in parameters if each.name == keyword.arg and "*" not in each.kind)
                return next(own, "")
        places = [each.name for each in parameters if each.kind == "positional"]
        places = places[1:] if function.bound else places
        before = call.args[: call.args.index(use)]
        is_plain = len(before) < len(places) and not any(isinstance(each, ast.Starred) for each in before)
        return places[len(before)] if is_plain else ""

    def _index(self, path: str) -> dict[Span, int]:
        if path not in self._calls:
            calls = self.program.modules[path].facts.calls
            self._calls[path] = {call.span: number for number, call in enumerate(calls)}
        return self._calls[path]


def _only_asks(above: ast.AST, use: ast.expr) -> bool:
    """`if not orders`, `order is None`"""
    if isinstance(above, ast.Compare):
        return all(isinstance(each, (ast.Is, ast.IsNot)) for each in above.ops)
    is_denied = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    return is_denied or (isinstance(above, _TESTS) and above.test is use)
