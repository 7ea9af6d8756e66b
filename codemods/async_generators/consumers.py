"""Who goes through a generator, and how they wait for each of its steps once it is async.

    for row in rows():                     ->      async for row in rows():
    [row.n for row in rows()]              ->      [row.n async for row in rows()]
    sorted(rows())                         ->      sorted([item async for item in rows()])
    sum(row.n for row in rows())           ->      sum([row.n async for row in rows()])
    yield from rows()                      ->      async for item in rows(): yield item
    next(rows(), None)                     ->      await anext(rows(), None)
    [*enumerate(rows())]                   ->      [*enumerate([item async for item in rows()])]
    with locked() as lock:                 ->      async with locked() as lock:

What may stop before the end of a generator expression (`any`) would do more steps as a list, and stays.
https://peps.python.org/pep-0530/
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import msgspec
from msgspec.structs import replace

from ..analysis.judge.effects.streams import makes_response
from ..analysis.link.kinds import is_lazy_function
from ..analysis.nodes import TRIES, given_to, target_of, walk
from ..analysis.scopes import COMPREHENSIONS, own_nodes
from ..analysis.syntax import span_of
from ..analysis.view import View
from ..model import (
    AsyncClause,
    AsyncStatement,
    CloseAfter,
    Code,
    CollectItems,
    Edit,
    ImportNeed,
    Reason,
    ReplaceCall,
    ReplaceExpression,
    slot,
)
from .adaptors import PLAIN, hands_all_on
from .bodies import free_name
from .mistaken import is_mistaken
from .signatures import variable_edits
from .split import may_be_split, split
from .stacks import is_pushed, pushed

_COMPARE = frozenset({"builtins.min", "builtins.max"})
_TAKE_ALL = _COMPARE | {
    f"builtins.{name}" for name in ("list", "set", "tuple", "frozenset", "dict", "sorted", "sum")
}
_DISPLAYS = {"builtins.list": False, "builtins.set": True}
_NEXT = "builtins.next"
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)
IsAsync = Callable[[ast.expr], bool]


class Consumed(msgspec.Struct, frozen=True):
    edits: tuple[Edit, ...] = ()
    awaited: tuple[ast.expr, ...] = ()
    """Where something is awaited from now on."""
    goes_to_the_end: bool = False
    """It surely takes all there is, so that the generator is never left with something to clean up."""


def consumed(view: View, call: ast.Call, is_async: IsAsync) -> Consumed | Reason:
    """How the code around a call of a generator function waits for its steps; `is_async` tells of what else
    a `with` enters, and a chain goes through."""
    above = view.file.parents[call]
    if isinstance(above, ast.withitem):
        return entered(view, above, is_async)
    variable = _variable(above)
    return _kept(view, call, above, variable, is_async) if variable else read_at(view, call, is_async)


def closed_after(view: View, call: ast.expr) -> CloseAfter | None:
    """What closes the generator at once where its reader may leave it before its end; None where the
    statement around would not do the same then."""
    above, statement, function = view.file.parents[call], view.file.statement(call), view.function(call)
    is_first = isinstance(above, ast.For) or isinstance(view.file.parents[above], ast.Expr)
    given = given_to(call) if isinstance(call, ast.Call) else []
    is_plain = isinstance(statement, _SIMPLE) and all(isinstance(part, PLAIN) for part in given)
    is_read_here = isinstance(above, (ast.For, ast.YieldFrom, ast.comprehension, ast.Call))
    is_sent_on = isinstance(above, ast.Call) and view.external(above.func) != _NEXT
    if function is None or not is_read_here or is_sent_on or not (is_first or is_plain):
        return None
    code = Code(slot(0), (ImportNeed("contextlib", "aclosing"),))
    return CloseAfter(span_of(call), span_of(statement), free_name(function, "items"), code)


def _refused(view: View, node: ast.AST, text: str) -> Reason:
    return Reason("AF915", text, view.place(node))


def entered(view: View, item: ast.withitem, is_async: IsAsync) -> Consumed | Reason:
    call = item.context_expr
    statement, what = view.file.parents[item], _shown(view, call)
    if not isinstance(statement, ast.With):
        return _refused(view, call, f"{what} is entered as if it were async")
    are_async = [is_async(each.context_expr) for each in statement.items]
    if not all(are_async) and not may_be_split(view, statement):
        return _refused(view, statement, f"one `with` enters {what} and something that is not async")
    if not view.can_await(statement):
        return _refused(view, call, f"{what} is entered where nothing can be awaited")
    edit = AsyncStatement(span_of(statement)) if all(are_async) else split(statement, are_async)
    return Consumed((edit,), (call,), goes_to_the_end=True)


def on_stack(view: View, call: ast.Call, what: ast.expr) -> Consumed | Reason:
    edits = pushed(view, call)
    if not edits or not view.can_await(call):
        return _refused(view, what, f"{_shown(view, what)} is entered on a stack that is not seen whole")
    return Consumed(edits, (call,), goes_to_the_end=True)


def read_at(view: View, node: ast.expr, is_async: IsAsync) -> Consumed | Reason:
    """What is done with the generator at this one place."""
    above = view.file.parents[node]
    if isinstance(above, ast.For) and above.iter is node:
        found: Consumed | Reason = Consumed((AsyncStatement(span_of(above)),), (node,))
    elif isinstance(above, ast.comprehension):
        return of_comprehension(view, node, above)
    elif isinstance(above, ast.YieldFrom):
        found = Consumed((), (node,))
    elif isinstance(above, ast.keyword) and above.arg == "content":
        found = _given(view, node, view.file.parents[above], is_async)
    else:
        found = _given(view, node, above, is_async)
    if isinstance(found, Consumed) and found.awaited and not view.can_await(above):
        return _refused(view, node, f"{_shown(view, node)} is read where nothing can be awaited")
    return found


def of_comprehension(view: View, node: ast.expr, clause: ast.comprehension) -> Consumed | Reason:
    whole = view.file.parents[clause]
    assert isinstance(whole, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
    # before Python 3.11 one that is async cannot stand in another one
    is_inner = any(isinstance(above, COMPREHENSIONS) for above in view.file.above(whole))
    if clause.iter is not node or is_inner or not view.can_await(whole):
        return _refused(view, node, f"{_shown(view, node)} is read where nothing can be awaited")
    edit = AsyncClause(span_of(node))
    if not isinstance(whole, ast.GeneratorExp):
        return Consumed((edit,), (node,), goes_to_the_end=_is_plain(whole))
    around = view.file.parents[whole]
    if not isinstance(around, ast.Call) or not _takes_all(view, around, whole):
        text = f"{_shown(view, node)} is read by a generator expression, bit by bit"
        return _refused(view, node, text)
    return Consumed((edit, _collected(view, around, whole)), (node,), goes_to_the_end=_is_plain(whole))


def _given(view: View, node: ast.expr, above: ast.AST, is_async: IsAsync) -> Consumed | Reason:
    """`above` is the call that the generator is an argument of, if it is one."""
    key = view.call_key(above) if isinstance(above, ast.Call) else None
    if key is not None and makes_response(view.inference, key):
        return Consumed()
    if isinstance(above, ast.Call) and is_pushed(view, above, node):
        return on_stack(view, above, node)
    if isinstance(above, ast.Call) and _takes_all(view, above, node):
        return Consumed((_collected(view, above, node),), (node,), goes_to_the_end=True)
    if isinstance(above, ast.Starred) or _is_handed_on_whole(view, node, is_async):
        edit = CollectItems(span_of(node), span_of(node), free_name(node))
        return Consumed((edit,), (node,), goes_to_the_end=True)
    if isinstance(above, ast.Call) and above.args[:1] == [node] and view.external(above.func) == _NEXT:
        ends = list(_ends(view, above))
        if above.keywords or None in ends:
            return _refused(view, node, "it is told by StopIteration that there is no more")
        renamed = [ReplaceExpression(span_of(each), Code("StopAsyncIteration")) for each in ends if each]
        return Consumed((ReplaceCall(span_of(above), Code("anext"), awaited=True), *renamed), (above,))
    if isinstance(above, ast.Call) and is_lazy_function(view.external(above.func)):
        text = f"{_shown(view, above)} reads {_shown(view, node)} step by step, and has no async form"
        return _refused(view, node, text)
    return _refused(view, node, f"{_shown(view, node)} is handed on as a plain generator")


def _is_handed_on_whole(view: View, node: ast.expr, is_async: IsAsync) -> bool:
    """`sorted(map(str, node))`, `[(n, row) for n, row in enumerate(node)]`"""
    above = view.file.parents[node]
    if not isinstance(above, ast.Call) or not hands_all_on(view, above, node, is_async):
        return False
    around = view.file.parents[above]
    if isinstance(around, ast.Call):
        return _takes_all(view, around, above) or _is_handed_on_whole(view, above, is_async)
    if isinstance(around, ast.comprehension):
        whole = view.file.parents[around]
        return (
            isinstance(whole, (ast.ListComp, ast.SetComp, ast.DictComp))
            and len(whole.generators) == 1
            and _is_plain(whole)
        )
    return isinstance(around, ast.Starred)


def _takes_all(view: View, call: ast.Call, items: ast.expr) -> bool:
    """Does the call take all of `items` at once, and nothing else happen meanwhile?"""
    if call.args[:1] != [items]:
        return False
    rest = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    if any(not isinstance(each, PLAIN) for each in rest):
        return False
    name = view.external(call.func)
    if name in _DISPLAYS:
        return not rest
    if isinstance(call.func, ast.Attribute) and call.func.attr == "join":
        return isinstance(call.func.value, ast.Constant) or view.instance(call.func.value) == "builtins.str"
    compares_arguments = name in _COMPARE and len(call.args) > 1
    return name in _TAKE_ALL and not compares_arguments


def _collected(view: View, call: ast.Call, items: ast.expr) -> CollectItems:
    name = view.external(call.func)
    whole = call if name in _DISPLAYS else items
    return CollectItems(span_of(whole), span_of(items), free_name(items), is_set=_DISPLAYS.get(name, False))


def _is_plain(whole: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> bool:
    """Can nothing fail between two steps?"""
    parts = [whole.key, whole.value] if isinstance(whole, ast.DictComp) else [whole.elt]
    plain = (ast.Name, ast.Constant, ast.Tuple, ast.expr_context)
    filters = [each for generator in whole.generators for each in generator.ifs]
    return not filters and all(isinstance(node, plain) for part in parts for node in ast.walk(part))


# generators in variables ------------------------------------------------------------------------------------


def _variable(above: ast.AST) -> str:
    target = target_of(above)
    return target.id if isinstance(target, ast.Name) else ""


def _kept(view: View, call: ast.Call, assignment: ast.AST, name: str, is_async: IsAsync) -> Consumed | Reason:
    """`steps = rows()`, and every use of `steps`."""
    function = view.function(call)
    if function is None:
        return _refused(view, call, f"{_shown(view, call)} is kept")
    if is_mistaken(view, function, name):
        return Consumed()
    frame = set(own_nodes(function))
    found = Consumed(tuple(variable_edits(view, assignment)))
    for use in walk(function):
        if isinstance(use, (ast.Global, ast.Nonlocal)) and name in use.names:
            return _refused(view, use, f"{name} is shared with other functions")
        if not isinstance(use, ast.Name) or use.id != name or view.file.parents[use] is assignment:
            continue
        if not isinstance(use.ctx, ast.Load) or use not in frame:
            return _refused(view, use, f"{name} is not only what {_shown(view, call)} gives")
        if _tries(view, use) != _tries(view, assignment):
            return _refused(
                view, use, f"what fails in {_shown(view, call)} is caught at one place and not another"
            )
        read = _closed(view, use) or read_at(view, use, is_async)
        if isinstance(read, Reason):
            return read
        found = replace(found, edits=found.edits + read.edits, awaited=found.awaited + read.awaited)
    return found


def _closed(view: View, use: ast.Name) -> Consumed | None:
    """`steps.close()` -> `await steps.aclose()`."""
    above = view.file.parents[use]
    call = view.file.parents[above]
    if not isinstance(above, ast.Attribute) or above.attr != "close":
        return None
    if not isinstance(call, ast.Call) or call.func is not above or call.args or not view.can_await(call):
        return None
    return Consumed((ReplaceCall(span_of(call), Code(f"{use.id}.aclose"), awaited=True),), (call,))


def _tries(view: View, node: ast.AST) -> list[ast.AST]:
    """Those around it, but for one that only waits for the end of the steps."""
    return [
        above
        for above in view.file.above(node)
        if isinstance(above, TRIES) and not all(map(_is_end, above.handlers))
    ]


def _is_end(handler: ast.ExceptHandler) -> bool:
    return handler.type is not None and ast.unparse(handler.type) == "StopIteration"


def _ends(view: View, call: ast.Call) -> Iterator[ast.expr | None]:
    """The `StopIteration` that is caught around the step; None where it may be one of several."""
    below: ast.AST = call
    for above in view.file.above(call):
        if isinstance(above, TRIES) and below in above.body:
            for handler in above.handlers:
                if _is_end(handler):
                    yield handler.type
                elif handler.type is not None and "StopIteration" in ast.unparse(handler.type):
                    yield None
        if isinstance(above, ast.With) and "StopIteration" in "".join(map(ast.unparse, above.items)):
            yield None
        below = above


def _shown(view: View, node: ast.expr) -> str:
    return f"{view.in_a_line(node.func)}()" if isinstance(node, ast.Call) else view.in_a_line(node)
