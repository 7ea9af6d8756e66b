"""What a function has changed in the database, and has not surely committed, where it comes to a place.

order.status = "paid"              # open: whoever looks with another session sees the old one
send_receipt(order.id)
db.commit()

add_order(db, order)               # open where that leaves the commit to its caller
with db.begin(): db.add(order)     # committed where the block ends
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property

import msgspec

from ...analysis.judge.effects.site import Site
from ...analysis.link.kinds import Fn, Kind, Obj, Unknown
from ...analysis.link.program import Key
from ...analysis.scopes import FUNCTIONS, frame_nodes, own_nodes, parameter_names
from ...analysis.syntax import FunctionNode, last_name, span_of
from ...analysis.view import View
from ...model import Span
from ..sent.injected import Injected
from ..sent.models import Models
from ..sites import ValueKind
from ..words import CHANGING_METHODS, SESSION_WRITES, words
from .objects.databases import DATABASES, commits
from .objects.objects import root_of
from .order.ways import Place, Step, comes_to, is_sure, step_at, surely_between
from .rows.questions import asks, executes

_CHANGES = SESSION_WRITES | words(
    """update delete executemany executescript copy_from copy_expert bulk_update_mappings merge_all
    delete_all"""
)
_ENDS = words("commit rollback close")
_OF_OTHERS = ("self", "cls", "request")
_NAMED_SO = ("db", "session", "db_session")
_INNER = (*FUNCTIONS, ast.Lambda)
_WITHS = (ast.With, ast.AsyncWith)


class Event(msgspec.Struct, frozen=True):
    step: Step
    session: str
    """`db`, `self.db`; empty where it may be any."""


class Frame(msgspec.Struct, frozen=True):
    """What one function does itself, and by what it calls."""

    changes: tuple[Event, ...] = ()
    ends: tuple[Event, ...] = ()
    """Of transactions: nothing is left to commit behind them."""
    returns: tuple[Place, ...] = ()

    def is_open(self, change: Event, place: Step | None) -> bool:
        return not any(_is_between(end, change, place, self.returns) for end in self.ends)


class Transactions:
    def __init__(self, injected: Injected, models: Models) -> None:
        self.injected = injected
        self.models = models
        self.program = injected.program
        self.inference = injected.inference
        self.effects = injected.state.reach.effects
        self.sessions = injected.state.sessions
        self._frames: dict[Key, Frame] = {}
        self._left: dict[Key, bool] = {}
        self._given: dict[Key, ast.AST | None] = {}

    def open_at(
        self, function: Key, at: Span, moves: Callable[[Span], bool] = lambda span: False
    ) -> ast.AST | None:
        """A change that may not be committed where the function comes to a statement; what `moves` goes
        along with it."""
        node = self._node(function)
        if node is None or not self._is_any_committed:
            return None
        around = (each for each in own_nodes(node) if isinstance(each, ast.stmt))
        *_, statement = (each for each in around if span_of(each).contains(at))
        frame, place = self._frame(function), _step(self._view(function), statement, is_start=True)
        for change in frame.changes:
            stays = not moves(span_of(change.step.node))
            if stays and comes_to(change.step, place) and frame.is_open(change, place):
                return change.step.node
        given = self._given_open(function, node)
        start = Event(Step(node, (0, 0), ((node, node.body),)), "")
        return given if given is not None and frame.is_open(start, place) else None

    @cached_property
    def _is_any_committed(self) -> bool:
        """Where nobody ends a transaction, each statement is one."""
        return any(self.program.calls_by_name.get(name) for name in ("commit", "begin", "atomic"))

    # what it calls ----------------------------------------------------------------------------------------

    def _leaves_open(self, function: Key) -> bool:
        """Does it change something that may not be committed where it ends? A session that it opens is
        closed then."""
        if function not in self._left:
            self._left[function] = False  # as long as it is looked at
            frame = self._frame(function)
            self._left[function] = any(
                frame.is_open(each, None) for each in frame.changes if not self._is_opened(function, each)
            )
        return self._left[function]

    def _commits(self, function: Key) -> bool:
        """Is all committed where it has been called?"""
        frame = self._frame(function)
        plain = (end for end in frame.ends if not isinstance(end.step.node, _WITHS))
        return any(is_sure(end.step, frame.returns) and not self._is_opened(function, end) for end in plain)

    def _is_opened(self, function: Key, event: Event) -> bool:
        node = self._node(function)
        return node is not None and self.sessions.opens(function, node, event.session)

    def _given_open(self, function: Key, node: FunctionNode) -> ast.AST | None:
        """The dependency of a parameter that leaves a change open."""
        if function not in self._given:
            self._given[function] = None
            sources = (self.injected.dependency(function, node, each) for each in parameter_names(node.args))
            for path, source in filter(None, sources):
                kinds = self.injected.views.of(path).kinds(source)
                if any(isinstance(kind, Fn) and self._gives_open(kind.key) for kind in kinds):
                    self._given[function] = source
        return self._given[function]

    def _gives_open(self, dependency: Key) -> bool:
        node = self._node(dependency)
        if node is None:
            return False
        last = next((each for each in own_nodes(node) if isinstance(each, ast.Yield)), None)
        if last is not None:
            return self.open_at(dependency, span_of(last)) is not None
        return self._leaves_open(dependency) or self._given_open(dependency, node) is not None

    # what it does -----------------------------------------------------------------------------------------

    def _frame(self, function: Key) -> Frame:
        if function not in self._frames:
            self._frames[function] = Frame()  # as long as it is looked at
            node = self._node(function)
            self._frames[function] = self._looked_at(self._view(function), node) if node else Frame()
        return self._frames[function]

    def _looked_at(self, view: View, node: FunctionNode) -> Frame:
        nodes = own_nodes(node)
        returns = tuple(span_of(each)[:2] for each in nodes if isinstance(each, ast.Return))
        return Frame(tuple(self._changes(view, nodes)), tuple(self._ends(view, nodes)), returns)

    def _changes(self, view: View, nodes: tuple[ast.AST, ...]) -> Iterator[Event]:
        for node in nodes:
            if isinstance(node, ast.Call) and self._is_change(view, node):
                is_of_rows = isinstance(node.func, ast.Attribute) and self._changes_row(view, node.func)
                is_of_any = is_of_rows or any(True for _ in self._targets(view, node))
                yield Event(_step(view, node), "" if is_of_any else _session_of(node))
            elif self._is_set_in_row(view, node):
                yield Event(_step(view, node, of=view.file.statement(node)), "")
            elif isinstance(node, _INNER):
                inside = self._inside(view, node)
                left = (each for each in inside.changes if inside.is_open(each, None))
                yield from (Event(_step(view, node), each.session) for each in left)

    def _inside(self, view: View, inner: FunctionNode | ast.Lambda) -> Frame:
        """Of a function in the function: what it does counts where it is made."""
        if isinstance(inner, ast.Lambda):
            return Frame(tuple(self._changes(view, tuple(frame_nodes(inner.body)))))
        return self._looked_at(view, inner)

    def _is_change(self, view: View, call: ast.Call) -> bool:
        name, method, sites = last_name(call.func), call.func, self._sites(view, call)
        if targets := [*self._targets(view, call)]:
            return any(map(self._leaves_open, targets))
        if any(site.entry is not None and site.entry.category in DATABASES for site in sites):
            return name in _CHANGES or (executes(name) and asks(view.file, call) is not True)
        if name == "setattr" and len(call.args) == 3:
            return self._may_be_row(view, call.args[0])
        if not isinstance(method, ast.Attribute):
            return False
        is_unknown = name in SESSION_WRITES and not view.kinds(method.value)
        return self._changes_row(view, method) or (is_unknown and last_name(method.value) in _NAMED_SO)

    def _changes_row(self, view: View, method: ast.Attribute) -> bool:
        """`order.lines.append`: whichever session has the order will store it."""
        is_change = method.attr in CHANGING_METHODS and isinstance(method.value, ast.Attribute)
        return is_change and any(map(self._is_row, view.kinds(method.value.value)))  # type: ignore[attr-defined]

    def _is_set_in_row(self, view: View, node: ast.AST) -> bool:
        is_set = isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        return is_set and self._may_be_row(view, node.value)  # type: ignore[attr-defined]

    def _may_be_row(self, view: View, node: ast.expr) -> bool:
        kinds = view.kinds(node)
        if not kinds:
            return root_of(node) not in _OF_OTHERS
        return any(isinstance(kind, Unknown) or self._is_row(kind) for kind in kinds)

    def _is_row(self, kind: Kind) -> bool:
        return isinstance(kind, Obj) and self.models.kind(kind.key) is ValueKind.ORM

    def _ends(self, view: View, nodes: tuple[ast.AST, ...]) -> Iterator[Event]:
        for node in nodes:
            if isinstance(node, ast.Call):
                known = [*self._targets(view, node)]
                is_end = last_name(node.func) in ("commit", "rollback") and not node.args
                if all(map(self._commits, known)) if known else is_end:
                    yield Event(_step(view, node), "" if known else _session_of(node))
            elif isinstance(node, FUNCTIONS):
                inside = self._inside(view, node)
                sure = [each for each in inside.ends if is_sure(each.step, inside.returns)]
                yield from (Event(_step(view, node), each.session) for each in sure)
            elif isinstance(node, _WITHS):
                names = [self._ended_by(view, item) for item in node.items]
                yield from (Event(_step(view, node), name) for name in names if name is not None)

    def _ended_by(self, view: View, item: ast.withitem) -> str | None:
        """The session of which a transaction ends where the `with` does, empty for any; None for none."""
        manager = item.context_expr
        kinds = view.kinds(manager)
        if any(commits(self.program, kind) for kind in kinds):
            given = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
            return given or (_session_of(manager) if isinstance(manager, ast.Call) else ast.unparse(manager))
        exits = [
            self.inference.classes.method(kind.key, name)
            for kind in kinds
            if isinstance(kind, Obj)
            for name in ("__exit__", "__aexit__")
        ]
        called = view.callees(manager) if isinstance(manager, ast.Call) else ()
        exits += [kind.key for kind in called if isinstance(kind, Fn)]
        return "" if any(each is not None and self._tidies_up(each) for each in exits) else None

    def _tidies_up(self, function: Key) -> bool:
        node = self._node(function)
        nodes = own_nodes(node) if node is not None else ()
        return any(isinstance(each, ast.Call) and last_name(each.func) in _ENDS for each in nodes)

    def _targets(self, view: View, call: ast.Call) -> Iterator[Key]:
        return (site.target for site in self._sites(view, call) if site.target is not None)

    def _sites(self, view: View, call: ast.Call) -> tuple[Site, ...]:
        key = view.call_key(call)
        return self.effects.of_call(key) if key is not None else ()

    def _view(self, function: Key) -> View:
        return self.injected.views.of(function.path)

    def _node(self, function: Key) -> FunctionNode | None:
        return self.injected.node(function)


def _step(view: View, node: ast.AST, *, of: ast.AST | None = None, is_start: bool = False) -> Step:
    span = span_of(of or node)
    return step_at(view.file, node, span[:2] if is_start else span[2:])


def _is_between(end: Event, change: Event, place: Step | None, returns: tuple[Place, ...]) -> bool:
    """Is nothing left of the change to commit behind it?"""
    if end.session and change.session and end.session != change.session:
        return False
    if isinstance(end.step.node, _WITHS):
        is_inside = place is not None and end.step.node in place.around
        return end.step.node in change.step.around and not is_inside
    opened = next((each for each in end.step.around if _opens(each, end.session)), None)
    if opened is not None and opened not in change.step.around:
        return False
    return surely_between(end.step, change.step, place, returns=returns)


def _opens(node: ast.AST, session: str) -> bool:
    names = (item.optional_vars for item in node.items) if isinstance(node, _WITHS) else ()
    return any(isinstance(name, ast.Name) and name.id == session for name in names)


def _session_of(call: ast.Call) -> str:
    """`db` of `db.query(User).delete()`, `self.db` of `self.db.add(user)`; empty for a function."""
    node: ast.expr = call
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return ast.unparse(node) if node is not call and not isinstance(node, ast.Call) else ""
