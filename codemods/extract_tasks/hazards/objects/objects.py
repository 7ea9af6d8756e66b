"""Attributes that an object's own methods set: would a worker have them, and who would see the change?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache

from ....analysis.index.bindings import ScopeKind
from ....analysis.link.infer import Inference
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, walk
from ....analysis.scopes import FUNCTIONS, own_nodes
from ....analysis.syntax import FileSyntax, FunctionNode, Syntax, last_name
from ....analysis.view import Views
from ...words import BUILTIN_CHANGES, CHANGE_FIRST, CHANGEABLE, CHANGING_METHODS
from .databases import commits

OF_A_WITH = frozenset({"__enter__", "__exit__", "__aenter__", "__aexit__"})


class Objects:
    def __init__(self, inference: Inference, syntax: Syntax) -> None:
        self.program = inference.program
        self.syntax = syntax
        self.views = Views(inference, syntax)
        self._changed: dict[Key, str] = {}

    def needed(self, function: Key) -> str:
        """`self.client`, which another method than `__init__` sets; empty for nothing. What `__enter__` sets
        is there as long as the object is entered, and `__exit__` takes it away behind that."""
        return self._set_elsewhere(function, lambda name: name not in OF_A_WITH)

    def entered(self, function: Key) -> str:
        """`self.server`, which `__enter__` sets; empty for nothing."""
        return self._set_elsewhere(function, OF_A_WITH.__contains__)

    def _set_elsewhere(self, function: Key, is_meant: Callable[[str], bool]) -> str:
        cls, node = self.program.enclosing_class(function), self.node(function)
        if cls is None or node is None or not node.args.args:
            return ""
        methods = dict(self.methods(cls))
        reached = self.of_self(node, methods)
        read = {name for each in reached for name in _attributes(each, ast.Load)}
        made = {name for each in reached for name in _attributes(each, ast.Store)}
        made |= {name for method in methods.values() if method.name == "__init__" for name in _made(method)}
        for name, method in sorted(methods.items()):
            others = set(_attributes(method, ast.Store)) & read - made
            if others and method not in reached and name != "__init__" and is_meant(name):
                return f"self.{min(others)}, which {name}() sets"
        return ""

    def changed(self, function: Key) -> str:
        """`self.sent.append(..)`; an attribute that is set where it was not there yet is no change."""
        if function not in self._changed:
            self._changed[function] = self._find_changed(function)
        return self._changed[function]

    def _find_changed(self, function: Key) -> str:
        cls, node = self.program.enclosing_class(function), self.node(function)
        if cls is None or node is None or not node.args.args:
            return ""
        file = self.syntax.file(cls.path)
        for method in self.of_self(node, dict(self.methods(cls))):
            for part, changed in self.changes(cls, method):
                if not is_lazy(file, part):
                    return ast.unparse(changed)
        return ""

    def changes(self, cls: Key, method: FunctionNode) -> Iterator[tuple[ast.AST, ast.expr]]:
        """What a method changes of its object; what it adds to a session that it has is not there."""
        view = self.views.of(cls.path)
        for part, changed in changes_of_self(method):
            is_session = isinstance(part, ast.Call) and any(
                commits(self.program, kind) for kind in view.kinds(changed)
            )
            if not is_session:
                yield part, changed

    def is_as_made(self, cls: Key) -> bool:
        """Does no method, `__init__` apart, change an object of the class?"""
        scopes = enumerate(self.program.modules[cls.path].facts.scopes)
        methods = [
            (number, s) for number, s in scopes if s.parent == cls.scope and s.kind is ScopeKind.FUNCTION
        ]
        return not any(self.changed(Key(cls.path, number)) for number, s in methods if s.name != "__init__")

    def node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)

    def methods(self, cls: Key) -> Iterator[tuple[str, FunctionNode]]:
        file = self.syntax.file(cls.path)
        for scope in self.program.modules[cls.path].facts.scopes:
            if scope.parent == cls.scope and scope.kind is ScopeKind.FUNCTION:
                node = file.function(scope.span)
                if node is not None:
                    yield scope.name, node

    def of_self(self, start: FunctionNode, methods: dict[str, FunctionNode]) -> list[FunctionNode]:
        """The method, and those that it calls on its own object."""
        found, stack = [start], [start]
        while stack:
            method = stack.pop()
            for name in _attributes(method, ast.Load):
                if name in methods and methods[name] not in found:
                    found.append(methods[name])
                    stack.append(methods[name])
        return found


@lru_cache(maxsize=1024)
def _attributes(method: FunctionNode, how: type[ast.expr_context]) -> tuple[str, ...]:
    """Asked for again by each method of the class."""
    own = method.args.args[0].arg if method.args.args else ""
    return tuple(
        node.attr
        for node in walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, how)
        and isinstance(node.value, ast.Name)
        and node.value.id == own
    )


@lru_cache(maxsize=256)
def changes_of_self(method: FunctionNode) -> tuple[tuple[ast.AST, ast.expr], ...]:
    """Where the method changes its own object, and the part of it that it changes."""
    own = method.args.args[0].arg if method.args.args else ""
    nodes = own_nodes(method)
    inside = {
        target.id: value
        for each in nodes
        for target, value in bound_plainly(each)
        if isinstance(target, ast.Name) and isinstance(value, ast.Attribute)
    }  # `table = self.table`
    parts = ((part, changed_by(part)) for part in nodes)
    parts = ((part, inside.get(root_of(changed), changed)) for part, changed in parts)
    return tuple(
        (part, changed)
        for part, changed in parts
        if changed is not None and root_of(changed) == own and not isinstance(changed, ast.Name)
    )


def _made(init: FunctionNode) -> Iterator[str]:
    """Attributes that `__init__` gives a value, not `None`."""
    for node in walk(init):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            is_none = isinstance(node.value, ast.Constant) and node.value.value is None
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.attr for t in targets if isinstance(t, ast.Attribute) and not is_none)


def changed_by(node: ast.AST) -> ast.expr | None:
    """The object that a node changes, if it does."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return node
    if not isinstance(node, ast.Call):
        return None
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    is_method = last_name(node.func) in CHANGING_METHODS and owner is not None
    is_unbound = is_method and isinstance(owner, ast.Name) and owner.id in CHANGEABLE
    is_function = last_name(node.func) in (CHANGE_FIRST if owner is None else CHANGE_FIRST - BUILTIN_CHANGES)
    if is_function or is_unbound:
        return node.args[0] if node.args else None
    return owner if is_method else None


def root_of(node: ast.AST | None) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_lazy(file: FileSyntax, node: ast.AST) -> bool:
    """`if self.client is None: self.client = ..`, or below `if self.client is not None: return ..`"""
    if not isinstance(node, (ast.Attribute, ast.Name)):
        return False
    text, child = ast.unparse(node), file.statement(node)
    for above in file.above(child):
        if isinstance(above, ast.If) and text in ast.unparse(above.test):
            return True
        blocks = [value for _, value in ast.iter_fields(above) if isinstance(value, list) and child in value]
        before = blocks[0][: blocks[0].index(child)] if blocks else []
        if any(_returns_where(statement, text) for statement in before):
            return True
        if isinstance(above, FUNCTIONS):
            return False
        child = above if isinstance(above, ast.stmt) else child
    return False


def _returns_where(statement: ast.stmt, text: str) -> bool:
    """`if <text>: return`"""
    if not isinstance(statement, ast.If) or text not in ast.unparse(statement.test):
        return False
    return isinstance(statement.body[-1], ast.Return)
