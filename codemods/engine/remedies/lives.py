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
from ...analysis.judge.connections import Connections
from ...analysis.judge.site import Site
from ...analysis.link.program import Key, Program
from ...analysis.nodes import walk
from ...analysis.scopes import local_names, parameter_names
from ...analysis.syntax import FunctionNode, span_of
from ...model import Edit, ExtractToThread, Span

_CONNECTION = "database"
"""The category of what is done on one connection; a session of an ORM has another."""


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
        if None in hops or not all(map(self._is_own, sites)):
            return False
        if len({*hops}) > 1 and not all(map(self.connections.is_told, sites)):
            return False  # the library keeps one for each thread
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

    def _is_own(self, site: Site) -> bool:
        """Is the connection a local variable, or what a call has just given?"""
        return all(self._begins_here(part) for part in self.connections.parts(site))

    def _begins_here(self, part: Expr) -> bool:
        while isinstance(part, Attr):
            part = part.value
        return isinstance(part, Call) or (isinstance(part, Name) and part.id in self._own)
