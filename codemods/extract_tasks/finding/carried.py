"""What a call hands to something that runs it later: `send` of `background.add_task(send, to)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...analysis.index.bindings import ScopeKind
from ...analysis.index.expr import Call, Expr, last_name
from ...analysis.index.facts import CallSite
from ...analysis.judge.effects.effects import Effects
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.turning.awaited_results import gives_result
from ...analysis.link.kinds import Ext, Fn, Kind, Member, ordered
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, Syntax, span_of
from ...model import Span
from .handed_on import FUNCTION_AT, IN_THREAD, STARTS_COROUTINE, THREADS
from .peeled import only_call


class Carried:
    def __init__(self, effects: Effects, syntax: Syntax) -> None:
        self.effects = effects
        self.program = effects.program
        self.syntax = syntax

    def kinds(self, call: CallKey, site: CallSite) -> Sequence[Kind]:
        """All that it may be; nothing for other calls."""
        scope = Key(call.path, site.scope)
        argument = self._coroutine(scope, site) or _carried(site)
        if argument is None:
            return ()
        return ordered(self.effects.inference.kinds(scope, argument, site.span.line))

    def all_of(self, function: Key) -> Iterator[Site]:
        """All that the function hands on, each at the place of the call that takes it."""
        for call, site in self.program.calls_of(function):
            for kind in self.kinds(call, site):
                yield from self.handed(call, function, site, kind)

    def function(self, site: Site) -> Key | None:
        """What is handed on at the place of such a site, whatever that does alone."""
        found = self.kinds(site.call, self.program.call(site.call)) if site.call is not None else ()
        return found[0].key if len(found) == 1 and isinstance(found[0], Fn) else None

    def handed(self, call: CallKey, function: Key, site: CallSite, kind: Kind) -> Iterator[Site]:
        kind = self.unwrapped(kind)
        if isinstance(kind, Fn):
            own = self.program.id(kind.key)
            yield Site(call, function, site.span, SiteKind.SLOW, own, None, kind.key, "callback")
        elif isinstance(kind, (Ext, Member)):
            name = kind.name if isinstance(kind, Ext) else f"{kind.owner}.{kind.attr}"
            entry = self.program.catalogue.find(name)
            yield Site(call, function, site.span, SiteKind.SLOW, name, entry, None, "callback")

    def unwrapped(self, kind: Kind) -> Kind:
        """The function that alone is called by what is carried."""
        inner = self._only_call(kind.key) if isinstance(kind, Fn) else None
        sites = self.effects.of_call(inner) if inner is not None else ()
        targets = [site.target for site in sites if site.target is not None]
        return Fn(targets[0]) if len(targets) == 1 else kind

    def _coroutine(self, scope: Key, site: CallSite) -> Expr | None:
        """`send` of `asyncio.create_task(send(..))`; a task group waits for what it starts."""
        made = site.args[0] if site.args else None
        if last_name(site.func) not in STARTS_COROUTINE or not isinstance(made, Call):
            return None
        kinds = self.effects.inference.kinds(scope, site.func, site.span.line)
        if not kinds or not all(map(_is_of_the_loop, kinds)):
            return None
        key = CallKey(scope.path, made.index)
        sites = (each for each in self.effects.of_call(key) if each.form == "call")
        if any(each.target is not None and gives_result(self.program, each.target) for each in sites):
            return None  # what it does itself is over by then
        coroutine = self.program.call(key)
        return _carried(coroutine) if last_name(coroutine.func) in IN_THREAD else coroutine.func

    def _only_call(self, function: Key) -> CallKey | None:
        """What is called by a lambda or an inner function that does nothing else."""
        scope, file = self.program.scope(function), self.syntax.file(function.path)
        if "<locals>" not in scope.qualname and scope.kind is not ScopeKind.LAMBDA:
            return None
        node = file.function(scope.span) or _lambda(file, Span(*scope.span))
        made = only_call(file, node) if node is not None else None
        calls = self.program.calls_of(function) if made is not None else ()
        return next((call for call, site in calls if made and Span(*site.span) == span_of(made)), None)


def _lambda(file: FileSyntax, span: Span) -> ast.Lambda | None:
    found = (node for node in walk(file.tree) if isinstance(node, ast.Lambda) and span_of(node) == span)
    return next(found, None)


def _is_of_the_loop(kind: Kind) -> bool:
    if isinstance(kind, Member):
        return kind.owner.startswith("asyncio.") and kind.owner.endswith("Loop")
    return isinstance(kind, Ext) and kind.name.rpartition(".")[0] == "asyncio"


def _carried(site: CallSite) -> Expr | None:
    """The function that a call hands to something else."""
    name = last_name(site.func)
    at, keyword = THREADS.get(name) or (FUNCTION_AT.get(name), "func")
    if at is None:
        return None
    return site.args[at] if len(site.args) > at else dict(site.keywords).get(keyword)
