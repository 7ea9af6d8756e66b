"""Coroutines that are kept under a name, for a function of the project that awaits or runs them.

    coro = fetch(x)
    log.debug(f"run {coro}")
    return run_with_timeout(coro, 5)

Nothing is missing there, whatever else is done with the name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ..analysis.index.expr import Name
from ..analysis.index.facts import CallSite
from ..analysis.judge.effects.effects import Effects
from ..analysis.link.kinds import Fn
from ..analysis.link.program import CallKey, Key
from ..analysis.nodes import bound_plainly, walk
from ..analysis.syntax import FileSyntax, Syntax
from ..await_calls import consumes_coroutine


class HandedOver(msgspec.Struct, frozen=True):
    effects: Effects
    syntax: Syntax

    def is_run_by_another(self, function: Key, file: FileSyntax, call: ast.Call) -> bool:
        """Does another function get the name under which the result of `call` is kept, to await it?"""
        targets = (target for target, _ in bound_plainly(file.parents[call]))
        kept = {Name(target.id) for target in targets if isinstance(target, ast.Name)}
        return bool(kept) and any(
            self._runs_what_it_gets(called)
            for key, given in self.effects.program.calls_of(function)
            if kept & {*given.args, *(value for _, value in given.keywords)}
            for called in self._called(function, key, given)
        )

    def _called(self, function: Key, key: CallKey, given: CallSite) -> Iterator[Key]:
        """The functions of the project that get the arguments, in a thread too"""
        yield from (site.target for site in self.effects.of_call(key) if site.target is not None)
        for argument in given.args:
            for kind in self.effects.inference.kinds(function, argument, given.span.line):
                if isinstance(kind, Fn):
                    yield kind.key

    def _runs_what_it_gets(self, function: Key) -> bool:
        file = self.syntax.file(function.path)
        node = file.function(self.effects.program.scope(function).span)
        if node is None:
            return False
        parameters = {each.arg for each in walk(node.args) if isinstance(each, ast.arg)}
        for part in walk(node):
            if isinstance(part, ast.Await):
                run: list[ast.expr] = [part.value]
            elif isinstance(part, ast.Call) and consumes_coroutine(file.source(part.func)):
                run = part.args
            else:
                continue
            if any(isinstance(each, ast.Name) and each.id in parameters for each in run):
                return True
        return False
