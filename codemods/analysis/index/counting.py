"""Nested loops over ranges that nothing limits, or over the same data, and loops of very many rounds."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod

import msgspec

from ...model import Span
from ..nodes import bound_plainly, children, walk
from ..scopes import COMPREHENSIONS, DEFERRED, own_nodes
from ..syntax import FunctionNode, last_name, span_of
from .in_each_round import compares, computes, names_in

MANY = 100_000
"""Rounds that take 10 ms or more in CPython, whatever is done in them."""
PAUSES = (ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.AsyncWith)
_LOOPS = (ast.For, *COMPREHENSIONS)
_WORDS = ("", "", "two", "three", "four")
_ORDERS = frozenset({"combinations", "combinations_with_replacement", "permutations"})
"""Of `itertools`: as many as the data has parts of that size, or ways to lay it out."""
_SAME_LENGTH = frozenset({"enumerate", "reversed", "list", "tuple", "sorted", "tqdm"})

Numbers = Mapping[str, int | None]


def constants(tree: ast.Module) -> Numbers:
    """Whole numbers that names of the module stand for."""
    found: dict[str, int | None] = {}
    for statement in tree.body:
        for target, value in bound_plainly(statement):
            if isinstance(target, ast.Name):
                found[target.id] = number(value, found)
    return found


class Loop(msgspec.Struct, frozen=True):
    place: Span
    target: ast.expr
    counted: tuple[ast.expr, ...] = ()
    """The arguments of the range that it goes over; empty for one over data."""
    rounds: int | None = None
    """Where the code says how many."""
    text: str = ""
    """What it goes over, as written."""
    is_endless: bool = False
    """Over more than the data could hold: all its orders."""


class Nests:
    """The loops of one function."""

    def __init__(self, numbers: Numbers, function: FunctionNode) -> None:
        self.function = function
        self.numbers = {**numbers, **_parameters(function)}

    def heavy(self) -> Iterator[tuple[Span, str]]:
        """The outermost loop of each nest that computes for long, with the reason."""
        for statement in self.function.body:
            ways = _ways_to_loops(statement)
            if ways:
                yield from self._heavy(statement, (), ways)

    def free(self) -> Iterator[tuple[ast.AST, Loop]]:
        """The loops of the function itself that go as far as a number from outside says, each seen alone."""
        for node in own_nodes(self.function):
            if isinstance(node, ast.For):
                found = [self.loop(node.target, node.iter, span_of(node))]
            elif isinstance(node, COMPREHENSIONS):
                found = [self.loop(g.target, g.iter, span_of(g.iter)) for g in node.generators]
            else:
                continue
            if not any(isinstance(each, PAUSES) for each in walk(node)):
                yield from ((node, loop) for loop in found if self._is_free(loop, ()))

    def counts_far(self, node: ast.For, rounds: int) -> bool:
        """Does it count to a number from outside, or to one of at least so many rounds?"""
        loop = self.loop(node.target, node.iter, span_of(node))
        return self._is_free(loop, ()) or (loop.rounds or 0) >= rounds

    def _heavy(
        self, node: ast.AST, around: tuple[Loop, ...], ways: Collection[ast.AST]
    ) -> Iterator[tuple[Span, str]]:
        if isinstance(node, DEFERRED):
            return
        nest = around
        if isinstance(node, ast.For):
            nest = (*around, self.loop(node.target, node.iter, span_of(node)))
        elif isinstance(node, COMPREHENSIONS):
            nest = (*around, *(self.loop(g.target, g.iter, span_of(g.iter)) for g in node.generators))
        if len(nest) > len(around) and any(isinstance(each, PAUSES) for each in walk(node)):
            nest = ()  # others run in between
        deeper = [
            found for child in children(node) if child in ways for found in self._heavy(child, nest, ways)
        ]
        why = self._why(nest, node) if len(nest) > len(around) else ""
        yield from deeper or ([(nest[0].place, why)] if why else [])

    def loop(self, target: ast.expr, iterated: ast.expr, place: Span) -> Loop:
        while isinstance(iterated, ast.Call) and last_name(iterated.func) in _SAME_LENGTH and iterated.args:
            iterated = iterated.args[0]
        if isinstance(iterated, ast.Call) and takes_orders(iterated):
            return Loop(place, target, text=ast.unparse(iterated), is_endless=True)
        is_range = isinstance(iterated, ast.Call) and last_name(iterated.func) == "range"
        if not isinstance(iterated, ast.Call) or not is_range or not 0 < len(iterated.args) < 4:
            return Loop(place, target, text=_whole(iterated))
        rounds = rounds_of(iterated, self.numbers)
        return Loop(place, target, tuple(iterated.args), rounds, ast.unparse(iterated))

    def _why(self, nest: Sequence[Loop], innermost: ast.AST) -> str:
        """Why the nest, seen down to its innermost loop, is heavy; empty where it is not."""
        said = [loop for loop in nest if loop.rounds is not None]
        rounds = prod(loop.rounds or 0 for loop in said)
        if said and rounds >= MANY:
            return f"{rounds:,} rounds of {' and '.join(loop.text for loop in said)}"
        if nest[-1].is_endless:
            return f"a loop over {nest[-1].text}"
        targets = {name for loop in nest for name in names_in(loop.target)}
        data = [loop.text for loop in nest if not loop.counted and loop.text]
        is_twice = data.count(nest[-1].text) > 1
        is_pair = is_twice and compares(innermost, [names_in(loop.target) for loop in nest])
        if not (computes(innermost, targets) or is_pair or _is_sieve(nest[-1], targets)):
            return ""
        if is_twice:
            return f"two nested loops over all of {nest[-1].text}"
        free = [loop for number, loop in enumerate(nest) if self._is_free(loop, nest[:number])]
        if len(free) < 2 or nest[-1] not in free:
            return ""
        texts = " and ".join(dict.fromkeys(loop.text for loop in free))
        return f"{_WORDS[min(len(free), 4)]} nested loops over {texts}"

    def _is_free(self, loop: Loop, around: Sequence[Loop]) -> bool:
        """Does nothing limit how far it counts but numbers from outside, and the loops around it?"""
        if not loop.counted or loop.rounds is not None:
            return False
        counters = {name for each in around if each.counted for name in names_in(each.target)}
        if len(loop.counted) == 3 and number(loop.counted[2], {}) is None:
            return _is_sieve(loop, counters)  # others go from chunk to chunk
        if len(loop.counted) > 1 and all(counters & names_in(end) for end in loop.counted[:2]):
            return False  # a window that moves on with a loop around it
        elements = {name for each in around if not each.counted for name in names_in(each.target)}
        elements |= self._taken(elements, counters)
        return not any(_limits(node, elements, counters) for end in loop.counted for node in walk(end))

    def _taken(self, elements: set[str], counters: set[str]) -> set[str]:
        """Names for an element that a counter picks: `row = rows[i]`."""
        return {
            target.id
            for node in walk(self.function)
            for target, value in bound_plainly(node)
            if isinstance(target, ast.Name)
            if any(_limits(each, elements, counters) for each in walk(value))
        }


def _ways_to_loops(statement: ast.stmt) -> Collection[ast.AST]:
    """The loops in a statement, and all that they stand in: most of it is neither."""
    around: dict[ast.AST, ast.AST] = {}
    nodes: list[ast.AST] = [statement]
    for node in nodes:
        below = children(node)
        for each in below:
            around[each] = node
        nodes += below
    found: set[ast.AST] = set()
    for node in nodes:
        way: ast.AST | None = node if isinstance(node, _LOOPS) else None
        while way is not None and way not in found:
            found.add(way)
            way = around.get(way)
    return found


def rounds_of(call: ast.Call, names: Numbers) -> int | None:
    """How many numbers a range has, where the code says so."""
    ends = [number(each, names) for each in call.args]
    known = [end for end in ends if end is not None]
    if not 0 < len(known) == len(ends) < 4 or 0 in known[2:]:
        return None
    counted = range(*known)  # longer than `len` can say, perhaps
    return max(0, -((counted.start - counted.stop) // counted.step))


def takes_orders(call: ast.Call) -> bool:
    """`permutations(cities)`, `product("ab", repeat=n)`, `product(range(n), repeat=2)`; of pairs there are no
    more than of two loops."""
    name = last_name(call.func)
    if name == "product":
        repeats = [each.value for each in call.keywords if each.arg == "repeat"]
        ranges = [
            each for each in call.args if isinstance(each, ast.Call) and last_name(each.func) == "range"
        ]
        is_said = all(isinstance(end, ast.Constant) for each in ranges for end in each.args)
        is_often = len(ranges) > 1 or bool(repeats)
        return any(not isinstance(each, ast.Constant) for each in repeats) or (is_often and not is_said)
    size = call.args[1] if len(call.args) > 1 else None
    return name in _ORDERS and not (isinstance(size, ast.Constant) and size.value in (1, 2))


def _is_sieve(loop: Loop, counters: set[str]) -> bool:
    """`range(i * i, top, i)`: all multiples of what the loop around it has come to."""
    return len(loop.counted) == 3 and all(counters & names_in(end) for end in loop.counted[::2])


def _whole(iterated: ast.expr) -> str:
    """The name of the data, of which it may be the part behind what the loop around it has come to."""
    if isinstance(iterated, ast.Subscript) and isinstance(iterated.slice, ast.Slice):
        iterated = iterated.value
    return ast.unparse(iterated) if isinstance(iterated, (ast.Name, ast.Attribute)) else ""


def _limits(node: ast.AST, elements: set[str], counters: set[str]) -> bool:
    """A part of the data, which the loop around goes over, or a number that is written down somewhere."""
    if isinstance(node, ast.Name):
        return node.id in elements or node.id.isupper()
    if isinstance(node, ast.Attribute):
        return node.attr.isupper()
    if isinstance(node, ast.Subscript):
        return bool(counters & names_in(node.slice))
    return (
        isinstance(node, ast.Call)
        and last_name(node.func) == "min"
        and any(isinstance(each, ast.Constant) for each in node.args)
    )


def _parameters(function: FunctionNode) -> Numbers:
    """What a parameter is by default, where that alone is many; else nobody knows it."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    behind = positional[len(positional) - len(given.defaults) :]
    defaults = [
        *zip(behind, given.defaults, strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]
    found: dict[str, int | None] = {each.arg: None for each in (*positional, *given.kwonlyargs)}
    for parameter, default in defaults:
        value = number(default, {}) if default is not None else None
        if value is not None and value >= MANY:
            found[parameter.arg] = value
    return found


def number(node: ast.expr, names: Numbers) -> int | None:
    """The whole number that an expression of constants gives."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number(node.operand, names)
        return -value if value is not None else None
    if not isinstance(node, ast.BinOp):
        return None
    left, right = number(node.left, names), number(node.right, names)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.Pow):
        return int(left**right) if 0 <= right < 20 and abs(left) < 1000 else None
    if isinstance(node.op, ast.Mult):
        return left * right
    if isinstance(node.op, ast.Add):
        return left + right
    return left - right if isinstance(node.op, ast.Sub) else None
