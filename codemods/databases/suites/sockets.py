"""Tests that open a WebSocket: when they leave it, their client cancels what its handler still waits for.

https://github.com/encode/starlette/blob/master/starlette/testclient.py
"""

from __future__ import annotations

import ast

from ...analysis.link.program import Key
from ...analysis.syntax import last_name
from ...analysis.view import Views
from ..draft import Draft

_CUT = (
    "when a test leaves a WebSocket, TestClient cancels what the handler still awaits: what it does with the "
    "database after the client has gone is cut off, and a connection in use is dropped, with a database "
    "in memory (a server does not)"
)
_OPENS = "websocket_connect"


def tell_of_sockets(views: Views, draft: Draft) -> None:
    if not views.mention(_OPENS) or not any(_is_socket(views, each) for each in draft.functions):
        return
    modules = views.inference.program.modules
    for path in sorted(path for path, module in modules.items() if module.facts.is_test):
        view = views.of(path)
        for call in view.file.of_kind(ast.Call) if view.file.mentions(_OPENS) else ():
            if isinstance(call.func, ast.Attribute) and call.func.attr == _OPENS:
                draft.note(view, call, _CUT)
                return


def _is_socket(views: Views, function: Key) -> bool:
    view = views.of(function.path)
    node = view.file.function(view.program.scope(function).span)
    decorators = node.decorator_list if node is not None else []
    return any(isinstance(each, ast.Call) and last_name(each.func) == "websocket" for each in decorators)
