"""What belongs to the process of the application: values that only it has, changes that only it sees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property, partial

from ...analysis.index.bindings import Import, ScopeKind
from ...analysis.index.expr import Name
from ...analysis.judge.drawing import Drawing
from ...analysis.judge.reach import FirstBelow, Reach
from ...analysis.judge.site import Site, SiteKind
from ...analysis.link import names
from ...analysis.link.kinds import Inst
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.scopes import own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, Syntax
from ...model import Span
from ..words import CHANGES_CACHE, CHANGES_FILES, FILE_KINDS, words
from .building import Building
from .connecting import Connecting
from .databases import DATABASES
from .filled import Filled, Global
from .objects import Objects, changed_by, first_step, is_lazy, root_of
from .own_changes import OwnChanges
from .own_sessions import OwnSessions
from .queues import Queues
from .rows import Rows
from .set_up import SetUp

_SENDS = words("post put patch delete request")
_OF_THE_CONTEXT = ("contextvars.ContextVar", "threading.local", "_thread._local")
_OF_THE_PROCESS = (
    *_OF_THE_CONTEXT,
    *(f"threading.{name}" for name in words("Lock RLock Semaphore BoundedSemaphore Condition Event")),
    *(f"asyncio.{name}" for name in ("Lock", "Semaphore", "Condition", "Event", "Queue")),
    *("_thread.lock", "_thread.LockType", "_thread.RLock", "queue.Queue", "multiprocessing.Lock"),
)
_DEPTH = 4
IsTold = Callable[[Key, Site], bool]
"""Is a request sent only to tell somebody something?"""


class State:
    def __init__(self, reach: Reach, syntax: Syntax, starting: Collection[Key] = ()) -> None:
        """`starting`: what runs when the application starts or stops, and at no other time."""
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self._connections = FirstBelow(reach, self._connected_by)
        self._needs = FirstBelow(reach, self._needed_by)
        self._memories = FirstBelow(reach, self._changed_by)
        self._elsewhere: dict[tuple[str, IsTold], FirstBelow] = {}
        self.objects = Objects(reach.effects.inference, syntax)
        self.own_changes = OwnChanges(reach.effects.inference, syntax, self.objects)
        self.filled = Filled(reach.effects.inference, self.objects, self._global)
        self.queues = Queues(reach.effects.inference, syntax)
        self.drawing = Drawing(reach)
        self.connecting = Connecting(reach)
        self.sessions = OwnSessions(reach, syntax)
        self.set_up = SetUp(reach, syntax, starting)
        self.rows = Rows(reach, syntax)
        self.building = Building(reach, syntax, lambda key: self.needed(key) or self.memory(key))

    # what it needs ----------------------------------------------------------------------------------------

    def needed(self, function: Key) -> str:
        """What the function, or one that it calls, reads and only the application has; empty for nothing."""
        return self.connection(function) or self.needed_later(function)

    def connection(self, function: Key) -> str:
        """The database that it works on, which a worker would come to later; empty for none."""
        return self._connections.of(function)

    def works_on_database(self, site: Site) -> bool:
        """Does it ask or tell the database anything, itself or by what it calls?"""
        if site.target is not None:
            return bool(self.connection(site.target))
        return site.entry is not None and site.entry.category in DATABASES

    def needed_later(self, function: Key) -> str:
        """The same for work that is done behind the response: there it may open sessions of its own."""
        if needed := self._needs.of(function):
            return needed
        reached = self.reach.in_order(function)
        found = (self.filled.of_object(each, reached) for each in reached if each != function)
        return next(filter(None, found), "") or self.objects.needed(function)

    def _connected_by(self, function: Key) -> str:
        return next((f"a database connection ({site.name})" for site in self._on_database(function)), "")

    def _on_database(self, function: Key) -> Iterator[Site]:
        for site in self.reach.own(function):
            is_database = site.entry is not None and site.entry.category in DATABASES
            if is_database and site.kind is not SiteKind.FAST:
                yield site

    def _needed_by(self, function: Key) -> str:
        node = self._node(function)
        for site in self._on_database(function):
            if node is None or not self.sessions.is_own(function, node, site):
                return f"a database connection ({site.name})"
        if node is None:
            return ""
        libraries = (site.name for site in self.reach.own(function) if site.target is None)
        if found := next(filter(None, map(self.set_up.at_start, libraries)), ""):
            return found
        found = next(self.set_at_run_time(function, node), "")
        found = f"{found}, which the application sets at run time" if found else ""
        return found or self.filled.read_by(function, node) or self.queues.used_by(function, node)

    def set_at_run_time(self, function: Key, node: ast.AST) -> Iterator[str]:
        """Names of modules that other functions set, and attributes of such names."""
        own = set(self.program.scope(function).globals)
        for part in walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id not in own:
                if self.is_set(function, part.id) or self._is_one_of(function, part.id, _OF_THE_CONTEXT):
                    yield part.id
            elif (
                isinstance(part, ast.Attribute)
                and isinstance(part.value, ast.Name)
                and self.is_set(function, part.value.id, part.attr)
                and not self._is_made_at_first_use(function, node, part)
            ):
                yield ast.unparse(part)

    def _is_made_at_first_use(self, function: Key, node: ast.AST, read: ast.Attribute) -> bool:
        """`if not Push.ready: .. Push.ready = True` in the function itself: a worker does that as well."""
        text, file = ast.unparse(read), self.syntax.file(function.path)
        same = [n for n in walk(node) if isinstance(n, ast.Attribute) and ast.unparse(n) == text]
        return any(isinstance(n.ctx, ast.Store) and is_lazy(file, n) for n in same)

    def is_of_the_process(self, function: Key, name: str) -> bool:
        """A lock, a queue, a context variable: a worker has another one."""
        return self._is_one_of(function, name, _OF_THE_PROCESS)

    def _is_one_of(self, function: Key, name: str, classes: Sequence[str]) -> bool:
        found = self._global(function, name)
        path = self.program.module_path(found[0], function.path) if found is not None else None
        if found is None or path is None or not found[1]:
            return False
        kinds = self.reach.effects.inference.kinds(Key(path, 0), Name(found[1]), 0)
        return any(isinstance(kind, Inst) and kind.name in classes for kind in kinds)

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
                root, first = first_step(binding.target, binding.attr)
                owner = self._global(Key(path, binding.scope), root) if root else None
                if owner is not None:
                    found.add((owner, first))
                    if not owner[1]:
                        found.add(((owner[0], first), ""))
        return frozenset(found)

    # what it leaves behind --------------------------------------------------------------------------------

    def memory(self, function: Key) -> str:
        """What it changes in the memory of the process; a worker would change its own."""
        return self.shared_memory(function) or self.objects.changed(function)

    def shared_memory(self, function: Key) -> str:
        """The same, without the object that it is a method of."""
        return self._memories.of(function)

    def _changed_by(self, function: Key) -> str:
        node, file = self._node(function), self.syntax.file(function.path)
        for part in own_nodes(node) if node is not None else ():
            root = root_of(changed_by(part))
            if root and self._global(function, root) is not None and not is_lazy(file, part):
                return root
            target = part.target if isinstance(part, ast.AugAssign) else None
            if isinstance(target, ast.Name) and target.id in self.program.scope(function).globals:
                return target.id
        return ""

    def elsewhere(self, function: Key, category: str, is_told: IsTold) -> str:
        """What it does beside the slow work that somebody may look at next; empty for nothing."""
        kind = category, is_told
        if kind not in self._elsewhere:
            own = partial(self._own_elsewhere, category=category, is_told=is_told)
            self._elsewhere[kind] = FirstBelow(self.reach, own)
        return self._elsewhere[kind].of(function)

    def _own_elsewhere(self, function: Key, category: str, is_told: IsTold) -> str:
        file = self.syntax.file(function.path)
        for site in self.reach.own(function):
            if site.entry is None:
                continue
            is_sent = site.entry.category == "http" and _last(site) in _SENDS
            if is_sent and not is_told(function, site):
                return f"sends a request ({site.name})"
            found = self._effect(site, file, category)
            if found:
                return found
        return ""

    def _effect(self, site: Site, file: FileSyntax, category: str) -> str:
        kind, last = site.entry.category if site.entry else "", _last(site)
        if kind == "cache" and last in CHANGES_CACHE:
            return f"changes the cache ({last})"
        if category in FILE_KINDS or kind != "file":
            return ""
        if last in CHANGES_FILES:
            return f"changes files ({last})"
        call = file.call(Span(*site.span))
        return "writes files" if last == "open" and call is not None and _writes(call) else ""

    # the program ------------------------------------------------------------------------------------------

    def _node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)

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


def _writes(call: ast.Call) -> bool:
    given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    mode = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    return isinstance(mode, str) and bool(set(mode) & set("wax+"))
