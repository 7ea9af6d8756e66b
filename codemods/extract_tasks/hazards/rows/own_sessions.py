"""Sessions and connections that a function opens itself, from what its module has: a worker does so, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from ....analysis.index.expr import Attr, Name
from ....analysis.judge.effects.site import Site
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.kinds import Cls, Ext, Fn, Inst
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly
from ....analysis.scopes import local_names, own_nodes, parameter_names
from ....analysis.syntax import FunctionNode, Syntax, last_name, span_of
from ....analysis.view import Views
from ....model import Span
from ..objects.databases import commits
from ..objects.kept_sessions import KeptSessions

_IN_MEMORY = re.compile(r"sqlite(\+\w+)?://(/(:memory:)?)?[\"'?]|:memory:|mode=memory")
_MAKERS = ("sessionmaker", "async_sessionmaker")
_SESSIONS = ("Session", "AsyncSession")
_OF_ANOTHER = ("next", "anext", "closing")


class OwnSessions:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.syntax = syntax
        self.views = Views(self.inference, syntax)
        self.kept = KeptSessions(self.inference, syntax)

    def is_own(self, function: Key, node: FunctionNode, site: Site) -> bool:
        """Is the session of this call opened in the function, or handed in by its caller?

        What is handed in to the first function is an argument, which must be sent: no session can.
        """
        if self.is_in_memory or self.is_bound_later:
            return False
        file, span = self.syntax.file(function.path), Span(*site.span)
        entered = file.entered(span)
        if entered is not None:
            return self._opens(function, node, entered.context_expr)
        call = file.call(span) or _iterated(node, span)
        root = _root(call) if call is not None else ""
        if root in parameter_names(node.args):
            is_method = self.program.enclosing_class(function) is not None
            is_self = is_method and bool(node.args.args) and root == node.args.args[0].arg
            return self.kept.is_given(function, _first_attribute(call)) if is_self else True
        if call is not None and root and not any(True for _ in _values(node, root)):
            return self._is_captured(function, root) or self._opens(function, node, call)
        return self.opens(function, node, root)

    def _is_captured(self, function: Key, name: str) -> bool:
        """Has the function around it, which a task stands for as well, got or opened that session?"""
        around = self.program.parent(function)
        node = self.syntax.file(around.path).function(self.program.scope(around).span)
        if node is None or name not in local_names(node):
            return False
        return name in parameter_names(node.args) or self.opens(around, node, name)

    def opens(
        self, function: Key, node: FunctionNode, name: str, above: frozenset[str] = frozenset()
    ) -> bool:
        """Is the session of this name opened in the function itself? `query = query.limit(9)` does not tell.

        `above` are the names that are made of this one.
        """
        values = [each for each in _values(node, name) if each is None or _root(each) != name]
        return (
            name not in above
            and bool(values)
            and all(v is not None and self._opens(function, node, v, above | {name}) for v in values)
        )

    def _opens(
        self, function: Key, node: FunctionNode, value: ast.expr, above: frozenset[str] = frozenset()
    ) -> bool:
        """`SessionLocal()`, `Session(engine)`, `next(get_db())`, or what a function of the project gives;
        `engine.connect()`, `pool.getconn()`, `closing(sqlite3.connect(path))`, and a cursor of such."""
        while isinstance(value, (ast.Await, ast.Attribute)):
            value = value.value
        if not isinstance(value, ast.Call):
            return False
        name = last_name(value.func)
        if isinstance(value.func, ast.Name) and name in _OF_ANOTHER and len(value.args) == 1:
            return self._opens(function, node, value.args[0], above)
        if self._is_of_connection(function, node, value, above):
            return True
        if isinstance(value.func, ast.Attribute) and name in ("begin", "__call__"):
            value = ast.Call(value.func.value, [], [])
        if not isinstance(value.func, ast.Name):
            return False
        kinds = self.inference.kinds(function, Name(value.func.id), value.func.lineno)
        return bool(kinds) and all(map(_is_maker, kinds))

    def _is_of_connection(
        self, function: Key, node: FunctionNode, call: ast.Call, above: frozenset[str]
    ) -> bool:
        """Does the call give one, of what is there for all; or is it given one, or called on one, that the
        function has opened?"""
        root, given = _root(call), [each.id for each in call.args if isinstance(each, ast.Name)]
        own = {name for name in (root, *given) if any(True for _ in _values(node, name))}
        if own:
            return root != "" and all(self.opens(function, node, name, above) for name in own)
        kinds = self.views.of(function.path).kinds(call)
        is_local = root in local_names(node)
        return bool(kinds) and not is_local and all(commits(self.program, kind) for kind in kinds)

    @cached_property
    def is_bound_later(self) -> bool:
        """Does a function give a maker its engine (`SessionLocal.configure(bind=engine)`)? No worker calls
        it."""
        for call in self.program.calls_by_name.get("configure", ()):
            site = self.program.call(call)
            if (
                site.scope
                and isinstance(site.func, Attr)
                and not self.program.modules[call.path].facts.is_test
            ):
                kinds = self.inference.kinds(Key(call.path, site.scope), site.func.value, site.span.line)
                if any(isinstance(kind, Inst) and _is_maker(kind) for kind in kinds):
                    return True
        return False

    @cached_property
    def is_in_memory(self) -> bool:
        """A worker would have another database."""
        texts = (
            self.syntax.file(path).text
            for path, module in self.program.modules.items()
            if not module.facts.is_test
        )
        return any("sqlite" in text and _IN_MEMORY.search(text) for text in texts)


def _is_maker(kind: object) -> bool:
    if isinstance(kind, Inst):
        return kind.name.rpartition(".")[2] in _MAKERS
    if isinstance(kind, Ext):
        return kind.name.rpartition(".")[2] in _SESSIONS
    return isinstance(kind, (Fn, Cls))


def _iterated(node: FunctionNode, span: Span) -> ast.expr | None:
    """What the loop at the span goes over: a query asks when it is iterated."""
    for part in own_nodes(node):
        if isinstance(part, (ast.For, ast.AsyncFor, ast.comprehension)) and span.contains(span_of(part.iter)):
            return part.iter
    return None


def _root(node: ast.AST) -> str:
    """`db` of `db.query(User).first()`."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _first_attribute(node: ast.AST | None) -> str:
    """`db` of `self.db.query(User).first()`."""
    name = ""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript, ast.Await)):
        name = node.attr if isinstance(node, ast.Attribute) else name
        node = node.func if isinstance(node, ast.Call) else node.value
    return name


def _values(node: FunctionNode, name: str) -> Iterator[ast.expr | None]:
    """What the name is bound to; None for what cannot be told."""
    for part in own_nodes(node):
        if isinstance(part, ast.withitem) and _is(part.optional_vars, name):
            yield part.context_expr
        elif isinstance(part, (ast.For, ast.AsyncFor)) and _is(part.target, name):
            yield part.iter
        yield from (value for target, value in bound_plainly(part) if _is(target, name))


def _is(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
