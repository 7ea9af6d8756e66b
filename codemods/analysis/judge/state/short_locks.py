"""Locks for which nobody waits long: all that is done while they are held is over at once.

class Counter:
    def __init__(self): self._lock = threading.Lock()
    def add(self, n):
        with self._lock:          as good as `self.total += n`, on the event loop as well
            self.total += n

A lock is known by its name, in the classes that belong together or as a global one. One that is handed on,
kept under another name or asked for by `acquire()` may be held by anybody, for as long as it pleases them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import msgspec

from ....model import Span
from ...link.kinds import Ext
from ...link.program import Key
from ...nodes import walk
from ...syntax import FileSyntax, Syntax, span_of
from ..effects.effects import Effects
from ..effects.site import DECORATED, Site
from ..reaching.reach import HARMFUL, Reach

_LOCKS = frozenset({Ext("threading.Lock"), Ext("threading.RLock")})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PAUSES = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
_MENTIONS = (ast.Attribute, ast.Name, ast.arg, ast.alias, ast.Constant)

Lock = tuple[Key | None, str]
"""The class that stands for all that belong together, or none for a global name; and the name."""
Place = tuple[str, Span]


class _Held(msgspec.Struct, frozen=True):
    """A `with` over a lock."""

    lock: Lock
    function: Key
    manager: Place
    body: Span
    pauses: bool


class ShortLocks:
    def __init__(self, effects: Effects, syntax: Syntax, ignored: Callable[[Site], bool]) -> None:
        """`ignored` are sites that do not count."""
        self._effects = effects
        self._syntax = syntax
        self._ignored = ignored
        self._program = effects.program
        self._made = frozenset(self._makings())
        self._names = frozenset(self._named()) if self._made else frozenset()
        self._taken: frozenset[Place] = frozenset()
        """Where the locks are taken of which nothing else is known by now."""
        if self._names:
            self._find(*self._uses())

    def takes(self, site: Site) -> bool:
        return bool(self._taken) and site.form == "with" and (site.key.path, site.span) in self._taken

    def _find(self, held: list[_Held], long: set[Lock]) -> None:
        more = long
        while more:
            long |= more
            self._taken = frozenset(each.manager for each in held if each.lock not in long)
            reach = Reach(self._effects, lambda site: self._ignored(site) or self.takes(site))
            more = {each.lock for each in held if each.lock not in long and _waits(reach, each)}

    def _makings(self) -> Iterator[Place]:
        for name in ("Lock", "RLock"):
            for call in self._program.calls_by_name.get(name, ()):
                callees = self._effects.inference.callees(call)
                if callees and callees <= _LOCKS:
                    yield call.path, self._program.call(call).span

    def _named(self) -> Iterator[str]:
        for path, span in self._made:
            file = self._syntax.file(path)
            call = file.call(span)
            for target in _targets(file.parents.get(call)) if call is not None else ():
                yield from _words(target)

    def _uses(self) -> tuple[list[_Held], set[Lock]]:
        """Each `with` over a lock that is known by its name, and the locks that are used in other ways."""
        held: list[_Held] = []
        long: set[Lock] = {(None, "")}
        anyones: set[str] = set()
        said = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(self._names)))})\b")
        for path, module in self._program.modules.items():
            if module.facts.is_test or not said.search(self._syntax.file(path).text):
                continue
            file = self._syntax.file(path)
            for node in file.of_kind(*_MENTIONS):
                for word in self._names.intersection(_words(node)):
                    lock = self._lock(file, node)
                    statement = file.parents.get(file.parents[node])
                    is_manager = isinstance(file.parents[node], ast.withitem)
                    if lock is None:
                        anyones.add(word)
                    elif is_manager and isinstance(statement, ast.With):
                        held.append(self._held(file, lock, node, statement))
                    elif not self._is_set(file, node):
                        long.add(lock)
        return held, long | {each.lock for each in held if each.lock[1] in anyones}

    def _held(self, file: FileSyntax, lock: Lock, manager: ast.AST, statement: ast.With) -> _Held:
        function = next((each for each in file.above(statement) if isinstance(each, _FUNCTIONS)), None)
        functions = self._program.modules[file.path].functions
        key = Key(file.path, functions[span_of(function)] if function is not None else 0)
        place = span_of(manager)
        body = Span(*place[2:], *span_of(statement)[2:])
        return _Held(
            lock, key, (file.path, place), body, any(isinstance(n, _PAUSES) for n in walk(statement))
        )

    def _is_set(self, file: FileSyntax, node: ast.AST) -> bool:
        """To a lock that nobody else has, or to nothing."""
        statement = file.parents[node]
        if isinstance(statement, ast.AnnAssign) and node is statement.target and statement.value is None:
            return True  # says its type only
        if node not in _targets(statement):
            return isinstance(node, ast.alias)
        value: ast.expr | None = getattr(statement, "value", None)
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            return True
        return (file.path, span_of(value)) in self._made

    def _lock(self, file: FileSyntax, node: ast.AST) -> Lock | None:
        """None for what may be the lock of any class."""
        if isinstance(node, ast.Name):
            home = file.parents.get(file.parents[node])
            return (
                self._families[file.path, span_of(home)] if isinstance(home, ast.ClassDef) else None,
                node.id,
            )
        cls = next((each for each in file.above(node) if isinstance(each, ast.ClassDef)), None)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and cls is not None:
            is_own = node.value.id in ("self", "cls", cls.name)
            return (self._families[file.path, span_of(cls)], node.attr) if is_own else None
        return (None, node.name) if isinstance(node, ast.alias) and node.asname is None else None

    @cached_property
    def _families(self) -> Mapping[Place, Key]:
        """Where a class is written -> the one that stands for it, for those above and for those below it."""
        chosen: dict[Key, Key] = {}

        def head(cls: Key) -> Key:
            while cls in chosen:
                cls = chosen[cls]
            return cls

        classes = list(self._program.classes())
        for cls in classes:
            for base in self._effects.inference.classes.mro(cls)[1:]:
                if isinstance(base, Key) and head(base) != head(cls):
                    chosen[head(base)] = head(cls)
        return {(cls.path, self._program.scope(cls).span): head(cls) for cls in classes}


def _waits(reach: Reach, held: _Held) -> bool:
    """May something that is done while the lock is held take long, or others come in between?"""
    inside = (site for site in reach.own(held.function) if held.body.contains(Span(*site.span)))
    return held.pauses or any(
        site.kind in HARMFUL
        or site.name == DECORATED
        or (site.target is not None and not HARMFUL.isdisjoint(reach.flags(site.target)))
        for site in inside
    )


def _targets(statement: ast.AST | None) -> list[ast.expr]:
    """One at most: under two names it is known by neither."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) else []


def _words(node: ast.AST) -> tuple[str, ...]:
    """The names that it may bring up."""
    if isinstance(node, ast.alias):
        return (node.name, node.asname or "")
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    return (node.value,) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ()
