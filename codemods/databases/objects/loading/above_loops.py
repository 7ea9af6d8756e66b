"""What a loop reads of one object is loaded once, above the loop.

for name in names:                          await db.refresh(post, ["tags"])
    post.tags.append(Tag(name=name))   ->   for name in names:
                                                post.tags.append(Tag(name=name))
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ....analysis.nodes import LOOPS, walk
from ....analysis.syntax import holds
from ....analysis.view import View, Views
from ..values.expired import Expired, forgets, works
from ..values.newborn import binds, is_new


def above_loops(
    views: Views,
    view: View,
    expired: Expired,
    statement: ast.stmt,
    name: str,
    changed: Sequence[ast.stmt],
    *,
    by_add: bool,
) -> ast.stmt:
    """The statement itself, or the outermost loop around it that goes on with the same object, which the
    session has before; out of no `try` and no `with`, which say what happens when loading fails, and of no
    loop that may change what is loaded before it is read."""
    found, is_sure = statement, True
    for above in view.file.above(statement):
        if not isinstance(above, (*LOOPS, ast.If)):
            break
        is_sure = is_sure and isinstance(above, LOOPS)
        inside = [each for each in changed if holds(above, each)]
        if any(each.lineno < statement.lineno or not is_sure for each in inside):
            break
        if isinstance(above, LOOPS):
            if any(binds(node, name) for node in walk(above)):
                break
            if any(expired.ends(view, node) or forgets(node) for node in works(above)):
                break
            if is_new(views, view, above, name, by_add=by_add):
                break
            found = above
    return found
