"""Code that computes for long, judged by its shape: loops that count inside loops, recursion that branches,
large data.

Only what grows faster than its data counts: going over the rows of an answer, once or twice, is no computing.
How large the numbers are cannot be seen in the code, so each judgement says what it rests on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from ...model import Span
from ..nodes import given_to, walk
from ..scopes import COMPREHENSIONS
from ..syntax import FunctionNode, last_name, span_of
from .counted_calls import CountedCalls
from .counting import Nests, constants
from .facts import Computing
from .growing import growing
from .large import Large, aliases
from .searching import searching

_TWICE = "it calls itself more than once, each time with a number that is one step further"
_TELLING = ("range(", "permutations(", "combinations", "product(")
_LARGE = ("] *", '" *', "' *", "factorial(")
_REMEMBERS = ("cache", "memo")
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)


def computing(
    tree: ast.Module, functions: Iterable[FunctionNode], lines: Sequence[str]
) -> Iterator[Computing]:
    """The places at which the functions of a file compute for long."""
    functions, numbers = list(functions), constants(tree)
    looping = (node for node in functions if _has(_text(node, lines), "range(", "while "))
    called = CountedCalls(numbers, functions, looping)
    arrays = aliases(tree) if any("numpy" in line for line in lines) else frozenset()
    for node in functions:
        text = _text(node, lines)
        found: dict[Span, str] = {}
        if called and ("for " in text or "while " in text):
            found.update(called.heavy(node))
        if text.count("for ") > 1 or _has(text, *_TELLING):  # most functions need not be walked through
            found.update(Nests(numbers, node).heavy())
        if "while " in text or (_has(text, "append(", "add(") and "range(" in text):
            grown = dict(growing(numbers, node))
            found = {place: found[place] for place in found if not any(g.contains(place) for g in grown)}
            found.update(grown)
        if "range(" in text or _has(text, *_LARGE, *arrays, *_TELLING):
            found.update(Large(numbers, arrays, node).first())
        for place, why in found.items():
            yield Computing(span_of(node), place, why)
        for place, why in searching(node) if "while " in text else ():
            if not any(place.contains(each) for each in found):
                yield Computing(span_of(node), place, why, is_alone=True)
        if text.count(f"{node.name}(") > 1 and _branches(node):
            yield Computing(span_of(node), span_of(node), _TWICE, is_alone=True)


def _has(text: str, *words: str) -> bool:
    return any(word in text for word in words)


def _text(node: FunctionNode, lines: Sequence[str]) -> str:
    return "".join(lines[node.lineno - 1 : node.end_lineno])


def _branches(function: FunctionNode) -> bool:
    """`f(n - 1) + f(n - 2)`: each run makes two of itself, or one in each round of a loop.

    Over numbers, for a tree has as many runs as nodes; and it remembers no results.
    """
    if isinstance(function, ast.AsyncFunctionDef):
        return False
    calls = [node for node in walk(function) if isinstance(node, ast.Call) and _steps(node, function)]
    if not calls or _remembers(function):
        return False
    if any(_one_after_the_other(block, calls) for block in _blocks(function)):
        return True
    nodes = walk(function)
    looped = {part for node in nodes if isinstance(node, ast.For) for part in walk(node)}
    in_each = {part for node in nodes if isinstance(node, COMPREHENSIONS) for part in walk(node)}
    return any(call in in_each or (call in looped and not _is_returned(function, call)) for call in calls)


def _remembers(function: FunctionNode) -> bool:
    names = (last_name(node) for node in walk(function))
    return any(word in name.lower() for name in names for word in _REMEMBERS)


def _steps(call: ast.Call, function: FunctionNode) -> bool:
    """Does the function call itself with its own parameters, one of them less or more by a number?"""
    if last_name(call.func) != function.name:
        return False
    given = given_to(call)
    parameters = {node.arg for node in walk(function.args) if isinstance(node, ast.arg)}
    arithmetic = [each for each in given if isinstance(each, ast.BinOp)]
    steps = [each for each in arithmetic if isinstance(each.op, (ast.Add, ast.Sub))]
    others = [each for each in given if each not in arithmetic]
    return (
        any(isinstance(step.right, ast.Constant) for step in steps)
        and all(_is_one_of(each.left, parameters) for each in arithmetic)
        and all(isinstance(each, ast.Constant) or _is_one_of(each, parameters) for each in others)
    )


def _is_one_of(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _one_after_the_other(block: Sequence[ast.stmt], calls: Sequence[ast.Call]) -> bool:
    """Are two of the calls made in one expression, or by neighbours that do not exclude each other?"""
    simple = [statement for statement in block if isinstance(statement, _SIMPLE)]
    made = [call for statement in simple for call in calls if call in list(walk(statement))]
    choices = [node for statement in simple for node in walk(statement) if isinstance(node, ast.IfExp)]
    return len(made) - sum(_is_either(choice, made) for choice in choices) > 1


def _is_either(choice: ast.IfExp, calls: Sequence[ast.Call]) -> bool:
    """Is one of the calls made, or else another?"""
    return all(any(call in list(walk(option)) for call in calls) for option in (choice.body, choice.orelse))


def _blocks(function: FunctionNode) -> Iterator[list[ast.stmt]]:
    for node in walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield block


def _is_returned(function: FunctionNode, call: ast.Call) -> bool:
    """Then a loop around it ends with the first call."""
    returns = (node for node in walk(function) if isinstance(node, ast.Return))
    return any(call in list(walk(each)) for each in returns)
