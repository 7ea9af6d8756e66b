"""Data of which the code says that it is large, or that somebody else says how large it is.

np.random.rand(2000, 2000)      4,000,000 numbers: making them, and what is reckoned with them, takes long
np.zeros((n, n)), [0] * n * n   as many as a caller likes
np.zeros(len(rows))             no more than there is data
sum(range(10_000_000))          gone through at once
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from math import prod

from ...model import Span
from ..nodes import walk
from ..scopes import parameter_names
from ..syntax import FunctionNode, last_name, span_of
from .counting import Numbers, number, rounds_of, takes_orders

LARGE = 1_000_000
"""Items with which a step takes long: summing them 15 ms, drawing them 10, multiplying two arrays 30."""
_BY_ARGUMENTS = frozenset({"rand", "randn"})
_BY_SHAPE = frozenset({"empty", "full", "ones", "random", "standard_normal", "zeros"})
_BY_SIZE = frozenset({"choice", "exponential", "integers", "normal", "poisson", "randint", "uniform"})
_SQUARE = frozenset({"eye", "identity"})
_NAMES = (ast.Name, ast.Constant, ast.BinOp, ast.operator, ast.expr_context)
_CONSUMERS = frozenset(
    {"Counter", "dict", "frozenset", "join", "list", "max", "min", "reduce", "set", "sorted", "sum", "tuple"}
)
_THROUGH = frozenset({"enumerate", "filter", "map", "reversed", "zip"})


def aliases(tree: ast.Module) -> frozenset[str]:
    """The names of numpy, and of what is taken from it."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Import):
            every = (each for each in node.names if each.name.partition(".")[0] == "numpy")
            found.update(each.asname or "numpy" for each in every)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "numpy":
            found.update(each.asname or each.name for each in node.names)
    return frozenset(found)


class Large:
    """What is large in one function."""

    def __init__(self, numbers: Numbers, names: frozenset[str], function: FunctionNode) -> None:
        """`names` of numpy in the file."""
        self._nodes = walk(function)
        self._names = names
        self._parameters = set(parameter_names(function.args)) - {"self", "cls"}
        self._numbers = {name: value for name, value in numbers.items() if name not in self._parameters}

    def first(self) -> Iterator[tuple[Span, str]]:
        """The first expression that is, with the reason."""
        for node in self._nodes:
            if why := self._why(node):
                yield span_of(node), why
                return

    def _why(self, node: ast.AST) -> str:
        if isinstance(node, ast.BinOp) and self._is_large(sides := _repeated(node)):
            return f"a sequence of {' x '.join(map(ast.unparse, sides))} items"
        if not isinstance(node, ast.Call):
            return ""
        if _root(node.func) in self._names and self._is_large(sides := _sides(node)):
            return f"an array of {' x '.join(map(ast.unparse, sides))} numbers"
        if last_name(node.func) == "factorial" and any(map(self._is_free, node.args)):
            return ast.unparse(node)
        if last_name(node.func) in _CONSUMERS:
            return next(
                (f"all of {ast.unparse(each)}" for each in _gone_through(node) if self._ends_late(each)), ""
            )
        return ""

    def _is_large(self, sides: Sequence[ast.expr]) -> bool:
        said = [number(each, self._numbers) for each in sides]
        known = [each for each in said if each is not None]
        is_said = bool(known) and len(known) == len(said) and prod(known) >= LARGE
        return is_said or sum(map(self._is_free, sides)) > 1

    def _is_free(self, side: ast.expr) -> bool:
        """Is it reckoned from parameters alone?"""
        nodes = walk(side)
        named = {node.id for node in nodes if isinstance(node, ast.Name) and not node.id.isupper()}
        is_plain = all(isinstance(node, _NAMES) for node in nodes)
        return bool(named) and named <= self._parameters and is_plain

    def _ends_late(self, call: ast.Call) -> bool:
        is_range = last_name(call.func) == "range"
        return (rounds_of(call, self._numbers) or 0) >= LARGE if is_range else takes_orders(call)


def _sides(call: ast.Call) -> Sequence[ast.expr]:
    """How many numbers there are along each axis; empty for another call."""
    name = last_name(call.func)
    if name in _BY_ARGUMENTS:
        return call.args
    if name in _SQUARE:
        return [*call.args[:1], *call.args[:1]]
    if name not in _BY_SHAPE | _BY_SIZE:
        return ()
    given = [each.value for each in call.keywords if each.arg in ("size", "shape")]
    shape = given or (call.args[:1] if name in _BY_SHAPE else [])
    return shape[0].elts if shape and isinstance(shape[0], (ast.Tuple, ast.List)) else shape


def _repeated(node: ast.BinOp) -> Sequence[ast.expr]:
    """`n` and `n` of `[0] * n * n`"""
    times: list[ast.expr] = []
    below: ast.expr = node
    while isinstance(below, ast.BinOp) and isinstance(below.op, ast.Mult):
        times.insert(0, below.right)
        below = below.left
    is_text = isinstance(below, ast.Constant) and isinstance(below.value, (str, bytes))
    return times if is_text or isinstance(below, ast.List) else ()


def _gone_through(call: ast.Call) -> Iterator[ast.Call]:
    """The calls of which it takes all items, itself or by what hands them on."""
    for each in call.args:
        if isinstance(each, ast.Call):
            if last_name(each.func) in _THROUGH:
                yield from _gone_through(each)
            else:
                yield each


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""
