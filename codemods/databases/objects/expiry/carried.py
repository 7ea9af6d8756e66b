"""Objects of the database that an object of the project has in an attribute, and that are read of it after a
commit.

class Agent:                                      self.npc.x += 1
    def __init__(self, npc, db): ..        ->     await self.db.commit()
                                                  if self.npc in self.db:
    def move(self):                                   await self.db.refresh(self.npc)
        self.npc.x += 1                           return self.npc.name
        self.db.commit()
        return self.npc.name
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from ....analysis.flow.runs import live_after
from ....analysis.handed_over import is_bound, parameter_taking
from ....analysis.judge.effects.mapped import Mapped
from ....analysis.link.classes.hooks import FOR_EACH_TEST, TEST_CASES
from ....analysis.link.kinds import Kinds, Obj
from ....analysis.link.program import Key
from ....analysis.nodes import BINDINGS, given_to, walk
from ....analysis.presence import is_present_behind, is_proven
from ....analysis.syntax import FunctionNode, span_of
from ....analysis.view import View, Views
from ..values.newborn import is_added
from .later_reads import is_compared, start_of_later
from .refreshed import is_refreshed

_DEPTH = 4
_STATE = "starlette.datastructures.State"


class Carried:
    def __init__(self, views: Views, mapped: Mapped) -> None:
        self.views = views
        self.mapped = mapped
        self._inside: dict[tuple[Key, str], Mapping[str, Kinds]] = {}

    def read_after(self, view: View, function: FunctionNode, statement: ast.stmt) -> Mapping[str, Kinds]:
        """`self.npc`, as it is written in the function, for all that is read later there or in what is called
        there, and is neither bound nor loaded again before."""
        live = live_after(function, statement)
        start, own = start_of_later(view, statement), span_of(statement)
        later = [
            node
            for node in walk(function)
            if isinstance(node, (ast.Attribute, ast.Call, ast.Return))
            and span_of(node)[:2] >= start[:2]
            and not own.contains(span_of(node))
        ]
        found = self._read(view, later, _DEPTH)
        read = {
            path: kinds
            for path, kinds in found.items()
            if path.partition(".")[0] in live and not _is_bound_first(view, statement, later, path)
        }
        read.update(self._read_by_tests(view, function, statement))
        return {path: read[path] for path in sorted(read) if not is_refreshed(view, statement, path)}

    def _read_by_tests(
        self, view: View, function: FunctionNode, statement: ast.stmt
    ) -> Iterator[tuple[str, Kinds]]:
        """`self.user` of `setUp()`, which binds it above the statement: the tests of its class read it."""
        key, classes = view.owner(function.body[0]), view.inference.classes
        cls = view.program.enclosing_class(key)
        if cls is None or function.name not in FOR_EACH_TEST or not {*TEST_CASES} & {*classes.mro(cls)}:
            return
        stored = {
            ast.unparse(node)
            for node in walk(function)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if node.lineno < statement.lineno
        }
        own = view.program.scope(key).parameters[0].name
        for test in view.program.functions():
            parameters = view.program.scope(test).parameters
            if test != key and parameters and view.program.enclosing_class(test) in classes.line(cls):
                for rest, kinds in self._read_inside(test, parameters[0].name, _DEPTH).items():
                    if f"{own}{rest}" in stored:
                        yield f"{own}{rest}", kinds

    def _read(self, view: View, nodes: Iterable[ast.AST], depth: int) -> dict[str, Kinds]:
        found: dict[str, Kinds] = {}
        for node in nodes:
            if isinstance(node, ast.Attribute):
                if self._is_carried(view, node):
                    found[ast.unparse(node)] = view.kinds(node)
                found.update(self._read_by_property(view, node, depth))
            elif isinstance(node, ast.Return):
                found.update(self._returned(view, node))
            elif isinstance(node, ast.Call) and depth:
                for carrier, key, parameter in self._handed(view, node):
                    for rest, kinds in self._read_inside(key, parameter, depth - 1).items():
                        found[f"{ast.unparse(carrier)}{rest}"] = kinds
        return found

    def _is_carried(self, view: View, node: ast.Attribute) -> bool:
        is_read = isinstance(node.ctx, ast.Load) and not is_compared(view, node)
        return (
            is_read
            and self._carries(view, node.value)
            and _is_path(node)
            and self.mapped.holds(view.kinds(node)) is not None
        )

    def _read_by_property(self, view: View, node: ast.Attribute, depth: int) -> Iterator[tuple[str, Kinds]]:
        classes = view.inference.classes
        is_asked = depth and _is_path(node) and self._carries(view, node.value)
        for kind in view.kinds(node.value) if is_asked else ():
            key = classes.method(kind.key, node.attr) if isinstance(kind, Obj) else None
            if key is not None and classes.is_property(key):
                own = view.program.scope(key).parameters[0].name
                for rest, kinds in self._read_inside(key, own, depth - 1).items():
                    yield f"{ast.unparse(node.value)}{rest}", kinds

    def _returned(self, view: View, node: ast.Return) -> Iterator[tuple[str, Kinds]]:
        """All that it carries by its annotations: who gets it may read any of that."""
        classes = view.inference.classes
        if node.value is None or not _is_path(node.value) or not self._carries(view, node.value):
            return
        for kind in view.kinds(node.value):
            for name in classes.fields(kind.key) if isinstance(kind, Obj) else ():
                kinds = classes.instance_attribute(kind.key, name) if isinstance(kind, Obj) else frozenset()
                if self.mapped.holds(kinds) is not None:
                    yield f"{ast.unparse(node.value)}.{name}", kinds

    def _carries(self, view: View, node: ast.expr) -> bool:
        """Is it an object of the project that is no row of a table, or `request.state`?"""
        kinds = view.kinds(node)
        if view.instance(node) == _STATE:
            return True
        return bool(kinds) and all(isinstance(k, Obj) and k.key not in self.mapped.classes for k in kinds)

    def _handed(self, view: View, call: ast.Call) -> Iterator[tuple[ast.expr, Key, str]]:
        """What the call hands to functions of the project, `agent` of `agent.move()` too, and their
        parameters."""
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        given = [each for each in given_to(call) if _is_path(each) and self._carries(view, each)]
        takes_receiver = receiver is not None and _is_path(receiver) and self._carries(view, receiver)
        if not given and not takes_receiver:
            return
        for key in view.functions_called(call):
            parameters = view.program.scope(key).parameters
            if takes_receiver and receiver is not None and parameters and is_bound(view, call, key):
                yield receiver, key, parameters[0].name
            for each in given:
                if (name := parameter_taking(view, call, each, key)) is not None:
                    yield each, key, name

    def _read_inside(self, key: Key, parameter: str, depth: int) -> Mapping[str, Kinds]:
        """`.npc` for what the function reads of the parameter."""
        if (key, parameter) not in self._inside:
            self._inside[key, parameter] = {}  # while it is looked at: functions call each other
            view = self.views.of(key.path)
            function = view.file.function(view.program.scope(key).span)
            found = self._read(view, walk(function), depth) if function is not None else {}
            self._inside[key, parameter] = {
                path.removeprefix(parameter): kinds
                for path, kinds in found.items()
                if path.startswith(f"{parameter}.")
            }
        return self._inside[key, parameter]

    def line(
        self, view: View, function: FunctionNode, statement: ast.stmt, path: str, kinds: Kinds, session: str
    ) -> str | None:
        """What loads it again, if the session has it; None where it holds several."""
        objects = [kind for kind in kinds if isinstance(kind, Obj) and kind.key in self.mapped.classes]
        if not objects or self.mapped.holds(kinds - frozenset(objects)) is not None:
            return None
        carrier = path.partition(".")[0]
        there = is_present_behind(self.views, view, function, statement, carrier)
        if there and is_added(self.views, view, function, statement, path, itself=True):
            return f"await {session}.refresh({path})"
        proven = is_proven(self.views, view, function, statement, path)
        asked = [
            *([] if there else [f"{carrier} is not None"]),
            *([] if proven else [f"{path} is not None"]),
            f"{path} in {session}",
        ]
        return f"if {' and '.join(asked)}:\n    await {session}.refresh({path})"


def _is_path(node: ast.expr) -> bool:
    """`agent`, `self.agent`"""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _is_bound_first(view: View, statement: ast.stmt, later: Iterable[ast.AST], path: str) -> bool:
    """`self.user = db.get(..)` in the same block, before it is read."""
    named = [n for n in later if isinstance(n, ast.Attribute) and ast.unparse(n) == path]
    first = min(named, key=lambda node: span_of(node)[:2], default=None)
    above = view.file.statement(first) if first is not None else None
    return (
        first is not None
        and isinstance(first.ctx, ast.Store)
        and isinstance(above, BINDINGS)
        and above.value is not None
        and above in view.block(statement)
        and path not in [ast.unparse(n) for n in walk(above.value) if isinstance(n, ast.Attribute)]
    )
