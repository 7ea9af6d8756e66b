"""Objects that serve one thread at a time.

On the loop requests take turns with them. In threads two would use one at once: it mixes up what it works on,
or takes the process down with it. One that a function makes for itself nobody else has.
"""

from __future__ import annotations

import ast

from ...model import Span
from ..link.program import Key
from ..syntax import Syntax
from .locks import is_thread_bound_manager
from .reach import Reach
from .site import Site, SiteKind

_OF = ("llama_cpp.Llama.", "mediapipe.solutions.")
_MAKES = frozenset({"__enter__", "__exit__", "__init__"})


class OneAtATime:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self._reach = reach
        self._program = reach.effects.program
        self._syntax = syntax
        self._below: dict[Key, str] = {}

    def used_at(self, site: Site) -> str:
        """The call on a shared one that the site makes, or comes to; empty for none, and below a lock."""
        call = self._syntax.file(site.key.path).call(Span(*site.span))
        if call is not None and self._is_locked(site.key, call):
            return ""
        if site.target is None:
            return site.name if self._is_shared(site) else ""
        if site.target not in self._below:
            _, last = self._reach.chain(site.target, frozenset(SiteKind), self._is_shared)
            self._below[site.target] = last.name if last is not None else ""
        return self._below[site.target]

    def _is_shared(self, site: Site) -> bool:
        owner, _, method = site.name.rpartition(".")
        is_class = owner.rpartition(".")[2][:1].isupper()
        if not is_class or method in _MAKES or not f"{owner}.".startswith(_OF):
            return False
        receiver: ast.AST | None = self._syntax.file(site.key.path).call(Span(*site.span))
        while isinstance(receiver, (ast.Attribute, ast.Call)):
            receiver = receiver.func if isinstance(receiver, ast.Call) else receiver.value
        scope = self._program.scope(site.key)
        given = {parameter.name for parameter in scope.parameters} | set(scope.globals)
        own = {binding.name for binding in scope.bindings} - given
        return isinstance(receiver, ast.Name) and receiver.id not in own

    def _is_locked(self, function: Key, call: ast.Call) -> bool:
        above = self._syntax.file(function.path).above(call)
        entered = (item for node in above if isinstance(node, ast.AsyncWith) for item in node.items)
        return any(is_thread_bound_manager(item.context_expr) for item in entered)
