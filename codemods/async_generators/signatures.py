"""What is written around the body of a generator that becomes `async def`: its type, its decorator.

    @contextmanager                                @asynccontextmanager
    def locked() -> Iterator[None]:        ->      async def locked() -> AsyncIterator[None]:

https://docs.python.org/3/library/collections.abc.html#collections.abc.AsyncGenerator
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from ..analysis.link.kinds import Ext
from ..analysis.syntax import FunctionNode, span_of
from ..analysis.view import View
from ..model import Code, ImportNeed, ReplaceExpression, slot

Rendered = Callable[[ast.AST, int], tuple[str, tuple[ImportNeed, ...]]]
"""The new text of a part of a type, whose slots begin at a number, with what they stand for."""
MANAGER = "contextlib.contextmanager"

_HOMES = ("typing", "typing_extensions", "collections.abc")
_TYPES = {
    # the new name, and how many of the items it takes over
    "Generator": ("AsyncGenerator", 2),
    "Iterator": ("AsyncIterator", 1),
    "Iterable": ("AsyncIterator", 1),
}
_MANAGERS = {MANAGER: ImportNeed("contextlib", "asynccontextmanager")}


def signature_edits(view: View, function: FunctionNode, rendered: Rendered) -> Iterator[ReplaceExpression]:
    returns = function.returns
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        yield from _in_a_string(view, returns)
    elif returns is not None:
        code = _type(view, returns, rendered)
        if code is not None:
            yield ReplaceExpression(span_of(returns), code)
    for decorator in function.decorator_list:
        need = _MANAGERS.get(view.external(decorator))
        if need is not None:
            yield ReplaceExpression(span_of(decorator), Code(slot(0), (need,)))


def _type(view: View, returns: ast.expr, rendered: Rendered) -> Code | None:
    named = returns.value if isinstance(returns, ast.Subscript) else returns
    made = _made(view.external(named))
    if made is None:
        return None
    new, count = made
    needs = [ImportNeed("collections.abc", new)]
    texts = []
    for item in _items(returns)[:count]:
        text, found = rendered(item, len(needs))
        texts.append(text)
        needs.extend(found)
    return Code(f"{slot(0)}[{', '.join(texts)}]" if texts else slot(0), tuple(needs))


def _made(name: str) -> tuple[str, int] | None:
    home, _, last = name.rpartition(".")
    return _TYPES.get(last) if home in _HOMES else None


def _items(returns: ast.expr) -> list[ast.expr]:
    if not isinstance(returns, ast.Subscript):
        return []
    return list(returns.slice.elts) if isinstance(returns.slice, ast.Tuple) else [returns.slice]


def _in_a_string(view: View, returns: ast.Constant) -> Iterator[ReplaceExpression]:
    """`"Iterator[Row]"` names what may be bound later, and stays a string."""
    try:
        parsed = ast.parse(str(returns.value), mode="eval").body
    except SyntaxError:
        return
    named = parsed.value if isinstance(parsed, ast.Subscript) else parsed
    kinds = view.kinds_at(returns, ast.unparse(named))
    made = next((_made(kind.name) for kind in kinds if isinstance(kind, Ext)), None)
    if made is not None:
        new, count = made
        items = ", ".join(ast.unparse(item) for item in _items(parsed)[:count])
        text = f'"{slot(0)}[{items}]"' if items else f'"{slot(0)}"'
        yield ReplaceExpression(span_of(returns), Code(text, (ImportNeed("collections.abc", new),)))
