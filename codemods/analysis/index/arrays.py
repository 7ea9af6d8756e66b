"""Arrays of numpy of which the code says that they are large, or that somebody else says how large they are.

np.random.rand(2000, 2000)      4,000,000 numbers: making them, and what is reckoned with them, takes long
np.zeros((n, n))                as many as a caller likes
np.zeros(len(rows))             no more than there is data
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from math import prod

from ...model import Span
from ..nodes import walk
from ..scopes import parameter_names
from ..syntax import FunctionNode, span_of
from .counting import Numbers, number

LARGE = 1_000_000
"""Numbers of an array with which a step takes long: drawing them 10 ms and more, multiplying two such 30."""
_BY_ARGUMENTS = frozenset({"rand", "randn"})
_BY_SHAPE = frozenset({"empty", "full", "ones", "random", "standard_normal", "zeros"})
_BY_SIZE = frozenset({"choice", "exponential", "integers", "normal", "poisson", "randint", "uniform"})
_SQUARE = frozenset({"eye", "identity"})
_NAMES = (ast.Name, ast.Constant, ast.BinOp, ast.operator, ast.expr_context)


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


def large_arrays(
    numbers: Numbers, names: frozenset[str], function: FunctionNode
) -> Iterator[tuple[Span, str]]:
    """The first one that the function makes, with the reason."""
    parameters = set(parameter_names(function.args)) - {"self", "cls"}
    known = {name: value for name, value in numbers.items() if name not in parameters}
    for node in walk(function):
        sides = _sides(node) if isinstance(node, ast.Call) and _root(node.func) in names else ()
        said = [number(each, known) for each in sides]
        free = [each for each in sides if _is_free(each, parameters)]
        if (None not in said and sides and prod(each or 0 for each in said) >= LARGE) or len(free) > 1:
            yield span_of(node), f"an array of {' x '.join(map(ast.unparse, sides))} numbers"
            return


def _sides(call: ast.Call) -> Sequence[ast.expr]:
    """How many numbers there are along each axis; empty for another call."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _BY_ARGUMENTS:
        return call.args
    if name in _SQUARE:
        return [*call.args[:1], *call.args[:1]]
    if name not in _BY_SHAPE | _BY_SIZE:
        return ()
    given = [each.value for each in call.keywords if each.arg in ("size", "shape")]
    shape = given or (call.args[:1] if name in _BY_SHAPE else [])
    return shape[0].elts if shape and isinstance(shape[0], (ast.Tuple, ast.List)) else shape


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _is_free(side: ast.expr, parameters: set[str]) -> bool:
    """Is it reckoned from parameters alone?"""
    nodes = walk(side)
    named = {node.id for node in nodes if isinstance(node, ast.Name) and not node.id.isupper()}
    return bool(named) and named <= parameters and all(isinstance(node, _NAMES) for node in nodes)
