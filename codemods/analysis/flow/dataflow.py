"""Which names are bound before, needed by, and read after a set of statements of one function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from heapq import heappop, heappush

import msgspec

from ..scopes import parameter_names
from ..syntax import FunctionNode
from .control import ControlFlow
from .evaluation import Kind

_Step = Callable[[int, int], int]


class Facts(msgspec.Struct, frozen=True):
    """Names of every scope; `flow.Region` says what each means."""

    reads: set[str]
    writes: set[str]
    maybe_writes: set[str]
    needed: set[str]
    live_out: set[str]
    live_on_error: set[str]
    bound_before: set[str]
    deletes: set[str]
    captured_elsewhere: set[str]
    captured_before: set[str]
    captured_inside: set[str]


class Graph:
    """The control flow of a function with the facts that hold at its nodes, as bit sets over its names."""

    def __init__(self, function: FunctionNode) -> None:
        self.flow = ControlFlow(function)
        self._parameters = parameter_names(function.args)
        self._index = {name: i for i, name in enumerate(sorted({*self.flow.names, *self._parameters} - {""}))}
        self._bits = [1 << self._index[name] if name else 0 for name in self.flow.names]
        self._all = (1 << len(self._index)) - 1
        count = len(self.flow.kinds)
        self._after = [[*self.flow.following[node], *self.flow.failing[node]] for node in range(count)]
        self._before: list[list[int]] = [[] for _ in range(count)]
        for node, following in enumerate(self._after):
            for after in following:
                self._before[after].append(node)

    def facts(self, statements: frozenset[ast.stmt], first: ast.stmt) -> Facts:
        flow, bits = self.flow, self._bits
        inside = self._nodes_of(statements)
        starts = [node for node in self._nodes_of([first]) if flow.kinds[node] is Kind.ENTER]
        by_kind = dict.fromkeys(Kind, 0)
        for node in inside:
            by_kind[flow.kinds[node]] |= bits[node]
        written = by_kind[Kind.WRITE]
        needed = self._solve_backward(inside)
        so_far = self._solve_forward(inside, starts, 0, self._gather)
        sure = self._solve_forward(inside, starts, 0, self._bind, meet=True)
        live = live_on_error = 0
        surely = self._all
        ends = False
        for node in inside:
            for after in flow.following[node] - inside:
                live |= self._live[after] & so_far.get(node, 0)
                if (node, after) in flow.jumps:
                    live_on_error |= self._live[after] & so_far.get(node, 0)
                elif node in sure:
                    surely &= sure[node]
                    ends = True
            for after in flow.failing[node] - inside:
                live_on_error |= self._live[after] & so_far.get(node, 0)
        writes = surely & written if ends else written
        captured = sum_bits(bits[node] for node in self._capturing if node not in inside)
        captured_before = sum_bits(self._captured.get(start, 0) for start in starts) & captured
        return Facts(
            reads=self._names(by_kind[Kind.READ]),
            writes=self._names(writes),
            maybe_writes=self._names(written & ~writes),
            needed=self._names(sum_bits(needed[start] for start in starts)),
            live_out=self._names(live | live_on_error | (written & captured_before)),
            live_on_error=self._names(live_on_error),
            bound_before=self._names(self._bound_at(starts)),
            deletes=self._names(by_kind[Kind.DELETE]),
            captured_elsewhere=self._names(captured),
            captured_before=self._names(captured_before),
            captured_inside=self._names(by_kind[Kind.CAPTURE]),
        )

    def live_after(self, statements: frozenset[ast.stmt]) -> set[str]:
        """The names that are read once the statements are done, before they are bound again."""
        inside = self._nodes_of(statements)
        live = 0
        for node in inside:
            for after in self.flow.following[node] - inside:
                live |= self._live[after]
        return self._names(live)

    def unbound_after(self, statements: frozenset[ast.stmt]) -> set[str]:
        """The names that nothing has bound by then, on any path."""
        bound = sum_bits(self._ever_bound.get(node, 0) for node in self._nodes_of(statements))
        return self._names(self._all & ~bound)

    def _names(self, bits: int) -> set[str]:
        return {name for name, index in self._index.items() if bits >> index & 1}

    def _nodes_of(self, statements: Iterable[ast.stmt]) -> set[int]:
        return {node for statement in statements for node in self._by_statement.get(statement, ())}

    @cached_property
    def _by_statement(self) -> Mapping[ast.stmt, list[int]]:
        found: dict[ast.stmt, list[int]] = {}
        for node, statement in enumerate(self.flow.statements):
            found.setdefault(statement, []).append(node)
        return found

    @cached_property
    def _capturing(self) -> list[int]:
        return [node for node, kind in enumerate(self.flow.kinds) if kind is Kind.CAPTURE]

    def _bound_at(self, starts: list[int]) -> int:
        bound = self._all
        for start in starts:
            bound &= self._bound.get(start, self._all)
        return bound

    @cached_property
    def _live(self) -> list[int]:
        """The names read later, before they are bound again."""
        return self._solve_backward(set(range(len(self._bits))))

    @cached_property
    def _bound(self) -> Mapping[int, int]:
        entry = sum_bits(1 << self._index[name] for name in self._parameters)
        return self._solve_forward(set(range(len(self._bits))), [0], entry, self._bind, meet=True)

    @cached_property
    def _ever_bound(self) -> Mapping[int, int]:
        """The names that are bound on some path to each node."""
        entry = sum_bits(1 << self._index[name] for name in self._parameters)
        return self._solve_forward(set(range(len(self._bits))), [0], entry, self._bind)

    @cached_property
    def _captured(self) -> Mapping[int, int]:
        return self._solve_forward(set(range(len(self._bits))), [0], 0, self._capture)

    def _bind(self, node: int, known: int) -> int:
        if self.flow.kinds[node] is Kind.WRITE:
            return known | self._bits[node]
        return known & ~self._bits[node] if self.flow.kinds[node] is Kind.DELETE else known

    def _gather(self, node: int, known: int) -> int:
        changed = self.flow.kinds[node] in (Kind.WRITE, Kind.DELETE)
        return known | self._bits[node] if changed else known

    def _capture(self, node: int, known: int) -> int:
        return known | self._bits[node] if self.flow.kinds[node] is Kind.CAPTURE else known

    def _solve_forward(
        self, nodes: set[int], starts: Iterable[int], entry: int, step: _Step, meet: bool = False
    ) -> dict[int, int]:
        """What holds after each reachable node; `meet` keeps what holds on every path."""
        known: dict[int, int] = {}
        arriving = dict.fromkeys(starts, entry)
        # nodes are numbered in the order of the source: what flows together waits for what comes before it
        pending = sorted(arriving)
        waiting = set(pending)
        while pending:
            node = heappop(pending)
            waiting.remove(node)
            result = step(node, arriving[node])
            if known.get(node) == result:
                continue
            known[node] = result
            for after in self._after[node]:
                if after not in nodes:
                    continue
                before = arriving.get(after)
                merged = result if before is None else before & result if meet else before | result
                if merged != before:
                    arriving[after] = merged
                    if after not in waiting:
                        waiting.add(after)
                        heappush(pending, after)
        return known

    def _solve_backward(self, nodes: set[int]) -> list[int]:
        """The names read at or after each node within `nodes`, before they are bound."""
        known = [0] * len(self._bits)
        pending = sorted(-node for node in nodes)
        waiting = set(nodes)
        while pending:
            node = -heappop(pending)
            waiting.remove(node)
            result = sum_bits(known[after] for after in self._after[node] if after in nodes)
            if self.flow.kinds[node] in (Kind.WRITE, Kind.DELETE):
                result &= ~self._bits[node]
            elif self.flow.kinds[node] is Kind.READ:
                result |= self._bits[node]
            if known[node] != result:
                known[node] = result
                for before in self._before[node]:
                    if before in nodes and before not in waiting:
                        waiting.add(before)
                        heappush(pending, -before)
        return known


def sum_bits(bits: Iterable[int]) -> int:
    total = 0
    for one in bits:
        total |= one
    return total
