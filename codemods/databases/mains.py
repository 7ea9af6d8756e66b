"""What a script does on sessions, as it would stand in a function: there it can be awaited.

    db = SessionLocal()                          def main() -> None:
    db.add(User(name="admin"))            ->         db = SessionLocal()
    db.commit()                                      db.add(User(name="admin"))
                                                     db.commit()


                                                 main()

Functions, and who calls them, are converted like all others.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator, Sequence

import msgspec

from ..analysis.nodes import walk
from ..analysis.scopes import names_in
from ..analysis.syntax import extent, is_main_guard, last_name
from ..analysis.view import View
from .scripts import is_loaded_with_app, is_script, makes_app
from .signs_of_life import only_looks
from .words import FAMILY, SESSIONS

_OF_SCRIPTS = ("main", "run_script", "run_main")
_OF_APPLICATIONS = ("prepare_database", "fill_database")
_OF_MODULES = ("check_database", "check_connection")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BINDINGS = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
_OF_THE_MODULE = frozenset({"dir", "eval", "exec", "globals", "locals", "vars"})
_RUNNERS = frozenset({"asyncio.run", "anyio.run", "uvloop.run", "uvicorn.run"})
_OF_LOOPS = frozenset({"run_until_complete", "run_forever"})


class Main(msgspec.Struct, frozen=True):
    """Statements of one block that may stand in a function of this name."""

    name: str
    run: Sequence[ast.stmt]
    guard: ast.If | None
    """The `if __name__ == "__main__"` around them."""


def main_of(
    view: View, stuck: Collection[int], changed: Collection[int], taken: frozenset[str]
) -> Main | None:
    """The statements on these lines, with what belongs to them; None where they would not do the same in a
    function.

    `stuck` are the lines of what has to be awaited, `changed` those of all that comes to be written in
    another way, `taken` the names that other files take from this one.
    """
    functions = [each for each in view.file.tree.body if isinstance(each, _DEFINITIONS)]
    stuck = [line for line in stuck if not any(line in extent(each) for each in functions)]
    place = _place(view, stuck) if stuck and not view.module.is_test else None
    held = place.holding(stuck) if place is not None else []
    if place is None or not held:
        return None
    if not place.is_served and place.guard is None and not is_script(view, place.block[held[0]]):
        return None
    also = place.joined(held, place.holding(changed))
    held += [n for n in also if not place.is_served or place.works(place.block[n])]
    name = place.free_name()
    runs = (run for run in place.runs(min(held), max(held)) if place.may_move(run, taken))
    return next((Main(name, run, place.guard) for run in runs if name), None)


def _place(view: View, lines: Collection[int]) -> _Place | None:
    """The block of statements that holds all the lines."""
    for guard in view.file.tree.body:
        inside = [line for line in lines if line in extent(guard)]
        if isinstance(guard, ast.If) and is_main_guard(guard) and inside:
            is_plain = not guard.orelse and guard.body[0].lineno > guard.lineno
            return _Place(view, guard.body, guard) if is_plain and len(inside) == len(lines) else None
    return _Place(view, view.file.tree.body)


class _Place(msgspec.Struct, frozen=True):
    view: View
    block: Sequence[ast.stmt]
    guard: ast.If | None = None

    @property
    def is_served(self) -> bool:
        """Does it stand beside an application, or where one imports it, which does it when it starts?"""
        return self.guard is None and (makes_app(self.view) or is_loaded_with_app(self.view))

    def holding(self, lines: Collection[int]) -> list[int]:
        return [n for n, each in enumerate(self.block) if any(line in extent(each) for line in lines)]

    def joined(self, held: Sequence[int], others: Sequence[int]) -> list[int]:
        """Those of the `others` that bind nothing, where no definition stands between."""
        first, last = min(held), max(held)
        between = ((n, self.block[min(n, first) : max(n, last) + 1]) for n in others)
        return [
            n
            for n, run in between
            if not isinstance(self.block[n], _BINDINGS)
            and not any(isinstance(each, _DEFINITIONS) for each in run)
        ]

    def free_name(self) -> str:
        names = names_in(self.view.file.tree.body)
        taken = names.bound | names.read | names.free
        of_served = _OF_APPLICATIONS if makes_app(self.view) else _OF_MODULES
        every = of_served if self.is_served else _OF_SCRIPTS
        return next((name for name in every if name not in taken), "")

    def runs(self, first: int, last: int) -> Iterator[Sequence[ast.stmt]]:
        """From these statements on, the more the better: all that stands under the guard, or follows; with
        the session that is made before."""
        if self.guard is not None:
            yield self.block
        starts = [at for at in range(first) if self._leads_to(at, first)][:1]
        for end in [last + 1] if self.is_served else sorted({self._end(last), last + 1}, reverse=True):
            yield from (self.block[at:end] for at in (*starts, first))

    def _leads_to(self, at: int, first: int) -> bool:
        """Does it begin to work on the database here?"""
        plain = (ast.Assign, ast.AnnAssign, ast.Expr)
        return all(isinstance(each, plain) for each in self.block[at:first]) and self.works(self.block[at])

    def _end(self, last: int) -> int:
        """The end of all that follows and defines nothing."""
        odd = (*_DEFINITIONS, ast.Import, ast.ImportFrom)
        behind = range(last + 1, len(self.block))
        ends = (n for n in behind if isinstance(self.block[n], odd) or is_main_guard(self.block[n]))
        return next(ends, len(self.block))

    def may_move(self, run: Sequence[ast.stmt], taken: frozenset[str]) -> bool:
        nodes = [node for statement in run for node in walk(statement)]
        if self._is_cut(run) or any(map(self._is_of_the_module, nodes)):
            return False
        body = self.view.file.tree.body
        others = [each for each in body if each not in run and each is not self.guard]
        others += [each for each in self.block if each not in run and self.guard is not None]
        inside, outside = names_in(run), names_in(others)
        declared = {
            name for each in walk(self.view.file.tree) if isinstance(each, ast.Global) for name in each.names
        }
        used = outside.bound | outside.read | outside.free | declared | {*dir(builtins)}
        if not inside.bound.isdisjoint(used):
            return False
        if self.is_served and not makes_app(self.view) and not only_looks(self.view, run):
            return False  # a script that imports it as well may need what it did
        return not self.is_served or self._may_wait(run, others, taken)

    def _may_wait(self, run: Sequence[ast.stmt], others: Sequence[ast.stmt], taken: frozenset[str]) -> bool:
        """Until the application starts: all of it is about the database, and means the same then."""
        inside = names_in(run)
        later = names_in([each for each in others if each.lineno > run[-1].lineno])
        if not taken.isdisjoint(inside.bound) or not later.bound.isdisjoint(inside.read | inside.free):
            return False
        bound = (names_in([each]).bound for each in run if not self.works(each))
        return all(names and names <= inside.read for names in bound)

    def _is_cut(self, run: Sequence[ast.stmt]) -> bool:
        """Does a line hold more than these statements?"""
        lines = {line for each in run for line in extent(each)}
        return any(line in lines for each in self.block if each not in run for line in extent(each))

    def _is_of_the_module(self, node: ast.AST) -> bool:
        """It works at the top of a module only, or where no loop runs; definitions are known by their
        module."""
        if isinstance(node, ast.ImportFrom):
            return any(alias.name == "*" for alias in node.names)
        if isinstance(node, ast.Call):
            called = self.view.external(node.func)
            is_runner = called in _RUNNERS or last_name(node.func) in _OF_LOOPS
            return is_runner or last_name(node.func) in _OF_THE_MODULE
        return isinstance(node, (*_DEFINITIONS, ast.Global))

    def works(self, statement: ast.stmt) -> bool:
        """Does it make a session or use one?"""
        for node in walk(statement):
            member = self.view.member(node) if isinstance(node, ast.Call) else None
            is_session = isinstance(node, (ast.Call, ast.Name)) and self.view.instance(node) in SESSIONS
            if is_session or (member is not None and member.owner in FAMILY):
                return True
        return False
