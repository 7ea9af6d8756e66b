"""Loops that call, in each round, a function which counts as far as the round says.

def is_prime(n):                                      def primes(top):
    return all(n % k for k in range(2, n))                return [n for n in range(2, top) if is_prime(n)]
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ...model import Span
from ..nodes import walk
from ..scopes import own_nodes, target_names
from ..syntax import FunctionNode, last_name, span_of
from .counting import Nests, Numbers
from .growing import stepped
from .in_each_round import computes, names_in

_ITSELF = ("self", "cls")


class _Counting(msgspec.Struct, frozen=True):
    """A function with a loop that goes as far as a number which it is given says."""

    parameters: tuple[str, ...]
    limits: frozenset[str]
    """Those of the parameters that say how far."""
    text: str
    """The loop, as written."""


class CountedCalls:
    """The functions of one file that count, and who calls them in loops."""

    def __init__(
        self, numbers: Numbers, functions: Sequence[FunctionNode], looping: Iterable[FunctionNode]
    ) -> None:
        """`looping`: those of the functions that may hold a loop."""
        self._numbers = numbers
        times = Counter(function.name for function in functions)
        self._counting: Mapping[str, _Counting] = {
            function.name: found
            for function in looping
            if times[function.name] == 1 and isinstance(function, ast.FunctionDef)
            for found in _counting(numbers, function)
        }

    def __bool__(self) -> bool:
        return bool(self._counting)

    def heavy(self, function: FunctionNode) -> Iterator[tuple[Span, str]]:
        """The loops of a function that do so, with the reason."""
        for node, loop in Nests(self._numbers, function).free():
            yield from self._called(node, target_names(loop.target), loop.place, f"over {loop.text}")
        for node in own_nodes(function):
            if isinstance(node, ast.While):
                yield from self._called(node, stepped(node), span_of(node), f"while {ast.unparse(node.test)}")

    def _called(
        self, loop: ast.AST, counters: set[str], place: Span, text: str
    ) -> Iterator[tuple[Span, str]]:
        for call in walk(loop):
            found = self._counting.get(last_name(call.func)) if isinstance(call, ast.Call) else None
            if found is not None and isinstance(call, ast.Call) and _is_counted(call, found, counters):
                inner = f"in {last_name(call.func)}(), {found.text}"
                yield place, f"two nested loops {text} and, {inner}"
                return


def _counting(numbers: Numbers, function: ast.FunctionDef) -> Iterator[_Counting]:
    given = function.args
    parameters = tuple(each.arg for each in (*given.posonlyargs, *given.args))
    for node, loop in Nests(numbers, function).free():
        limits = frozenset(parameters) & {name for end in loop.counted for name in names_in(end)}
        is_number = not any(_is_size(each, parameters) for end in loop.counted for each in walk(end))
        if limits and is_number and computes(node, target_names(loop.target)):
            yield _Counting(parameters, limits, f"over {loop.text}")
    for node in own_nodes(function):
        if isinstance(node, ast.While) and (counters := stepped(node)) & names_in(node.test):
            limits = frozenset(parameters) & names_in(node.test)
            is_number = not any(_is_size(each, parameters) for each in walk(node.test))
            if (
                limits
                and is_number
                and any(isinstance(each, ast.BinOp) and counters & names_in(each) for each in walk(node))
            ):
                yield _Counting(parameters, limits, f"while {ast.unparse(node.test)}")


def _is_size(node: ast.AST, parameters: tuple[str, ...]) -> bool:
    """`len(rows)`, `grid.width`: the size of data, each part of which has its own."""
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id in parameters
    return isinstance(node, ast.Subscript) or (isinstance(node, ast.Call) and last_name(node.func) == "len")


def _is_counted(call: ast.Call, callee: _Counting, counters: set[str]) -> bool:
    """Is the function given what the loop counts with, or a number made of it, for how far it counts?"""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if owner is not None and not (isinstance(owner, ast.Name) and owner.id in _ITSELF):
        return False
    names = [name for name in callee.parameters if name not in _ITSELF]
    given: dict[str, ast.expr] = dict(zip(names, call.args))  # noqa: B905 (the others have defaults)
    given.update((each.arg, each.value) for each in call.keywords if each.arg)
    return any(
        name in callee.limits
        and not any(isinstance(each, (ast.Subscript, ast.Attribute, ast.Call)) for each in walk(value))
        and counters & names_in(value)
        for name, value in given.items()
    )
