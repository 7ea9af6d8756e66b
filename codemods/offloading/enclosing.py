"""What of a function must run in a thread where a part of it does: widened until it runs at once.

[get(url) for url in urls]        the comprehension        sum(get(url) for url in urls)    the call of `sum`
sorted(urls, key=lambda url: ..)  the call of `sorted`     f"{get(url)=}"                   the whole string
"""

from __future__ import annotations

import ast

import msgspec

from ..analysis.scopes import COMPREHENSIONS, DEFERRED
from ..analysis.syntax import holds, last_name
from .frame import Frame, Refusal

Setting = ast.Assign | ast.AugAssign | ast.Delete
SETTING = (ast.Assign, ast.AugAssign, ast.Delete)
"""`store[key] = value`, and `first, second = open(path)`, which reads it."""
_EAGER = frozenset({"dict", "frozenset", "list", "set", "tuple", "Counter", "deque"}) | {
    *("all", "any", "max", "min", "next", "sorted", "sum"),
    *("extend", "join", "update", "writelines", "writerows", "executemany", "fromkeys", "OrderedDict"),
    *("fmean", "fsum", "mean", "median", "nlargest", "nsmallest", "prod", "reduce"),
}
_READING = (ast.ListComp, ast.SetComp, ast.DictComp, ast.List, ast.Set, ast.Tuple)
_LAZY_CALLS = frozenset({"map", "filter", "zip", "enumerate", "reversed", "iter"}) | {
    *("accumulate", "batched", "chain", "compress", "dropwhile", "filterfalse", "from_iterable", "islice"),
    *("pairwise", "starmap", "takewhile", "zip_longest"),
}
_KEYED = frozenset({"sorted", "min", "max", "sort", "groupby"})
_CALLED_AT_ONCE = frozenset({"reduce", "sub"})


class Piece(msgspec.Struct, frozen=True):
    """`node` must run in a thread: an expression, or a statement: a `with`, a `for`, or one that sets."""

    node: ast.expr | ast.With | ast.For | Setting
    name: str
    is_plain: bool
    """The node is the blocking call itself, so that it can be passed with its arguments."""
    is_unread: bool = False
    """What it gives does its work when it is read: it goes together with what reads it."""
    is_cheap: bool = False


def enclosing(frame: Frame, node: ast.AST, name: str, plain: ast.Call | None = None) -> Piece | Refusal:
    """`node` widened until it runs in the function's own frame, at once."""
    start, child = node, node
    if isinstance(node, ast.GeneratorExp):
        consumer = _consumer(frame, node)
        if consumer is None:
            text = f"{name} runs in a generator that may be read later"
            return Refusal(text, start, is_returned(frame, start))
        node = child = consumer
    for above in frame.file.above(child):
        if above is frame.function:
            if isinstance(child, ast.stmt) and child in frame.function.body:
                break
            return Refusal(f"{name} is called when the function is defined, not when it runs", start)
        if isinstance(above, ast.GeneratorExp):
            inside = child is not above.generators[0] or not holds(above.generators[0].iter, node)
            if inside and not frame.is_native(above):
                consumer = _consumer(frame, above)
                if consumer is None:
                    return Refusal(
                        f"{name} runs in a generator that may be read later",
                        start,
                        is_returned(frame, start),
                    )
                node = consumer
        elif isinstance(above, COMPREHENSIONS):
            first = above.generators[0]
            inside = child is not first or not holds(first.iter, node)
            if inside and not frame.is_native(above):
                node = above
        elif isinstance(above, DEFERRED) and child is getattr(above, "args", None):
            pass  # a default has its value where the function is made
        elif isinstance(above, ast.Lambda):
            caller = _caller(frame, above) if child is above.body else None
            if caller is None:
                return Refusal(
                    f"{name} runs in a lambda that may be called later", start, is_returned(frame, start)
                )
            node = caller
        elif isinstance(above, DEFERRED):
            return Refusal(f"{name} runs in an inner function or a class", start)
        elif isinstance(above, ast.AnnAssign) and child is above.annotation:
            return Refusal(f"{name} stands in an annotation", start)
        child = above
    else:
        return Refusal(f"{name} is not part of the function", start)
    assert isinstance(node, (ast.expr, ast.For))
    return Piece(
        _whole_string(frame, node), name, is_plain=node is plain and _whole_string(frame, node) is node
    )


def is_returned(frame: Frame, node: ast.AST) -> bool:
    return isinstance(frame.file.statement(node), ast.Return)


def _whole_string(frame: Frame, node: ast.expr | ast.For) -> ast.expr | ast.For:
    """The f-string around `node` when its field cannot be edited: `{x=}`, or no exact place (before 3.12)."""
    child: ast.AST = node
    for above in frame.within(node):
        if isinstance(above, ast.JoinedStr) and isinstance(child, ast.FormattedValue):
            position = above.values.index(child)
            before = above.values[position - 1] if position else None
            shown = isinstance(before, ast.Constant) and str(before.value).rstrip().endswith("=")
            if (shown and _shows_source(frame, child, str(before.value))) or not _is_exact(frame, node):  # type: ignore[union-attr]
                nested = isinstance(frame.file.parents[above], ast.FormattedValue)
                return above if not nested else _whole_string(frame, above)
        child = above
    return node


def _shows_source(frame: Frame, field: ast.FormattedValue, before: str) -> bool:
    return frame.file.source(field.value).strip() in before


def _is_exact(frame: Frame, node: ast.AST) -> bool:
    try:
        read = ast.parse(f"({frame.file.source(node)})", mode="eval").body
    except SyntaxError:
        return False
    return ast.dump(read) == ast.dump(node)


def _consumer(frame: Frame, node: ast.expr) -> ast.expr | ast.For | None:
    """What reads all of a generator at once: a call, a loop, `[*rows]`, another comprehension."""
    parent = frame.file.parents[node]
    if isinstance(parent, ast.For) and parent.iter is node:
        return parent
    if isinstance(parent, (ast.comprehension, ast.Starred)):
        around = frame.file.parents[parent]
        if isinstance(around, ast.GeneratorExp):
            return _consumer(frame, around)
        return around if isinstance(around, _READING) else None
    if isinstance(parent, ast.Call) and node in parent.args:
        name = last_name(parent.func)
        if name in _EAGER:
            return parent
        if name in _LAZY_CALLS:
            return _consumer(frame, parent)
    return None


def _caller(frame: Frame, node: ast.Lambda) -> ast.expr | None:
    """The call that calls the lambda before it returns."""
    parent = frame.file.parents[node]
    if isinstance(parent, ast.keyword):
        call = frame.file.parents[parent]
        known = parent.arg == "key" and isinstance(call, ast.Call) and last_name(call.func) in _KEYED
        return call if known and isinstance(call, ast.Call) else None
    if isinstance(parent, ast.Call) and node in parent.args:
        if last_name(parent.func) in _CALLED_AT_ONCE:
            return parent
        if last_name(parent.func) in {"map", "filter"}:
            consumer = _consumer(frame, parent)
            return consumer if isinstance(consumer, ast.expr) else None
    return None
