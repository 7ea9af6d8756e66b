"""What is written around the body of a generator that becomes `async def`: its type, its decorator.

    @contextmanager                                @asynccontextmanager
    def locked() -> Iterator[None]:        ->      async def locked() -> AsyncIterator[None]:

https://docs.python.org/3/library/collections.abc.html#collections.abc.AsyncGenerator
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from ..analysis.link.kinds import Ext
from ..analysis.syntax import FunctionNode, span_of
from ..analysis.view import View
from ..awaitable_results import result_where_given
from ..model import Code, Edit, ImportNeed, ReplaceExpression, slot

Rendered = Callable[[ast.AST, int], tuple[str, tuple[ImportNeed, ...]]]
"""The new text of a part of a type, whose slots begin at a number, with what they stand for."""
MANAGER = "contextlib.contextmanager"

_HOMES = ("typing", "typing_extensions", "collections.abc")
_TYPES = {
    # the new name, how many of the items it takes over, and what follows them
    "Generator": ("AsyncGenerator", 2, ()),
    "Iterator": ("AsyncIterator", 1, ()),
    "Iterable": ("AsyncIterator", 1, ()),
}
_CLOSED = ("AsyncGenerator", 1, ("None",))
"""For `aclosing`: an iterator has no `aclose`, as far as type checkers know."""
_MANAGERS = {MANAGER: ImportNeed("contextlib", "asynccontextmanager")}


def signature_edits(
    view: View, function: FunctionNode, rendered: Rendered, *, is_closed: bool = False
) -> Iterator[ReplaceExpression]:
    """`is_closed` tells that who reads it closes it."""
    returns = function.returns
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        yield from _in_a_string(view, returns, is_closed)
        returns = None
    for annotation in (returns, result_where_given(view.file, function)):
        code = _type(view, annotation, rendered, is_closed) if annotation is not None else None
        if annotation is not None and code is not None:
            yield ReplaceExpression(span_of(annotation), code)
    for decorator in function.decorator_list:
        need = _MANAGERS.get(view.external(decorator))
        if need is not None:
            yield ReplaceExpression(span_of(decorator), Code(slot(0), (need,)))


def variable_edits(view: View, assignment: ast.AST) -> Iterator[ReplaceExpression]:
    """`steps: Iterator[Row] = rows()` keeps an `AsyncIterator[Row]`."""
    if isinstance(assignment, ast.AnnAssign):
        code = _type(view, assignment.annotation, rendering(view, ()), is_closed=False)
        if code is not None:
            yield ReplaceExpression(span_of(assignment.annotation), code)


def rendering(view: View, edits: Iterable[tuple[str, Edit]]) -> Rendered:
    """The text of a part with what edits replace in it."""
    named = [each for path, each in edits if path == view.path and isinstance(each, ReplaceExpression)]

    def rendered(part: ast.AST, start: int) -> tuple[str, tuple[ImportNeed, ...]]:
        changes, needs = [], list[ImportNeed]()
        for edit in named:
            if span_of(part).contains(edit.span):
                changes.append((edit.span, edit.code.text.replace(slot(0), slot(start + len(needs)))))
                needs.extend(edit.code.needs)
        return view.spliced(span_of(part), changes), tuple(needs)

    return rendered


def _type(view: View, returns: ast.expr, rendered: Rendered, is_closed: bool) -> Code | None:
    named = returns.value if isinstance(returns, ast.Subscript) else returns
    made = _made(view.external(named), is_closed)
    if made is None:
        return None
    new, count, more = made
    needs = [ImportNeed("collections.abc", new)]
    texts = []
    for item in _items(returns)[:count]:
        text, found = rendered(item, len(needs))
        texts.append(text)
        needs.extend(found)
    return Code(f"{slot(0)}[{', '.join((*texts, *more))}]" if texts else slot(0), tuple(needs))


def _made(name: str, is_closed: bool) -> tuple[str, int, tuple[str, ...]] | None:
    home, _, last = name.rpartition(".")
    made = _TYPES.get(last) if home in _HOMES else None
    return _CLOSED if made is not None and made[0] == "AsyncIterator" and is_closed else made


def _items(returns: ast.expr) -> list[ast.expr]:
    if not isinstance(returns, ast.Subscript):
        return []
    return list(returns.slice.elts) if isinstance(returns.slice, ast.Tuple) else [returns.slice]


def _in_a_string(view: View, returns: ast.Constant, is_closed: bool) -> Iterator[ReplaceExpression]:
    """`"Iterator[Row]"` names what may be bound later, and stays a string."""
    try:
        parsed = ast.parse(str(returns.value), mode="eval").body
    except SyntaxError:
        return
    named = parsed.value if isinstance(parsed, ast.Subscript) else parsed
    kinds = view.kinds_at(returns, ast.unparse(named))
    made = next((_made(kind.name, is_closed) for kind in kinds if isinstance(kind, Ext)), None)
    if made is not None:
        new, count, more = made
        items = [ast.unparse(item) for item in _items(parsed)[:count]]
        text = f'"{slot(0)}[{", ".join((*items, *more))}]"' if items else f'"{slot(0)}"'
        yield ReplaceExpression(span_of(returns), Code(text, (ImportNeed("collections.abc", new),)))
