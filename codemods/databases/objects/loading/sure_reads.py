"""Whether something is read whenever its function runs, of every object that there is.

if verbose:
    print(note.owner.name)      # not always: who does not read it must not get what is loaded for it
return note
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.nodes import walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.view import View

_CHOOSING = (ast.If, ast.IfExp, ast.While, ast.Match, ast.Try, ast.ExceptHandler)
_LEAVING = (ast.Continue, ast.Break)


def is_always_read(view: View, node: ast.AST) -> bool:
    function = view.function(node)
    if function is None or is_chosen(view, node):
        return False
    below: ast.AST = node
    for above in view.file.above(node):
        if above is function:
            break
        if isinstance(above, _CHOOSING) and below is not getattr(above, "test", None):
            return False
        if isinstance(above, (ast.For, ast.AsyncFor)) and below in above.body and _is_left_out(above):
            return False
        below = above
    return not any(each.lineno < getattr(node, "lineno", 0) for each in _answers(function))


def is_chosen(view: View, node: ast.AST) -> bool:
    """`note.owner.name if verbose else ""`: only a part of what the statement says decides."""
    below = node
    for above in view.file.above(node):
        if isinstance(above, (ast.stmt, *FUNCTIONS)):
            return False
        if isinstance(above, ast.IfExp) and below is not above.test:
            return True
        if isinstance(above, ast.BoolOp) and below is not above.values[0]:
            return True
        generators: list[ast.comprehension] = getattr(above, "generators", [])
        if any(each.ifs for each in generators):
            return True
        below = above
    return False


def _is_left_out(loop: ast.For | ast.AsyncFor) -> bool:
    """Are some of its objects passed by?"""
    return isinstance(loop.iter, ast.Subscript) or any(isinstance(each, _LEAVING) for each in walk(loop))


def _answers(function: ast.AST) -> Iterator[ast.Return]:
    """The places where it gives more than what is written there."""
    for node in walk(function):
        if isinstance(node, ast.Return) and any(isinstance(each, ast.Name) for each in walk(node)):
            yield node
