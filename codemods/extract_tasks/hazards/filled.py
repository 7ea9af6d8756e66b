"""Tables of the process that others fill: a worker has them as the modules that it loads leave them.

TICKETS: dict[int, Ticket] = {}         # `TICKETS[number] = ..` in a handler: empty in a worker
CHANNELS: dict[str, Channel] = {}       # `@register("sms")` in app/sms.py: there if that is loaded as well
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from ...analysis.index.bindings import ScopeKind
from ...analysis.index.expr import Attr, Expr, Name
from ...analysis.link.import_graph import ImportGraph
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Cls, Fn, Inst, Obj
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from .objects import Objects, attributes_read, changed_by, root_of

Global = tuple[str, str]
"""Module and name."""
Fills = tuple[bool, frozenset[str]]
"""Is it filled at run time? And the files that fill it when they are loaded."""

_OF_LISTS = ("append", "appendleft", "extend", "setdefault")
"""Methods that hardly anything but a list or a dict has; clients put, add, insert and update elsewhere."""
_FUNCTIONS = (ScopeKind.FUNCTION, ScopeKind.LAMBDA)


class Filled:
    def __init__(
        self, inference: Inference, objects: Objects, resolve: Callable[[Key, str], Global | None]
    ) -> None:
        """`resolve`: the name of a module that a name means in a function."""
        self.inference = inference
        self.program = inference.program
        self.objects = objects
        self.resolve = resolve
        self.graph = ImportGraph(self.program)
        self._fills: dict[Global, Fills] = {}
        self._uses: dict[Key, Fills] = {}
        self._shared: dict[Key, bool] = {}

    def read_by(self, function: Key, node: ast.AST) -> str:
        """A table that the function reads, and others fill; in words, empty for none."""
        own = {root_of(changed_by(part)) for part in walk(node)}
        for part in walk(node):
            name, attribute = _named(part)
            words = self.of_name(function, name, attribute) if name and name not in own else ""
            if words:
                return f"{attribute or name}, {words}"
        return ""

    def of_name(self, function: Key, name: str, attribute: str = "") -> str:
        """Who fills the table of a module, or `module.attribute`, as named in the function; empty where a
        worker that loads the file finds all of it."""
        found = self.resolve(function, name)
        if found is not None and found[1] and attribute:
            kinds = self.inference.kinds(function, Name(name))
            told = (self._of_attribute(k.key, attribute, function.path) for k in kinds if isinstance(k, Obj))
            return next(filter(None, told), "")
        if found is None or bool(found[1]) == bool(attribute):
            return ""
        found = found[0], found[1] or attribute
        if found not in self._fills:
            sites = (site for site in self._sites(found[1]) if self._is(site, found))
            self._fills[found] = self._by(key for key, _ in sites)
        return self._told(self._fills[found], found[0], function.path)

    def of_object(self, method: Key, own: Collection[Key] = ()) -> str:
        """The attribute of an object of the whole process that the method reads, and who fills it; `own` are
        functions that the work runs itself."""
        cls, node = self.program.enclosing_class(method), self.objects.node(method)
        if cls is None or node is None or not node.args.args or not self._is_shared(cls):
            return ""
        methods = dict(self.objects.methods(cls))
        reached = self.objects.of_self(node, methods)
        for name in sorted({name for each in reached for name in attributes_read(each)}):
            words = self._of_attribute(cls, name, method.path, own, reached)
            if words:
                return f"self.{name}, {words}"
        return ""

    def _of_attribute(
        self,
        cls: Key,
        name: str,
        near: str,
        own: Collection[Key] = (),
        reached: Collection[ast.AST] = (),
    ) -> str:
        """`own` and `reached` are what the work does itself."""
        keys = [key for key, target in self._sites(name) if self._is_of(key, target, cls)]
        keys = [key for key in keys if self._outermost(key) not in own and not self._is_one_of(key, reached)]
        return self._told(self._by(keys), self.program.modules[cls.path].facts.module, near)

    # who fills it -----------------------------------------------------------------------------------------

    def _sites(self, name: str) -> Iterator[tuple[Key, Expr | None]]:
        """Where a container of that name gets more, outside of tests, and how it is written there."""
        for call in self.program.growth_by_name.get(name, ()):
            site = self.program.call(call)
            target, _ = self.program.held_in(call.path, getattr(site.func, "value", None))
            key, is_test = Key(call.path, site.scope), self.program.modules[call.path].facts.is_test
            method = getattr(site.func, "attr", "")
            if not is_test and target is not None and self._is_container(key, target, method):
                yield key, target
        for path, store in self.program.stores_by_name.get(name, ()):
            if not self.program.modules[path].facts.is_test:
                yield Key(path, store.scope), self.program.held_in(path, store.target)[0]

    def _is_container(self, key: Key, target: Expr, method: str) -> bool:
        """`box.add(..)` of an object of the project, or of a client, is what its class makes of it."""
        known = [k for k in self.inference.kinds(key, target) if isinstance(k, (Inst, Obj))]
        if not known:
            return method in _OF_LISTS
        return any(isinstance(k, Inst) and k.name.startswith(("builtins.", "collections.")) for k in known)

    def _is(self, site: tuple[Key, Expr | None], found: Global) -> bool:
        key, target = site
        if isinstance(target, Name):
            return self.resolve(key, target.id) == found
        owner = target.value if isinstance(target, Attr) else None
        return isinstance(owner, Name) and self.resolve(key, owner.id) == (found[0], "")

    def _is_of(self, key: Key, target: Expr | None, cls: Key) -> bool:
        """Is it an attribute of such an object? What `__init__` puts there all of them have."""
        outer = self._outermost(key)
        is_init = outer is not None and self.program.scope(outer).name == "__init__"
        owner = target.value if isinstance(target, Attr) and not is_init else None
        kinds = self.inference.kinds(key, owner) if owner is not None else ()
        return any(isinstance(kind, Obj) and kind.key == cls for kind in kinds)

    def _is_one_of(self, key: Key, methods: Collection[ast.AST]) -> bool:
        outer = self._outermost(key)
        return outer is not None and self.objects.node(outer) in methods

    def _by(self, keys: Iterator[Key] | list[Key]) -> Fills:
        at_run_time, files = False, set[str]()
        for key in keys:
            outer = self._outermost(key)
            late, loaded = self._used(outer) if outer is not None else (False, frozenset({key.path}))
            at_run_time |= late
            files |= loaded
        return at_run_time, frozenset(files)

    def _used(self, function: Key) -> Fills:
        """Does the application run it, or only what it loads? A handler is run by FastAPI alone."""
        if function not in self._uses:
            name, is_used, late, files = self.program.scope(function).name, False, False, set[str]()
            for place in self._places(function, name):
                is_used = True
                outer = self._outermost(place)
                late |= outer is not None and outer != function
                files |= {place.path} if outer is None else set()
            self._uses[function] = late or not is_used, frozenset(files)
        return self._uses[function]

    def _places(self, function: Key, name: str) -> Iterator[Key]:
        """The scopes in which it is called, or decorates something."""
        for call in self.program.calls_by_name.get(name, ()):
            is_test = self.program.modules[call.path].facts.is_test
            callees = self.inference.callees(call) if not is_test else ()
            if any(isinstance(kind, Fn) and kind.key == function for kind in callees):
                yield Key(call.path, self.program.call(call).scope)
        for key in self.program.decorators_by_name.get(name, ()):
            is_test = self.program.modules[key.path].facts.is_test
            decorators = self.inference.classes.decorators(key) if not is_test else ()
            if any(isinstance(kind, Fn) and kind.key == function for kind in decorators):
                yield self.program.parent(key)

    def _outermost(self, key: Key) -> Key | None:
        """The function or method at the top; None for what runs when the module is loaded."""
        found = None
        while key.scope:
            found = key if self.program.scope(key).kind in _FUNCTIONS else found
            key = self.program.parent(key)
        return found

    def _is_shared(self, cls: Key) -> bool:
        """Does a module make an object of the class when it is loaded?"""
        if cls not in self._shared:
            calls = self.program.calls_by_name.get(self.program.scope(cls).name, ())
            self._shared[cls] = any(
                self._outermost(Key(call.path, self.program.call(call).scope)) is None
                and Cls(cls) in self.inference.callees(call)
                for call in calls
            )
        return self._shared[cls]

    def _told(self, fills: Fills, home: str, near: str) -> str:
        at_run_time, files = fills
        if at_run_time:
            return "which the application fills at run time"
        loaded = self.graph.loads(home) | self.graph.behind([near]) if files else frozenset()
        missing = sorted(self.program.modules[path].facts.module for path in files - loaded)
        return f"which {missing[0]} fills when it is loaded" if missing else ""


def _named(node: ast.AST) -> tuple[str, str]:
    """`TICKETS`, and `store` with `TICKETS` of `store.TICKETS`, where it is read."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return node.id, ""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    return "", ""
