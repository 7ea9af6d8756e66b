"""What belongs to the process of the application: values that only it has, changes that only it sees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from functools import partial

from ...analysis.judge.effects.of_the_loop import OF_THE_LOOP
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import FirstBelow, Reach
from ...analysis.judge.state.drawing import Drawing
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.scopes import own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, Syntax
from ...model import Span
from ..sent.fields_set import FieldsSet
from ..words import CHANGES_CACHE, CHANGES_FILES, FILE_KINDS, words
from .connecting import Connecting
from .files.file_effects import FileEffects, opens_to_write
from .objects.building import Building
from .objects.databases import DATABASES
from .objects.objects import Objects, is_lazy
from .objects.own_changes import OwnChanges
from .order.queues import Queues
from .process.set_up import SetUp
from .process.written import Written
from .rows.own_sessions import OwnSessions
from .rows.row_changes import RowChanges
from .rows.rows import Rows

_SENDS = words("post put patch delete request")
_OF_THE_CONTEXT = ("contextvars.ContextVar", "threading.local", "_thread._local")
_MAKE_CONTEXTS = ("ContextVar", "local", "_local")
_OF_THE_PROCESS = (
    *_OF_THE_CONTEXT,
    *(f"threading.{name}" for name in words("Lock RLock Semaphore BoundedSemaphore Condition Event")),
    *(f"asyncio.{name}" for name in ("Lock", "Semaphore", "Condition", "Event", "Queue")),
    *("_thread.lock", "_thread.LockType", "_thread.RLock", "queue.Queue", "multiprocessing.Lock"),
)
IsTold = Callable[[Key, Site], bool]
"""Is a request sent only to tell somebody something?"""


class State:
    def __init__(
        self, reach: Reach, syntax: Syntax, starting: Collection[Key] = (), around: Collection[Key] = ()
    ) -> None:
        """`starting`: what runs when the application starts or stops, and at no other time; `around`: what
        runs before the handlers of requests."""
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self._connections = FirstBelow(reach, self._connected_by)
        self._needs = FirstBelow(reach, self._needed_by)
        self._memories = FirstBelow(reach, self._changed_by)
        self._elsewhere: dict[tuple[str, IsTold], FirstBelow] = {}
        self.objects = Objects(reach.effects.inference, syntax)
        self.own_changes = OwnChanges(reach.effects.inference, syntax, self.objects)
        self.written = Written(reach.effects.inference, self.objects.views)
        self._reads = FirstBelow(reach, lambda function: self.written.read_by([function]))
        self.files = FileEffects(reach, syntax, self.objects.views)
        self.queues = Queues(reach.effects.inference, syntax)
        self.drawing = Drawing(reach)
        self.fields_set = FieldsSet(reach, syntax)
        self.connecting = Connecting(reach)
        self.sessions = OwnSessions(reach, syntax)
        self.set_up = SetUp(reach, syntax, starting, around)
        self.row_changes = RowChanges(reach, syntax, self.objects.views)
        self.rows = Rows(reach, syntax)
        self.building = Building(reach, syntax, self._bound)

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
        found = ""
        if self._reads.of(function):
            reached = self.reach.in_order(function)
            found = self.written.read_by(reached, apart=self.program.enclosing_class(function))
        return found or self.objects.needed(function)

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
        libraries = [site.name for site in self.reach.own(function) if site.target is None]
        set_up = (self.set_up.around(each, function) for each in libraries)
        if found := next(filter(None, set_up), ""):
            return found
        asked = next(filter(OF_THE_LOOP.__contains__, libraries), "")
        if asked and not self.program.scope(function).is_async:
            return f"the event loop ({asked})"
        for part in walk(node):
            if self._is_of_the_context(function, part):
                return f"{ast.unparse(part)}, which the application sets at run time"
        return self.queues.used_by(function, node)

    def _bound(self, function: Key) -> str:
        return self.needed(function) or self.needed_of_object(function) or self.memory(function)

    def needed_of_object(self, method: Key) -> str:
        """What the method, and those that it calls, read of their object and others write."""
        cls = self.program.enclosing_class(method)
        return self.written.of_object(self.reach.walk(method), cls) if cls is not None else ""

    def is_written(self, function: Key, node: ast.expr) -> bool:
        """Does the rest of the process write anything that the function reads there?"""
        return any(
            self.written.of(function, part) or self._is_of_the_context(function, part)
            for part in walk(node)
            if isinstance(part, (ast.Name, ast.Attribute))
        )

    def _is_of_the_context(self, function: Key, node: ast.AST) -> bool:
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            return False
        if not any(name in self.program.calls_by_name for name in _MAKE_CONTEXTS):
            return False
        return self._is_one_of(function, node, _OF_THE_CONTEXT)

    def is_of_the_process(self, function: Key, node: ast.expr) -> bool:
        """A lock, a queue, a context variable: a worker has another one."""
        return self._is_one_of(function, node, _OF_THE_PROCESS)

    def _is_one_of(self, function: Key, node: ast.expr, classes: Collection[str]) -> bool:
        view = self.objects.views.of(function.path)
        is_one = view.instance(node) in classes
        return is_one and bool(self.written.places.of(view.key(node), view.expr(node)))

    # what it leaves behind --------------------------------------------------------------------------------

    def memory(self, function: Key) -> str:
        """What it changes in the memory of the process; a worker would change its own."""
        return self.shared_memory(function) or self.objects.changed(function)

    def shared_memory(self, function: Key) -> str:
        """The same, without the object that it is a method of."""
        is_kept = self.reach.effects.inference.decorators.is_cached(function)
        return "the results that it keeps" if is_kept else self._memories.of(function)

    def _changed_by(self, function: Key) -> str:
        node, file = self._node(function), self.syntax.file(function.path)
        for part in own_nodes(node) if node is not None else ():
            changed = self.written.changed_by(function, part) or self._changed_for_all(function, part)
            if changed is not None and not is_lazy(file, part):
                while isinstance(changed, ast.Subscript):
                    changed = changed.value
                return ast.unparse(changed)
        return ""

    def _changed_for_all(self, function: Key, node: ast.AST) -> ast.expr | None:
        """`settings` of `settings.speak(word)`, a method that changes its object."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        called = self.objects.views.of(function.path).functions_called(node)
        is_change = any(map(self.objects.changed, called))
        return (
            node.func.value if is_change and self.written.is_everybodys(function, node.func.value) else None
        )

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
        return "writes files" if last == "open" and call is not None and opens_to_write(call) else ""

    # the program ------------------------------------------------------------------------------------------

    def _node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)


def _last(site: Site) -> str:
    return site.name.rpartition(".")[2]
