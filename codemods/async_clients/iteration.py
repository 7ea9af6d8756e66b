"""An async iterator in the place of an iterator: in a loop, or taken whole.

for key in cache.scan_iter():       ->      async for key in cache().scan_iter():
[k[2:] for k in cache.scan_iter()]  ->      [k[2:] async for k in cache().scan_iter()]
keys = list(cache.scan_iter())      ->      keys = [item async for item in cache().scan_iter()]
b"".join(r.iter_bytes())            ->      b"".join([item async for item in r.aiter_bytes()])
sorted(cache.scan_iter())           ->      sorted([item async for item in cache().scan_iter()])
sum(1 for k in cache.scan_iter())   ->      sum([1 async for k in cache().scan_iter()])
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.scopes import COMPREHENSIONS
from ..analysis.syntax import FileSyntax, span_of
from ..analysis.taken import is_taken
from ..model import AsyncClause, AsyncStatement, Code, CollectItems, Edit, ReplaceCall, ReplaceExpression
from .twin import NoTwinError

_TAKE_ALL = frozenset({"frozenset", "max", "min", "set", "sorted", "sum", "tuple"})
"""What goes through all that it is given before it returns; `any` and `all` may stop."""
_DISPLAYS = {"list": False, "set": True}


def iterated(file: FileSyntax, call: ast.Call, callee: str) -> Iterator[Edit]:
    """`callee` is what is called from now on. Raises `NoTwinError` where it is iterated in another way."""
    parent = file.parents[call]
    is_loop = isinstance(parent, ast.For) and parent.iter is call
    is_clause = isinstance(parent, ast.comprehension) and _may_turn(file, call, parent)
    if is_loop or is_clause:
        if callee != file.source(call.func):  # what others change, too, stays as it is
            yield ReplaceCall(span_of(call), Code(callee))
        yield AsyncStatement(span_of(parent)) if is_loop else AsyncClause(span_of(call))
        if isinstance(parent, ast.comprehension) and isinstance(file.parents[parent], ast.GeneratorExp):
            yield _collected(file, file.parents[parent])
        return
    taken = isinstance(parent, ast.Call) and parent.args == [call] and not _is_starred(parent)
    if taken and any(isinstance(node, ast.Call) for part in call.args for node in ast.walk(part)):
        raise NoTwinError(f"{callee}() is part of an expression that cannot be written anew")
    given = file.source(call)[len(file.source(call.func)) :]
    code = Code(f"[item async for item in {callee}{given}]")
    if (
        taken
        and isinstance(parent, ast.Call)
        and getattr(parent.func, "id", "") == "list"
        and not parent.keywords
    ):
        yield ReplaceExpression(span_of(parent), code)
    elif taken and isinstance(parent, ast.Call) and _takes_all(parent.func):
        yield ReplaceExpression(span_of(call), code)
    else:
        raise NoTwinError(f"{callee}() is iterated in an expression")


def _collected(file: FileSyntax, items: ast.AST) -> CollectItems:
    taker: ast.AST = file.parents[items]
    word = getattr(getattr(taker, "func", None), "id", "")
    whole = taker if word in _DISPLAYS else items
    return CollectItems(span_of(whole), span_of(items), "item", is_set=_DISPLAYS.get(word, False))


def _takes_all(func: ast.expr) -> bool:
    is_builtin = isinstance(func, ast.Name) and func.id in _TAKE_ALL
    return is_builtin or (isinstance(func, ast.Attribute) and func.attr == "join")


def _is_starred(call: ast.Call) -> bool:
    return any(keyword.arg is None for keyword in call.keywords)


def _may_turn(file: FileSyntax, call: ast.Call, clause: ast.comprehension) -> bool:
    """Before Python 3.11 none that is async can stand in another; some generator expressions become lists."""
    whole = file.parents[clause]
    is_inner = any(isinstance(above, COMPREHENSIONS) for above in file.above(whole))
    if isinstance(whole, ast.GeneratorExp) and not is_taken(file.parents[whole], whole):
        return False
    is_first = isinstance(whole, COMPREHENSIONS) and whole.generators[0] is clause
    return is_first and clause.iter is call and not is_inner
