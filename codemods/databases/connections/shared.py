"""One session for everybody: on a loop, one request would work with it in the middle of another's work.

    session = Session(engine)

    @app.get("/users")
    def users():                                # threads wait for each other at the connection; tasks get
        return session.query(User).all()        # "This session is provisioning a new connection"

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-asyncsession-with-concurrent-tasks
"""

from __future__ import annotations

import ast
from collections.abc import Set

from ...analysis.link.names import lookup
from ...analysis.link.program import Key
from ...analysis.view import View
from ..draft import Draft
from ..words import SESSIONS


def check_shared(view: View, draft: Draft, served: Set[Key]) -> None:
    """Functions on the way of requests have a session of their own, not one that a module keeps."""
    at_the_top = view.program.modules[view.path].names[0]
    for node in view.file.of_kind(ast.Name, ast.Attribute):
        if isinstance(node, ast.Name) and node.id not in at_the_top:
            continue
        if not isinstance(node.ctx, ast.Load) or view.owner(node) not in served:
            continue
        if _is_of_module(view, node) and view.instance(node) in SESSIONS:
            draft.obstacle(view, node, f"all requests share the session {view.source(node)}")


def _is_of_module(view: View, node: ast.Name | ast.Attribute) -> bool:
    if isinstance(node, ast.Attribute):
        return view.module_of(node) is not None
    found = lookup(view.program, view.owner(node), node.id, node.lineno)
    return isinstance(found, list) and all(each.home.scope == 0 for each in found)
