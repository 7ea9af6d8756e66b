"""Connections whose whole life is in one hop: what stands around it may be awaited.

with connect() as db:                        await run_in_threadpool(insert_user)
    db.execute(..)                     ->
send_welcome(email)                          await send_welcome_task.kiq(email)
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from ...analysis.flow.runs import region
from ...analysis.index.expr import Attr, Call, Expr, Name
from ...analysis.judge.effects.site import Site
from ...analysis.judge.state.connections import Connections
from ...analysis.link.program import Key, Program
from ...analysis.nodes import bound_plainly, given_to, walk
from ...analysis.scopes import FUNCTIONS, local_names, parameter_names
from ...analysis.syntax import FunctionNode, span_of
from ...model import Edit, ExtractToThread, Span

_CONNECTION = "database"
"""The category of what is done on one connection; a session of an ORM has another."""

_GIVING = (
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, ast.With, ast.Call, *FUNCTIONS
)  # fmt: skip


def is_on_connection(site: Site) -> bool:
    return site.entry is not None and site.entry.category == _CONNECTION


def connections_of(program: Program, node: FunctionNode, sites: Iterable[Site]) -> frozenset[str]:
    """The variables of a function that hold one, of whatever library: what is done on it reads best in one
    place."""
    names: set[str] = set()
    for call in (site.call for site in sites if is_on_connection(site)):
        root: Expr | None = program.call(call).func if call is not None else None
        while isinstance(root, Attr):
            root = root.value
        names.update([root.id] if isinstance(root, Name) else ())
    return frozenset(names & local_names(node) - {*parameter_names(node.args)})


class Lives(msgspec.Struct, frozen=True, dict=True):
    connections: Connections
    function: Key
    node: FunctionNode

    @cached_property
    def held(self) -> frozenset[str]:
        """The variables that hold one."""
        return frozenset(name.id for name in self._names)

    @cached_property
    def _names(self) -> tuple[ast.Name, ...]:
        names = (each for each in walk(self.node) if isinstance(each, ast.Name))
        asked = self.connections.holds_one
        return tuple(each for each in names if asked(self.function, Name(each.id), each.lineno))

    @cached_property
    def _own(self) -> frozenset[str]:
        return local_names(self.node) - {*parameter_names(self.node.args)}

    def are_whole(self, sites: Sequence[Site], edits: Sequence[Edit]) -> bool:
        """Does each hop of the edits hold all of what becomes of a connection on which the sites work?"""
        crossing = dict(self._crossing(edits))
        hops = [next((hop for hop in crossing if hop.contains(Span(*site.span))), None) for site in sites]
        used = {hop for hop in hops if hop is not None}
        if None in hops or not all(map(self._is_own, sites)):
            return False
        if len(used) > 1 and not all(map(self.connections.is_told, sites)):
            return False  # the library keeps one for each thread
        if any(self._carrying(hop, sites) & crossing[hop] for hop in used):
            return False
        for name in self._names:
            hop = next((hop for hop in crossing if hop.contains(span_of(name))), None)
            if hop is None or name.id in crossing[hop] or name.id not in self._own:
                return False
        return True

    def _crossing(self, edits: Sequence[Edit]) -> Iterator[tuple[Span, frozenset[str]]]:
        """The hops, and the variables that one takes from around it or gives."""
        statements = {span_of(each): each for each in walk(self.node) if isinstance(each, ast.stmt)}
        for edit in edits:
            if isinstance(edit, ExtractToThread):
                facts = region(self.node, statements[edit.first], statements[edit.last])
                yield Span(*edit.first[:2], *edit.last[2:]), facts.live_in | facts.live_out

    def _carrying(self, hop: Span, sites: Sequence[Site]) -> set[str]:
        """The variables that may bring a connection out of the hop, or what goes on with it later: an inner
        function, a generator, what nobody knows."""
        inside = [
            node for node in walk(self.node) if isinstance(node, _GIVING) and hop.contains(span_of(node))
        ]
        working = [node for node in inside if any(span_of(node).contains(Span(*site.span)) for site in sites)]
        given = [(sources, targets & self._own) for sources, targets in map(_flow, inside)]
        reached = {*self.held}.union(*(_flow(node)[1] & self._own for node in working))
        carrying = set[str]()
        while found := {name for name in reached - carrying if not self._is_data(name, hop.end_line)}:
            carrying |= found
            reached = {name for sources, targets in given if sources & carrying for name in targets}
        return carrying

    def _is_data(self, name: str, line: int) -> bool:
        return self.connections.is_data(self.function, Name(name), line)

    def _is_own(self, site: Site) -> bool:
        """Is the connection a local variable, or what a call has just given?"""
        return all(self._begins_here(part) for part in self.connections.parts(site))

    def _begins_here(self, part: Expr) -> bool:
        while isinstance(part, Attr):
            part = part.value
        return isinstance(part, Call) or (isinstance(part, Name) and part.id in self._own)


def _flow(node: ast.AST) -> tuple[set[str], set[str]]:
    """From which names to which: what is bound, `found` of `found.append(conn)`, an inner function."""
    if bound := bound_plainly(node):
        return _names(bound[0][1]), _names(*(target for target, _ in bound))
    if isinstance(node, ast.For):
        return _names(node.iter), _names(node.target)
    if isinstance(node, ast.With):
        return _names(*(each.context_expr for each in node.items)), _names(
            *(each.optional_vars for each in node.items)
        )
    if isinstance(node, ast.Call):
        return _names(*given_to(node)), _names(node.func if isinstance(node.func, ast.Attribute) else None)
    if isinstance(node, FUNCTIONS):
        return _names(node), {node.name}
    assert isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr))
    return _names(node.value), _names(node.target)


def _names(*parts: ast.AST | None) -> set[str]:
    nodes = (each for part in parts if part is not None for each in walk(part))
    return {each.id for each in nodes if isinstance(each, ast.Name)}
