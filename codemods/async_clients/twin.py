"""What a client codemod is asked about one call, and what it answers: its twin, or why there is none."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cached_property

import msgspec

from ..analysis.index.expr import Expr
from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.effects.effects import Effects
from ..analysis.judge.effects.site import Site
from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.kinds import Kinds
from ..analysis.link.program import CallKey, Key
from ..analysis.nodes import walk
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax, span_of
from ..catalogue.schema import Owner
from ..model import Edit, Note, Span, Support
from .http.errors.error_constants import Constants
from .http.errors.retried import Retried
from .http.errors.suppressed import Suppressed
from .http.generated import client_module, session_module
from .objects.said import Said

_NAMES = ("id", "name", "asname", "arg")
"""The fields of all nodes that bind or read a name."""


class NoTwinError(Exception):
    """The call has no exact twin; the text says what stands in the way."""


class Whole(msgspec.Struct, frozen=True):
    """A client object that turns with all calls on it or not at all; its name is unique."""

    name: str
    calls: frozenset[CallKey]
    askers: frozenset[Key] = frozenset()
    """Functions that get it from another function: they must run on the event loop, too."""
    entered: frozenset[CallKey] = frozenset()
    """Calls that wait only where what they give is entered, or gone through."""

    given: frozenset[Key] = frozenset()
    """Functions that its library is given to call: it awaits them from now on."""

    def is_among(self, twinned: Collection[CallKey]) -> bool:
        """Does any of it turn?"""
        return any(call in twinned for call in (*self.calls, *self.entered))


class TwinPlan(msgspec.Struct, frozen=True):
    edits: tuple[tuple[str, Edit], ...]
    awaited: tuple[Span, ...]
    text: str
    """What is done, for people: `await http_client().get(...)`."""
    support: tuple[Support, ...] = ()
    notes: tuple[Note, ...] = ()
    whole: Whole | None = None
    """The client that turns as a whole."""
    inside: frozenset[tuple[Key, Span]] = frozenset()
    """What functions of the project, which are handed what is awaited here, no longer wait for."""


class Turned(msgspec.Struct, frozen=True):
    """What every call on a client needs: how it is made, where it goes, and the calls that turn with it."""

    edits: tuple[tuple[str, Edit], ...]
    whole: Whole
    support: tuple[Support, ...] = ()
    notes: tuple[Note, ...] = ()


class World(msgspec.Struct, frozen=True, dict=True):
    """The program around the calls, and what the run writes into it."""

    effects: Effects
    callers: Callers
    syntax: Syntax
    library: str
    """`httpx` or `httpx2`."""
    module: str
    """The dotted name of the module that holds the shared clients."""
    clients: dict[str, str] = msgspec.field(default_factory=dict)
    """The shared clients that calls have asked for: the name of each, and what sets it apart."""
    raising: dict[CallKey, tuple[tuple[Key, ast.Attribute], ...]] = msgspec.field(default_factory=dict)
    """Where the responses of requests raise errors, in functions that are handed them."""
    startup: frozenset[Key] = frozenset()
    """What the application runs on its event loop before the first request, and after the last."""

    @cached_property
    def reach(self) -> Reach:
        return Reach(self.effects)

    @cached_property
    def retried(self) -> Retried:
        return Retried(self.effects.program)

    @cached_property
    def suppressed(self) -> Suppressed:
        return Suppressed(self.effects.program)

    @cached_property
    def constants(self) -> Constants:
        return Constants(self.effects.program, self.syntax, self.retried)

    @cached_property
    def said(self) -> Said:
        return Said(self.effects.inference)

    def beside(self, file: str) -> str:
        """The dotted name of a module beside that of the shared clients."""
        package, _, _ = self.module.rpartition(".")
        return f"{package}.{file}" if package else file

    def node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.effects.program.scope(function).span)

    def call_key(self, path: str, node: ast.Call) -> CallKey | None:
        """The facts of a call of the tree."""
        span, calls = span_of(node), self.effects.program.modules[path].facts.calls
        return next((CallKey(path, number) for number, call in enumerate(calls) if call.span == span), None)

    def kinds(self, key: Key, expr: Expr, line: int) -> Kinds:
        return self.effects.inference.kinds(key, expr, line)


def is_generated(text: str) -> bool:
    """Is it a module with clients that an earlier run made?"""
    return client_module.MARK in text or session_module.MARK in text


def check_module(world: World, module: str) -> None:
    """A generated module goes where none of the project is. Raises `NoTwinError`."""
    for found in world.effects.program.modules.values():
        if found.facts.module == module and not is_generated(world.syntax.file(found.path).text):
            raise NoTwinError(f"the project has a module {module} of its own")


def check_settings(world: World, owner: Owner) -> None:
    """What a project sets up for a library may not hold for its async calls: litellm calls plain functions of
    `success_callback` behind `completion`, and not behind `acompletion`.

    Raises `NoTwinError`.
    """
    library = owner.name.partition(".")[0]
    for path in world.effects.program.modules if owner.unless else ():
        file = world.syntax.file(path)
        found = [word for word in owner.unless if file.mentions(library) and file.mentions(word)]
        if found:
            raise NoTwinError(f"{path} names {found[0]}, which may not hold for async calls of {library}")


def is_named(file: FileSyntax, name: str) -> bool:
    """Has anything in the module the name?"""
    named = (node for node in walk(file.tree) if not isinstance(node, ast.keyword))
    return any(getattr(node, each, "") == name for node in named for each in _NAMES)


def check_name(file: FileSyntax, name: str) -> None:
    """A module gets a function of that name. Raises `NoTwinError` where anything in it has the name."""
    if is_named(file, name):
        raise NoTwinError(f"the module has a {name} of its own")


class Call(msgspec.Struct, frozen=True):
    """One call as the client codemods see it: its syntax, and the facts behind it."""

    world: World
    function: Key
    site: Site
    file: FileSyntax
    node: FunctionNode
    call: ast.Call

    @property
    def key(self) -> CallKey:
        assert self.site.call is not None
        return self.site.call

    @property
    def scope(self) -> Key:
        """The scope that the arguments are read in: a comprehension has its own."""
        return Key(self.key.path, self.world.effects.program.call(self.key).scope)

    @property
    def arguments(self) -> tuple[tuple[Expr, ...], dict[str, Expr]]:
        site = self.world.effects.program.call(self.key)
        return site.args, dict(site.keywords)
