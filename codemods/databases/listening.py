"""Code that runs while a session works: it is sync below an async session as well, and may load what it
reads.

@event.listens_for(Session, "before_flush")
def audit(session: Session, context, instances):
    session.execute(insert(Log))
"""

from __future__ import annotations

import ast

from ..analysis.link.libraries.listeners import is_listener
from ..analysis.view import View


def listens(view: View, node: ast.AST) -> bool:
    """Does it stand in a listener of such events, its signature included?"""
    if not view.file.mentions("listen"):
        return False
    below = node
    for above in view.file.above(node):
        if (
            isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef))
            and below not in above.decorator_list
            and is_listener(view.inference, view.owner(above.body[0]))
        ):
            return True
        below = above
    return False
