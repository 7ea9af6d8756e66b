"""A name for what an expression gives, bound above the statement that the expression stands in.

return self.books.add(book)    ->    book = self.books.add(book)
                                     return book
"""

from __future__ import annotations

import ast

from ....analysis.nodes import children, walk
from ....analysis.scopes import names_of
from ....analysis.syntax import FunctionNode, holds
from ....analysis.view import View
from ....async_generators.bodies import free_name

_HOLDERS = (
    *(ast.Return, ast.Expr, ast.Assign, ast.AnnAssign, ast.For),
    *(ast.Attribute, ast.Call, ast.keyword, ast.Dict, ast.List, ast.Set, ast.Tuple),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
)
"""What evaluates its parts in the order in which they are written, and each of them."""
_QUIET = (ast.Name, ast.Attribute, ast.Constant, ast.expr_context)


def comes_first(view: View, node: ast.expr, statement: ast.stmt) -> bool:
    """Does nothing of the statement run before, or instead of it, that somebody could notice?"""
    below: ast.AST = node
    for above in view.file.above(node):
        if not isinstance(above, _HOLDERS):
            return False
        if isinstance(above, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            if above.generators[0] is not below:
                return False
        elif isinstance(above, ast.comprehension):
            if above.iter is not below:
                return False
        elif isinstance(above, (ast.For, ast.Assign, ast.AnnAssign, ast.Return, ast.Expr)):
            part = above.iter if isinstance(above, ast.For) else above.value
            return above is statement and part is below
        elif not all(_is_quiet(part) for part in _before(above, below)):
            return False
        below = above
    return False


def _before(node: ast.AST, part: ast.AST) -> list[ast.AST]:
    parts = children(node)
    if isinstance(node, ast.Dict):
        parts = [
            each for pair in zip(node.keys, node.values, strict=True) for each in pair if each is not None
        ]
    return parts[: next(number for number, each in enumerate(parts) if each is part)]


def _is_quiet(node: ast.AST) -> bool:
    return isinstance(node, _QUIET) and all(map(_is_quiet, children(node)))


def name_for(view: View, function: FunctionNode, statement: ast.stmt, node: ast.expr, wanted: str) -> str:
    """The wanted name, if it is free, or is done with and held the like of it: what the statement returns is
    all that follows."""
    names = names_of(function)
    others = {part.id for part in walk(statement) if isinstance(part, ast.Name) and not holds(node, part)}
    is_done = (
        isinstance(statement, ast.Return)
        and wanted in names.local - names.free - others
        and not any(isinstance(above, ast.Try) for above in view.file.above(statement))
        and view.kinds_at(statement, wanted) <= view.kinds(node)
    )
    return wanted if is_done else free_name(function, wanted)
