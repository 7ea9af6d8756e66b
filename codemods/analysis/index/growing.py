"""Loops over what the loop around them makes longer, and `while` loops that count very far.

found = []                                   i = 0
for n in range(2, top):                      while i < 5_000_000:
    if all(n % p for p in found):                total += i
        found.append(n)                          i += 1
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...model import Span
from ..nodes import walk
from ..scopes import COMPREHENSIONS, own_nodes, target_names
from ..syntax import FunctionNode, span_of
from .counting import MANY, PAUSES, Loop, Nests, Numbers, number
from .in_each_round import computes, names_in

_GROWS = frozenset({"add", "append", "extend", "insert"})
_FEW = 1_000
"""Rounds of the outer loop for which it takes no time to go over all of before."""


def growing(numbers: Numbers, function: FunctionNode) -> Iterator[tuple[Span, str]]:
    """The outer loops, with the reason."""
    nests = Nests(numbers, function)
    for node in own_nodes(function):
        if not isinstance(node, (ast.For, ast.While)) or any(isinstance(each, PAUSES) for each in walk(node)):
            continue
        rounds = _rounds(nests, node)
        if rounds >= MANY and isinstance(node, ast.While):
            yield span_of(node), f"{rounds:,} rounds of {_text(node)}"
        elif isinstance(node, ast.While) or nests.counts_far(node, _FEW):
            longer = _grown(node)
            own = stepped(node) if isinstance(node, ast.While) else names_in(node.target)
            over = next((loop.text for loop in _inner(nests, node, own) if loop.text in longer), "")
            if over:
                yield span_of(node), f"a loop over {over}, which grows with each round of {_text(node)}"


def stepped(loop: ast.While) -> set[str]:
    """`n` of `n += 1` in the loop."""
    return {name for name, _ in _steps(loop)}


def _steps(loop: ast.While) -> Iterator[tuple[str, int]]:
    for node in walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            value = node.value.value if isinstance(node.value, ast.Constant) else None
            if isinstance(node.op, ast.Add) and isinstance(value, (int, float)):
                yield node.target.id, max(1, int(value))


def _rounds(nests: Nests, loop: ast.For | ast.While) -> int:
    """How far `while i < 5_000_000` counts, if the code says so."""
    test = loop.test if isinstance(loop, ast.While) else None
    if not isinstance(loop, ast.While) or not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return 0
    steps = [step for name, step in _steps(loop) if isinstance(test.left, ast.Name) and name == test.left.id]
    end = number(test.comparators[0], nests.numbers)
    return end // max(steps) if end and steps and isinstance(test.ops[0], (ast.Lt, ast.LtE)) else 0


def _grown(loop: ast.For | ast.While) -> set[str]:
    """The names of what is made longer inside of it."""
    return {
        node.func.value.id
        for node in walk(loop)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in _GROWS and isinstance(node.func.value, ast.Name)
    }


def _inner(nests: Nests, outer: ast.For | ast.While, counters: set[str]) -> Iterator[Loop]:
    """The loops inside that do something with numbers in each round."""
    for node in walk(outer):
        if isinstance(node, ast.For) and node is not outer:
            found = [nests.loop(node.target, node.iter, span_of(node))]
        elif isinstance(node, COMPREHENSIONS):
            found = [nests.loop(each.target, each.iter, span_of(each.iter)) for each in node.generators]
        else:
            continue
        targets = {name for loop in found for name in target_names(loop.target)}
        if computes(node, targets | counters):
            yield from found


def _text(loop: ast.For | ast.While) -> str:
    if isinstance(loop, ast.While):
        return f"while {ast.unparse(loop.test)}"
    return ast.unparse(loop.iter)
