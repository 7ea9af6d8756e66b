"""What reads relationships, run by the session itself, which loads them where they are read.

show(book.author)               ->    show(await db.run_sync(lambda _: book.author))

for book in books:              ->    for book in books:
    show(book.author)                     show(await db.run_sync(lambda _, book: book.author, book))

What a loop binds anew in each round is handed over: a lambda reads its names when it runs, and nobody who
reads it, linters included (B023), can tell that it has run by then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.nodes import LOOPS, walk
from ....analysis.scopes import COMPREHENSIONS, FUNCTIONS, names_in, names_of, target_names
from ....analysis.view import View


def in_session(
    view: View, near: ast.AST, session: str, *reads: str, just_bound: str = "", **given: str
) -> str:
    """`reads` stand for `near`, in its place or above it; `just_bound` is a name that is bound there, and
    `given` has further arguments, by the names that `reads` have for them."""
    parts = list(dict.fromkeys(reads))
    read = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    tree = ast.parse(f"({read})", mode="eval")
    if changing := set(_changing(view, near)):
        changing.add(just_bound)
    names = (node.id for node in walk(tree) if isinstance(node, ast.Name))
    given |= {name: name for name in names if name in changing & names_of(tree).missing}
    arguments = [f"lambda {', '.join(('_', *given))}: {read}", *given.values()]
    return f"await {session}.run_sync({', '.join(arguments)})"


def _changing(view: View, near: ast.AST) -> Iterator[str]:
    """The names that the loops around a place in its function bind."""
    for above in view.file.above(near):
        if isinstance(above, (*FUNCTIONS, ast.Lambda)):
            return
        if isinstance(above, LOOPS):
            yield from names_in([above]).bound
        elif isinstance(above, COMPREHENSIONS):
            for generator in above.generators:
                yield from target_names(generator.target)
