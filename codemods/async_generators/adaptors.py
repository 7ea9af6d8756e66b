"""What stands between a generator and who takes all of it: `list(enumerate(rows()))`, `set(map(f, rows()))`.

Its items are collected first, where that is the same: what is done with each of them at once does nothing but
make another value, and no item more is taken than before. `zip` and `islice` may stop earlier.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..analysis.link.kinds import Fn
from ..analysis.nodes import given_to
from ..analysis.view import View
from ..catalogue import Effect

PLAIN = (ast.Constant, ast.Name, ast.Lambda, ast.Attribute)
"""Arguments that do nothing when they are read, but for properties."""
_APPLY = frozenset({"builtins.map", "builtins.filter"})
_ENUMERATE = "builtins.enumerate"
_CHAIN = "itertools.chain"


def hands_all_on(view: View, call: ast.Call, items: ast.expr, is_async: Callable[[ast.expr], bool]) -> bool:
    """Does the call give all of `items`, one by one, and do nothing else that can be seen?

    `is_async` tells of the other generators of a chain: one before this that is not collected as well would
    run behind it.
    """
    name = view.external(call.func)
    if name == _ENUMERATE:
        rest = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
        return call.args[:1] == [items] and all(isinstance(each, PLAIN) for each in rest)
    if call.keywords:
        return False
    if name in _APPLY:
        return len(call.args) == 2 and call.args[1] is items and _makes_a_value(view, call.args[0])
    if name != _CHAIN or items not in call.args:
        return False
    before = call.args[: call.args.index(items)]
    overtakes = any(isinstance(each, ast.Call) and not is_async(each) for each in before)
    return not overtakes and all(_waits_to_be_read(view, each) for each in call.args)


def _makes_a_value(view: View, function: ast.expr) -> bool:
    """`str` of `map(str, rows())`, `None` of `filter(None, rows())`"""
    if isinstance(function, ast.Constant):
        return True
    name = view.external(function)
    entry = view.program.catalogue.find(name) if name else None
    return entry is not None and entry.effect is Effect.FAST


def _waits_to_be_read(view: View, argument: ast.expr) -> bool:
    """Nothing happens before the first item is asked for."""
    if isinstance(argument, (ast.List, ast.Tuple)):
        return all(isinstance(each, PLAIN) for each in argument.elts)
    if not isinstance(argument, ast.Call):
        return isinstance(argument, PLAIN)
    kinds = view.callees(argument)
    plain = all(isinstance(each, PLAIN) for each in given_to(argument))
    return (
        plain
        and bool(kinds)
        and all(isinstance(kind, Fn) and view.program.scope(kind.key).has_yield for kind in kinds)
    )
