"""What belongs to the process of the application: values that only it has, changes that only it sees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property

from ..analysis import names
from ..analysis.effects import Site, SiteKind
from ..analysis.facts import Attr, Expr, Import, Name, ScopeKind
from ..analysis.kinds import Inst
from ..analysis.program import Key
from ..analysis.reach import Reach
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax
from ..model import Span
from .words import CHANGING_METHODS, FILE_KINDS, words

_DATABASES = ("database", "orm-session")
_CHANGES_CACHE = words(
    "set setex setnx mset incr incrby decr delete hset hmset expire lpush rpush sadd zadd publish"
)
_CHANGES_FILES = words(
    """write_text write_bytes mkdir makedirs touch rename replace unlink remove rmdir rmtree move copy copy2
    copyfile copytree symlink"""
)
_SENDS = words("post put patch delete request")
_OF_THE_CONTEXT = ("contextvars.ContextVar", "threading.local", "_thread._local")
_DEPTH = 4

Global = tuple[str, str]
"""Module and name; an empty name stands for the module itself."""


class State:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self.classes = reach.effects.inference.classes
        self.syntax = syntax

    # what it needs ----------------------------------------------------------------------------------------

    def needed(self, function: Key) -> str:
        """What the function, or one that it calls, reads and only the application has; empty for nothing."""
        for current in self._reached(function):
            for site in self.reach.own(current):
                is_database = site.entry is not None and site.entry.category in _DATABASES
                if is_database and site.kind is not SiteKind.FAST:
                    return f"a database connection ({site.name})"
            node = self._node(current)
            found = next(self._set_at_run_time(current, node), "") if node is not None else ""
            if found:
                return f"{found}, which the application sets at run time"
        return self._own_attribute(function)

    def _set_at_run_time(self, function: Key, node: ast.AST) -> Iterator[str]:
        """Names of modules that other functions set, and attributes of such names."""
        own = set(self.program.scope(function).globals)
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id not in own:
                if self.is_set(function, part.id) or self._is_of_the_context(function, part.id):
                    yield part.id
            elif (
                isinstance(part, ast.Attribute)
                and isinstance(part.value, ast.Name)
                and self.is_set(function, part.value.id, part.attr)
            ):
                yield ast.unparse(part)

    def _is_of_the_context(self, function: Key, name: str) -> bool:
        """A `ContextVar` or a thread-local: a worker has another one."""
        found = self._global(function, name)
        path = self.program.module_path(found[0], function.path) if found is not None else None
        if found is None or path is None or not found[1]:
            return False
        kinds = self.reach.effects.inference.kinds(Key(path, 0), Name(found[1]), 0)
        return any(isinstance(kind, Inst) and kind.name in _OF_THE_CONTEXT for kind in kinds)

    def is_set(self, function: Key, name: str, attribute: str = "") -> bool:
        """Does a function of the application set `name.attribute` (or `name`), as seen in `function`?"""
        found = self._global(function, name)
        if found is None:
            return False
        if not attribute:
            return found in self._set
        is_module = not found[1]
        return (is_module and (found[0], attribute) in self._set) or (found, attribute) in self._attributes

    @cached_property
    def _set(self) -> frozenset[Global]:
        """Names that a function declares `global` and binds."""
        return frozenset(
            (module.facts.module, name)
            for module in self.program.modules.values()
            if not module.facts.is_test
            for scope in module.facts.scopes[1:]
            for name in scope.globals
            if any(binding.name == name for binding in scope.bindings)
        )

    @cached_property
    def _attributes(self) -> frozenset[tuple[Global, str]]:
        """`holder.mailer = ..` in a function, where `holder` is a name of a module."""
        found: set[tuple[Global, str]] = set()
        for path, module in self.program.modules.items():
            for binding in module.facts.attributes:
                scope = module.facts.scopes[binding.scope]
                if module.facts.is_test or scope.kind not in (ScopeKind.FUNCTION, ScopeKind.LAMBDA):
                    continue
                root, first = _first_step(binding.target, binding.attr)
                owner = self._global(Key(path, binding.scope), root) if root else None
                if owner is not None:
                    found.add((owner, first))
                    if not owner[1]:
                        found.add(((owner[0], first), ""))
        return frozenset(found)

    def _own_attribute(self, function: Key) -> str:
        """`self.client`, which another method than `__init__` sets."""
        cls, node = self.program.enclosing_class(function), self._node(function)
        if cls is None or node is None or not node.args.args:
            return ""
        methods = dict(self._methods(cls))
        reached = self._of_self(node, methods)
        read = {name for each in reached for name in _attributes(each, ast.Load)}
        made = {name for each in reached for name in _attributes(each, ast.Store)}
        made |= {name for method in methods.values() if method.name == "__init__" for name in _made(method)}
        for name, method in sorted(methods.items()):
            others = set(_attributes(method, ast.Store)) & read - made
            if others and method not in reached and name != "__init__":
                return f"self.{min(others)}, which {name}() sets"
        return ""

    # what it leaves behind --------------------------------------------------------------------------------

    def memory(self, function: Key) -> str:
        """What it changes in the memory of the process; a worker would change its own."""
        for current in self._reached(function):
            node = self._node(current)
            for part in own_nodes(node) if node is not None else ():
                root = root_of(changed_by(part))
                if root and self._global(current, root) is not None:
                    return root
                target = part.target if isinstance(part, ast.AugAssign) else None
                if isinstance(target, ast.Name) and target.id in self.program.scope(current).globals:
                    return target.id
        return self._own_change(function)

    def _own_change(self, function: Key) -> str:
        """`self.sent.append(..)`; an attribute that is set where it was not there yet is no change."""
        cls, node = self.program.enclosing_class(function), self._node(function)
        if cls is None or node is None or not node.args.args:
            return ""
        for method in self._of_self(node, dict(self._methods(cls))):
            own = method.args.args[0].arg if method.args.args else ""
            file = self.syntax.file(cls.path)
            for part in own_nodes(method):
                changed = changed_by(part)
                if changed is None or root_of(changed) != own or isinstance(changed, ast.Name):
                    continue
                if not _is_lazy(file, part):
                    return ast.unparse(changed)
        return ""

    def elsewhere(self, function: Key, category: str, is_told: Callable[[Key, Site], bool]) -> str:
        """What it does beside the slow work that somebody may look at next; empty for nothing.

        `is_told`: is a request sent only to tell somebody something?
        """
        for current in self._reached(function):
            file = self.syntax.file(current.path)
            for site in self.reach.own(current):
                found = self._effect(site, file, category) if site.entry is not None else ""
                is_sent = site.entry is not None and site.entry.category == "http" and _last(site) in _SENDS
                if is_sent and not is_told(current, site):
                    return f"sends a request ({site.name})"
                if found:
                    return found
        return ""

    def _effect(self, site: Site, file: FileSyntax, category: str) -> str:
        kind, last = site.entry.category if site.entry else "", _last(site)
        if kind == "cache" and last in _CHANGES_CACHE:
            return f"changes the cache ({last})"
        if category in FILE_KINDS or kind != "file":
            return ""
        if last in _CHANGES_FILES:
            return f"changes files ({last})"
        call = file.call(Span(*site.span))
        return "writes files" if last == "open" and call is not None and _writes(call) else ""

    # the program ------------------------------------------------------------------------------------------

    def _reached(self, function: Key) -> list[Key]:
        found, stack = [function], [function]
        while stack:
            for callee in self.reach.callees(stack.pop()):
                if callee not in found:
                    found.append(callee)
                    stack.append(callee)
        return found

    def _node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)

    def _methods(self, cls: Key) -> Iterator[tuple[str, FunctionNode]]:
        file = self.syntax.file(cls.path)
        for scope in self.program.modules[cls.path].facts.scopes:
            if scope.parent == cls.scope and scope.kind is ScopeKind.FUNCTION:
                node = file.function(scope.span)
                if node is not None:
                    yield scope.name, node

    def _of_self(self, start: FunctionNode, methods: dict[str, FunctionNode]) -> list[FunctionNode]:
        """The method, and those that it calls on its own object."""
        found, stack = [start], [start]
        while stack:
            method = stack.pop()
            for name in _attributes(method, ast.Load):
                if name in methods and methods[name] not in found:
                    found.append(methods[name])
                    stack.append(methods[name])
        return found

    def _global(self, function: Key, name: str) -> Global | None:
        """The name of a module of the project that `name` means in the function, or the module itself."""
        found = names.lookup(self.program, function, name)
        if not isinstance(found, list) or not found or any(bound.home.scope for bound in found):
            return None
        module, path = self.program.modules[function.path].facts.module, function.path
        for _ in range(_DEPTH):
            value = next(
                (
                    b.value
                    for b in self.program.modules[path].names[0].get(name, ())
                    if isinstance(b.value, Import)
                ),
                None,
            )
            if value is None:
                return module, name
            module, name = self.program.absolute(value, path), value.name
            inner = self.program.module_path(f"{module}.{name}" if name else module, path)
            if inner is not None:
                return self.program.modules[inner].facts.module, ""
            outer = self.program.module_path(module, path)
            if outer is None:
                return None
            path = outer
        return None


def _last(site: Site) -> str:
    return site.name.rpartition(".")[2]


def _first_step(target: Expr, attribute: str) -> tuple[str, str]:
    """`app` and `state` of `app.state.mailer = ..`."""
    while isinstance(target, Attr):
        attribute = target.attr
        target = target.value
    return (target.id, attribute) if isinstance(target, Name) else ("", "")


def _attributes(method: FunctionNode, how: type[ast.expr_context]) -> list[str]:
    own = method.args.args[0].arg if method.args.args else ""
    return [
        node.attr
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, how)
        and isinstance(node.value, ast.Name)
        and node.value.id == own
    ]


def _made(init: FunctionNode) -> Iterator[str]:
    """Attributes that `__init__` gives a value, not `None`."""
    for node in ast.walk(init):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            is_none = isinstance(node.value, ast.Constant) and node.value.value is None
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.attr for t in targets if isinstance(t, ast.Attribute) and not is_none)


def changed_by(node: ast.AST) -> ast.expr | None:
    """The object that a node changes, if it does."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.value if node.func.attr in CHANGING_METHODS else None
    return None


def root_of(node: ast.AST | None) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_lazy(file: FileSyntax, node: ast.AST) -> bool:
    """`if self.client is None: self.client = ..`"""
    if not isinstance(node, ast.Attribute):
        return False
    text = ast.unparse(node)
    return any(isinstance(above, ast.If) and text in ast.unparse(above.test) for above in file.above(node))


def _writes(call: ast.Call) -> bool:
    given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    mode = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    return isinstance(mode, str) and bool(set(mode) & set("wax+"))
