"""Callers that look at how a function ends: what it would leave to a worker, they could not see any more."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ...analysis.index.bindings import ScopeKind
from ...analysis.judge.callers.callers import Caller, Callers
from ...analysis.judge.effects.site import SiteKind
from ...analysis.link.program import Key, Program
from ...analysis.scopes import own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, Syntax, span_of
from ...frameworks.error_handlers import Error
from ...model import Reason, Span
from ..blocks.runs import run_of
from ..blocks.surroundings import Climb, around
from ..blocks.taken_along import removals
from ..context import Context
from ..finding.work import Work
from ..sites import SlowSite
from ..words import FILE_KINDS
from .checks import file_obstacle
from .errors.own_errors import errors_of
from .files.gone import looked_for, removes_files
from .rows.uncommitted import looks_up, open_change, uncommitted


class _Left(Struct, frozen=True):
    """What a function leaves to a worker."""

    own_errors: frozenset[Error] | None
    """Errors of the project that it may raise, None for any."""
    looks_up: bool = True
    """It may read what is committed behind the call."""
    made: frozenset[str] = frozenset()
    """The kinds of files that it makes."""
    removes: bool = False
    """It removes files."""


class Watched:
    def __init__(
        self,
        callers: Callers,
        syntax: Syntax,
        knowledge: Callable[[Key, FunctionNode], Context],
    ) -> None:
        """`knowledge` of the names in a function."""
        self.callers = callers
        self.program: Program = callers.program
        self.syntax = syntax
        self.knowledge = knowledge
        self._open: dict[Key, Reason | None] = {}
        self._found: dict[tuple[Key, _Left], Reason | None] = {}

    def reason(self, function: Key, left: _Left) -> Reason | None:
        """What a caller, or one of its callers, does with the failure, or behind the call."""
        asked = (function, left)
        if asked not in self._found:
            self._found[asked] = None  # as long as it is looked at
            name = self.program.scope(function).qualname
            for caller in self._calls(function):
                scope = self.program.scope(caller.owner)
                if scope.kind is not ScopeKind.FUNCTION or self._is_test(caller):
                    continue
                found = self._at(caller, left)
                if found is not None:
                    text = f"{scope.qualname}() waits for {name}(): {found.text}"
                    self._found[asked] = replace(found, text=text)
                    break
                self._found[asked] = self.reason(caller.owner, left)
                if self._found[asked] is not None:
                    break
        return self._found[asked]

    def reason_of_work(self, function: Key, slow: Sequence[SlowSite]) -> Reason | None:
        """The same for this work in it."""
        made = frozenset(site.category for site in slow if site.category in FILE_KINDS)
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        removes = node is not None and removes_files(own_nodes(node))
        return self.reason(function, _Left(errors_of(slow), looks_up(slow), made, removes))

    def open_above(self, function: Key) -> Reason | None:
        """Why rows that a caller has changed, or one of its callers, may not be committed by then."""
        if function not in self._open:
            self._open[function] = None  # as long as it is looked at
            for caller in self._calls(function):
                work, call = self._work(caller), self._call(caller)
                if work is None or call is None or self._is_test(caller):
                    continue
                found = open_change(work, span_of(call)) or self.open_above(caller.owner)
                self._open[function] = self._open[function] or found
        return self._open[function]

    def is_called(self, function: Key) -> bool:
        """By the project itself, or by a call of that name of which nobody knows whom it calls."""
        if self.program.enclosing_class(function) is not None:
            return True
        for call in self.program.calls_by_name.get(self.program.scope(function).name, ()):
            sites = self.callers.effects.of_call(call)
            if not sites or any(site.target == function or site.kind is SiteKind.UNKNOWN for site in sites):
                return True
        return False

    def is_read(self, function: Key) -> bool:
        """Does a caller do anything with what it gives?"""
        return any(self._reads(caller) for caller in self._calls(function) if not self._is_test(caller))

    def _reads(self, caller: Caller) -> bool:
        call = self._call(caller)
        return call is not None and not isinstance(self._file(caller).parents.get(call), ast.Expr)

    def _call(self, caller: Caller) -> ast.Call | None:
        return self._file(caller).call(Span(*self.program.call(caller.call).span))

    def _file(self, caller: Caller) -> FileSyntax:
        return self.syntax.file(caller.call.path)

    def tells_apart(
        self, function: Key, raised: frozenset[Error] | None, slow: frozenset[Error] | None
    ) -> bool:
        """Does a caller look at what the function raises, and not at what the `slow` part of it does?"""
        if raised is None or slow is None or self.reason(function, _Left(raised)) is None:
            return False
        return self.reason(function, _Left(slow)) is None

    def _calls(self, function: Key) -> Iterator[Caller]:
        """By its name, and in the wrappers around it."""
        yield from self.callers.calls(function)
        for wrapper, call in self.callers.wrapping.callers(function):
            yield Caller(call, wrapper, in_generator=False)

    def is_wrapped(self, function: Key) -> bool:
        return any(True for _ in self.callers.wrapping.callers(function))

    def _is_test(self, caller: Caller) -> bool:
        return self.program.modules[caller.call.path].facts.is_test

    def _at(self, caller: Caller, left: _Left) -> Reason | None:
        work, call = self._work(caller, left.own_errors), self._call(caller)
        if work is None or call is None:
            return None
        run = run_of(work.file, work.function, work.file.statement(call))
        found = around(work, run)
        if found is not None:
            return found.reason if isinstance(found, Climb) else found
        gone = removals(work, run)
        if gone:
            return work.reason("AF924", "what it works with is put away afterwards", gone[0])
        making = [SlowSite(span_of(call), "", kind) for kind in sorted(left.made)]
        found = file_obstacle(replace(work, slow=making), run)
        if left.removes and found is None:
            found = next(looked_for(work, run, run.nodes), None)
        return found or (next(uncommitted(work, run), None) if left.looks_up else None)

    def _work(self, caller: Caller, own_errors: frozenset[Error] | None = None) -> Work | None:
        file, scope = self._file(caller), self.program.scope(caller.owner)
        node = file.function(scope.span) if scope.kind is ScopeKind.FUNCTION else None
        if node is None:
            return None
        return Work(file, node, (), self.knowledge(caller.owner, node), own_errors=own_errors)
