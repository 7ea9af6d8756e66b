"""Functions of the project that only make something of what they are given: a message, a text, a path.

def build(to: str, text: str) -> EmailMessage:      smtp_send(build(to, "Hello"))    # both may move
    message = EmailMessage()
    message["To"] = to
    message.set_content(text)
    return message
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from ....analysis.judge.effects.site import SiteKind
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.program import Key
from ....analysis.scopes import COMPREHENSIONS, own_nodes, parameter_names, target_names
from ....analysis.syntax import FunctionNode, Syntax, last_name
from .objects import changed_by, root_of

_OF_ITS_OWN = (ast.Raise, ast.Assert, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
_MAKES_ITSELF = ("__init__", "__post_init__")
_NEW = (ast.Constant, ast.JoinedStr, ast.Dict, ast.List, ast.Set, *COMPREHENSIONS)
_COPIES = ("dict", "list", "set")
BINDS = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


class Building:
    def __init__(self, reach: Reach, syntax: Syntax, is_bound: Callable[[Key], str]) -> None:
        """`is_bound`: what a function has to do with the process that it runs in; empty for nothing."""
        self._reach = reach
        self._program = reach.effects.program
        self._syntax = syntax
        self._is_bound = is_bound
        self._found: dict[Key, bool] = {}

    def is_all_of(self, function: Key) -> bool:
        """It raises nothing by itself, waits for nothing, and changes nothing that others have."""
        if function not in self._found:
            below = sorted(self._reach.below(function))
            only_builds = all(map(self._only_builds, below))
            self._found[function] = only_builds and not any(map(self._is_bound, below))
        return self._found[function]

    def makes_anew(self, function: Key) -> bool:
        """Is all that it gives made there, by a class, so that nobody else has it?"""
        node = self._syntax.file(function.path).function(self._program.scope(function).span)
        if node is None:
            return False
        given = [each.value for each in own_nodes(node) if isinstance(each, ast.Return)]
        return bool(given) and all(value is None or _is_new(value, node) for value in given)

    def _only_builds(self, function: Key) -> bool:
        scope = self._program.scope(function)
        node = self._syntax.file(function.path).function(scope.span)
        if node is None or scope.is_async or scope.decorators:
            return False
        sites = self._reach.own(function)
        if any(site.kind not in (SiteKind.FAST, SiteKind.PROJECT) for site in sites):
            return False
        itself = parameter_names(node.args)[:1] if scope.name in _MAKES_ITSELF else []
        nodes = own_nodes(node)
        changed = [found for found in map(changed_by, nodes) if found is not None]
        is_own = all(root_of(each) in itself or _is_new(_whole(each), node) for each in changed)
        return is_own and not any(isinstance(each, _OF_ITS_OWN) for each in nodes)


def _whole(part: ast.expr) -> ast.expr:
    while isinstance(part, (ast.Attribute, ast.Subscript)):
        part = part.value
    return part


def _is_new(value: ast.expr, function: FunctionNode) -> bool:
    if not isinstance(value, ast.Name):
        return _is_made(value)
    nodes, name = own_nodes(function), value.id
    named = [each for each in nodes if isinstance(each, ast.Name) and each.id == name]
    bound = [each for each in nodes if isinstance(each, BINDS) and name in target_names(each)]
    stored = sum(isinstance(each.ctx, ast.Store) for each in named)
    is_own = name not in parameter_names(function.args) and 0 < stored == len(bound)
    return is_own and all(_is_made(each.value) for each in bound)


def _is_made(value: ast.expr | None) -> bool:
    name = last_name(value.func) if isinstance(value, ast.Call) else ""
    return isinstance(value, _NEW) or name[:1].isupper() or name in _COPIES
