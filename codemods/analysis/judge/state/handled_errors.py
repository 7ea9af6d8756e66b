"""Functions that look at the exception that is handled where they are called: another thread handles none.

https://docs.python.org/3/library/sys.html#sys.exc_info
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from ....model import Span
from ...link.program import Key
from ...syntax import Syntax
from ..effects.site import Site
from ..reaching.reach import Reach, leads_to

_LOOK = frozenset({"exc_info", "exception", "format_exc", "print_exc"})
_OF_OTHERS = ("Future.exception", "Task.exception")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class HandledErrors:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self._known: dict[Key, bool] = {}

    @cached_property
    def _are_any(self) -> bool:
        return not _LOOK.isdisjoint(self.program.calls_by_name)

    def calls(self, function: Key) -> frozenset[Span]:
        """Its calls of functions of the project that look at it."""
        sites = self.reach.own(function) if self._are_any else ()
        return frozenset(Span(*site.span) for site in sites if site.target and self._looks(site.target))

    def _looks(self, function: Key) -> bool:
        """Does it look at one that it has not caught itself?"""
        return leads_to(function, self._looks_itself, self._asks, self._known)

    def _looks_itself(self, function: Key) -> bool:
        sites = (each for each in self.reach.own(function) if each.target is None)
        return any(_is_look(each.name) and not self._is_handling(each) for each in sites)

    def _asks(self, function: Key) -> Iterator[Key]:
        for site in self.reach.own(function):
            if site.target is not None and not self._is_handling(site):
                yield site.target

    def _is_handling(self, site: Site) -> bool:
        file = self.syntax.file(site.key.path)
        call = file.call(Span(*site.span))
        for above in file.above(call) if call is not None else ():
            if isinstance(above, _FUNCTIONS):
                return False
            if isinstance(above, ast.ExceptHandler):
                return True
        return False


def _is_look(name: str) -> bool:
    return name.rpartition(".")[2] in _LOOK and not name.endswith(_OF_OTHERS)
