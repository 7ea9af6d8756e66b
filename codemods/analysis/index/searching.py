"""`while` loops that end when something is found, or when it is late enough; until then nobody else runs.

while not valid(block, nonce):          while time.time() < end:
    nonce += 1                              pass
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set

from ...model import Span
from ..nodes import bound_plainly, walk
from ..scopes import own_nodes
from ..syntax import FunctionNode, last_name, span_of
from .counting import PAUSES
from .growing import stepped
from .in_each_round import names_in

_CLOCKS = frozenset({"monotonic", "now", "perf_counter", "process_time", "thread_time", "time", "utcnow"})
_LEAVES = (ast.Break, ast.Return)
_ENDS = (*_LEAVES, ast.Raise)


def searching(function: FunctionNode) -> Iterator[tuple[Span, str]]:
    """The loops, with the reason; what they call may wait, and then it is that which counts."""
    bound = [each for node in own_nodes(function) for each in bound_plainly(node)]
    lengths = {name.id for name, value in bound if isinstance(name, ast.Name) and _is_length(value)}
    for node in own_nodes(function):
        if isinstance(node, ast.While) and not any(isinstance(each, PAUSES) for each in walk(node)):
            calls = [each for each in walk(node) if isinstance(each, ast.Call)]
            in_test = [each for each in walk(node.test) if isinstance(each, ast.Call)]
            is_timed = any(last_name(each.func) in _CLOCKS for each in in_test)
            if is_timed and calls == in_test:
                yield span_of(node), f"while {ast.unparse(node.test)}, without a pause"
            elif not is_timed and _is_search(node, in_test, calls) and not _ends_with_data(node, lengths):
                yield span_of(node), f"while {ast.unparse(node.test)}, which tries one number after the other"


def _is_search(loop: ast.While, in_test: Sequence[ast.Call], calls: Sequence[ast.Call]) -> bool:
    """Is each number tried by a call, until one is right? In `while i < end` the code says how many."""
    counters = stepped(loop)
    is_endless = isinstance(loop.test, ast.Constant)
    if is_endless and not any(isinstance(each, _LEAVES) for each in walk(loop)):
        return False
    sides = [side for each in walk(loop.test) if isinstance(each, ast.Compare) for side in _sides(each)]
    is_counted = any(isinstance(each, (ast.Name, ast.BinOp)) and counters & names_in(each) for each in sides)
    tried = [each for call in (calls if is_endless else in_test) for each in (*call.args, *call.keywords)]
    return not is_counted and any(counters & names_in(each) for each in tried)


def _ends_with_data(loop: ast.While, lengths: Set[str]) -> bool:
    """`if index >= len(text): break`: it goes no further than the data does."""
    counters = stepped(loop)
    for each in walk(loop):
        if (
            isinstance(each, ast.If)
            and isinstance(each.body[-1], _ENDS)
            and isinstance(each.test, ast.Compare)
        ):
            sides = _sides(each.test)
            is_counted = any(isinstance(side, ast.Name) and side.id in counters for side in sides)
            if is_counted and any(_is_length(side, lengths) for side in sides):
                return True
    return False


def _sides(compared: ast.Compare) -> list[ast.expr]:
    return [compared.left, *compared.comparators]


def _is_length(value: ast.expr, lengths: Set[str] = frozenset()) -> bool:
    if isinstance(value, ast.Name):
        return value.id in lengths
    return isinstance(value, ast.Call) and last_name(value.func) == "len"
