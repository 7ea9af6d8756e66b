"""Where a function looks at what outlives a request, and where it changes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import msgspec

from ..analysis.index.bindings import How, Import
from ..analysis.link.infer import Inference
from ..analysis.link.kinds import Cls, Inst, Mod
from ..analysis.link.names import imported
from ..analysis.link.program import Key, Program
from ..analysis.nodes import bound_plainly, walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax, holds, last_name, span_of
from ..analysis.view import Views
from ..model import Span

_CHANGES = (
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert"),
    *("pop", "popitem", "popleft", "remove", "update"),
)
_MUTABLE = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_WITH = (ast.With, ast.AsyncWith)
_KEPT = {How.ASSIGN, How.ANNOTATION, How.AUGMENTED}
_STATE = ("app", "state")
"""`request.app.state` is the same for all requests."""
_LOCKS = {"anyio.Lock", "asyncio.Condition", "asyncio.Lock", "redis.asyncio.lock.Lock"}
_SAYS_LOCK = re.compile(r"(?i:(^|_)(lock|mutex))(?![a-z])|(Lock|Mutex)(?![a-z])")
"""Of what nobody knows: `token_lock`, `RateLock`; no `clock`."""

Position = tuple[int, int]
_Locks = frozenset[Span]


class Look(NamedTuple):
    name: str
    at: Position
    locks: _Locks
    """The `async with lock:` around it."""
    of: Span | None = None
    """`x += 1` looks for its own sake alone."""

    def is_in(self, spans: Iterable[Span]) -> bool:
        return any(span[:2] <= self.at < span[2:] for span in spans)


class Change(NamedTuple):
    name: str
    span: Span
    locks: _Locks
    tests: tuple[Span, ...]
    """Of the `if` statements around it."""
    is_new_value: bool
    """`CURRENT = user`: the name gets another value."""


class Shared:
    """What modules keep from one request to the next."""

    def __init__(self, inference: Inference, syntax: Syntax) -> None:
        self._inference = inference
        self.program: Program = inference.program
        self._syntax = syntax
        self.views = Views(inference, syntax)
        self._uses: dict[Key, Uses] = {}

    def uses(self, function: Key, node: FunctionNode) -> Uses:
        if function not in self._uses:
            self._uses[function] = Uses(self, function, self._syntax.file(function.path), node)
        return self._uses[function]

    def keeps(self, path: str, name: str, *, as_owner: bool) -> bool:
        """Does the name stand for what a module assigned, or, `as_owner` of attributes, for a class or
        module?"""
        wanted = {*_KEPT, How.CLASS, How.IMPORT} if as_owner else _KEPT
        return not wanted.isdisjoint(self._origins(path, name))

    def _origins(self, path: str, name: str, seen: frozenset[str] = frozenset()) -> Iterator[How]:
        """How the name got its value, in the module that it comes from; a module itself is imported."""
        for binding in self.program.modules[path].names[0].get(name, ()):
            if not isinstance(binding.value, Import):
                yield binding.how
                continue
            found = imported(self.program, binding.value, path)
            if not isinstance(found, list):
                yield from (How.IMPORT for kind in found if isinstance(kind, Mod))
                continue
            for home, other in found:
                if home.path not in seen:
                    yield from self._origins(home.path, other.name, seen | {path})

    def keeps_object_of(self, method: Key) -> bool:
        """Is what the method is called on a class, or an object that a module made when it was imported?"""
        classes = self._inference.classes
        cls = self.program.enclosing_class(method)
        if cls is None or classes.is_static(method):
            return False
        if classes.is_classmethod(method):
            return True
        return any(map(self._has_instance, (cls, *classes.subclasses.get(cls, ()))))

    def _has_instance(self, cls: Key) -> bool:
        calls = self.program.calls_by_name.get(self.program.scope(cls).name, ())
        return any(
            self.program.call(call).scope == 0
            and any(isinstance(kind, Cls) and kind.key == cls for kind in self._inference.callees(call))
            for call in calls
        )

    def is_lock(self, path: str, manager: ast.expr) -> bool:
        """Is only one at a time in an `async with` of the manager?"""
        kinds = self.views.of(path).kinds(manager)
        is_known = any(isinstance(kind, Inst) and kind.name in _LOCKS for kind in kinds)
        return is_known or _SAYS_LOCK.search(last_name(manager)) is not None


class Uses(msgspec.Struct, dict=True):
    shared: Shared
    key: Key
    file: FileSyntax
    function: FunctionNode
    looks: list[Look] = msgspec.field(default_factory=list)
    changes: list[Change] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        for node in own_nodes(self.function):
            name = self.name(node)
            if name is None:
                continue
            locks = self.locks(node)
            if not self._is_change(node):
                self.looks.append(Look(name, span_of(node)[:2], locks))
                continue
            statement = self.file.statement(node)
            is_new = any(target is node for target, _ in bound_plainly(statement))
            self.changes.append(Change(name, span_of(statement), locks, tuple(self._tests(node)), is_new))
            if isinstance(statement, ast.AugAssign) and holds(statement.target, node):
                self.looks.append(Look(name, span_of(node)[:2], locks, span_of(statement)))

    @cached_property
    def _own(self) -> frozenset[str]:
        """Names that mean something of this call alone."""
        nodes = list(walk(self.function))
        declared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        names = [node for node in nodes if isinstance(node, ast.Name)]
        bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        return frozenset((bound | _parameters(self.function)) - declared - self._defaults)

    @cached_property
    def _defaults(self) -> frozenset[str]:
        return frozenset(_kept_defaults(self.function))

    def name(self, node: ast.AST) -> str | None:
        """`CACHE`, `self.token`, `app.state.users`: the name of what the node stands for, if others see it
        too."""
        parts = _parts(node)
        if not parts:
            return None
        if len(parts) > 1 or self._is_looked_into(node):
            parts = [*self._other_names.get(parts[0], parts[:1]), *parts[1:]]
        root, *rest = parts
        if root in self._own:
            is_of_object = bool(rest) and root == self._receiver
            is_shared = is_of_object or tuple(rest[:2]) == _STATE
        else:
            kept = self.shared.keeps(self.key.path, root, as_owner=bool(rest))
            is_shared = kept or root in self._defaults
        return ".".join(parts) if is_shared else None

    @cached_property
    def _other_names(self) -> dict[str, list[str]]:
        """`table` of `table = store.CACHE`, if it gets no other value."""
        names = [node for node in walk(self.function) if isinstance(node, ast.Name)]
        stores = [name.id for name in names if isinstance(name.ctx, ast.Store)]
        bound = (pair for node in own_nodes(self.function) for pair in bound_plainly(node))
        pairs = [(target, _parts(value)) for target, value in bound]
        return {
            target.id: value
            for target, value in pairs
            if isinstance(target, ast.Name)
            and value[:1] != [target.id]
            and stores.count(target.id) == 1
            and value
        }

    def _is_looked_into(self, node: ast.AST) -> bool:
        """`table[key]`, `table.get(key)`, `key in table`: no value that was taken out of it before."""
        above = self.file.parents[node]
        if isinstance(above, ast.Compare):
            return node in above.comparators and any(isinstance(op, (ast.In, ast.NotIn)) for op in above.ops)
        return isinstance(above, (ast.Subscript, ast.Attribute)) and above.value is node

    @cached_property
    def _receiver(self) -> str:
        """What a method calls the object that others have as well: `self`, `cls`."""
        arguments = self.function.args
        first = next(iter([*arguments.posonlyargs, *arguments.args]), None)
        return first.arg if first is not None and self.shared.keeps_object_of(self.key) else ""

    def _is_change(self, node: ast.AST) -> bool:
        if not isinstance(getattr(node, "ctx", None), ast.Load):
            return True
        parent = self.file.parents[node]
        while isinstance(parent, ast.Subscript) and parent.value is node:
            if not isinstance(parent.ctx, ast.Load):
                return True
            node, parent = parent, self.file.parents[parent]
        above = self.file.parents.get(parent)
        is_method = isinstance(parent, ast.Attribute) and isinstance(above, ast.Call) and above.func is parent
        return is_method and parent.attr in _CHANGES  # type: ignore[attr-defined]

    def _tests(self, node: ast.AST) -> Iterator[Span]:
        return (span_of(around.test) for around in self._around(node) if isinstance(around, ast.If))

    def locks(self, node: ast.AST) -> frozenset[Span]:
        """The `with lock:` around it that others wait for."""
        return frozenset(
            span_of(around)
            for around in self._around(node)
            for item in (around.items if isinstance(around, _WITH) else ())
            if self.shared.is_lock(self.key.path, item.context_expr)
        )

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        return takewhile(lambda above: above is not self.function, self.file.above(node))


def _parts(node: ast.AST) -> list[str]:
    """`a.b.c` as its names; nothing for any other expression."""
    found: list[str] = []
    while isinstance(node, ast.Attribute):
        found.append(node.attr)
        node = node.value
    return [*reversed([*found, node.id])] if isinstance(node, ast.Name) else []


def _parameters(function: FunctionNode) -> set[str]:
    arguments = function.args
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {each.arg for each in (*found, arguments.vararg, arguments.kwarg) if each is not None}


def _kept_defaults(function: FunctionNode) -> set[str]:
    """Parameters with a default that all calls share and may change."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs: Iterable[tuple[ast.arg, ast.expr | None]] = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg for argument, default in pairs if isinstance(default, _MUTABLE)}
