"""What a loop reads of one object is loaded once, above the loop.

for name in names:                          await db.refresh(post, ["tags"])
    post.tags.append(Tag(name=name))   ->   for name in names:
                                                post.tags.append(Tag(name=name))
"""

from __future__ import annotations

import ast

from ....analysis.nodes import walk
from ....analysis.view import View, Views
from ..values.expired import Expired, forgets, works
from ..values.newborn import binds, is_new

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def above_loops(
    views: Views, view: View, expired: Expired, statement: ast.stmt, name: str, *, by_add: bool
) -> ast.stmt:
    """The statement itself, or the outermost loop around it that goes on with the same object, which the
    session has before; out of no `try` and no `with`, which say what happens when loading fails."""
    found = statement
    for above in view.file.above(statement):
        if not isinstance(above, (*_LOOPS, ast.If)):
            break
        if isinstance(above, _LOOPS):
            if any(binds(node, name) for node in walk(above)):
                break
            if any(expired.ends(view, node) or forgets(node) for node in works(above)):
                break
            if is_new(views, view, above, name, by_add=by_add):
                break
            found = above
    return found
