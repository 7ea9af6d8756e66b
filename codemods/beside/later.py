"""What goes on when a function has returned: there it would be outside of the session's greenlet."""

from __future__ import annotations

import ast

from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.kinds import Cls, Ext, Kind, Member
from ..analysis.link.program import Key
from ..analysis.nodes import walk
from ..analysis.view import Views
from ..frameworks.names import STREAMS

_MADE = STREAMS | {
    "starlette.background.BackgroundTask",
    "starlette.background.BackgroundTasks",
    "fastapi.background.BackgroundTasks",
    "threading.Thread",
    "threading.Timer",
    "asyncio.ensure_future",
    "asyncio.run_coroutine_threadsafe",
}
_METHODS = frozenset({"add_task", "create_task", "run_in_executor", "submit"})


def goes_on_later(views: Views, reach: Reach, function: Key) -> bool:
    """Does it, or anything that it runs, leave work for later?"""
    for key in sorted(reach.below(function)):
        view = views.of(key.path)
        node = view.file.function(view.program.scope(key).span)
        for call in walk(node) if node is not None else ():
            if isinstance(call, ast.Call) and any(_is_later(views, kind) for kind in view.callees(call)):
                return True
    return False


def _is_later(views: Views, callee: Kind) -> bool:
    if isinstance(callee, Member):
        return callee.attr in _METHODS
    if isinstance(callee, Cls):
        return any(views.inference.classes.is_a(callee.key, name) for name in _MADE)
    if not isinstance(callee, Ext):
        return False
    bases = views.inference.program.catalogue.bases(callee.name)
    return callee.name in _MADE or not _MADE.isdisjoint(bases)
