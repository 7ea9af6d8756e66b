"""Client objects: where each is made, under which names it goes through the program, and every use of it.

A client turns as a whole: with its construction and all calls on it, in every module, or not at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from functools import cached_property
from types import MappingProxyType

from ...analysis.index.bindings import Binding, Parameter
from ...analysis.index.expr import Attr, Await, Call, Either, Expr, Name
from ...analysis.index.facts import Reference
from ...analysis.link.functions.given import parameters_given
from ...analysis.link.kinds import Cls, Fn, Obj, describe
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax
from ...model import Span
from ..twin import World
from . import environment
from .arguments import argument_of
from .asked_for import is_asked_for
from .client_object import ClientObject, Holder, is_application
from .dependencies import injected_by
from .holding import Holding
from .said import Given, Names, SaidIn
from .yielded import is_injected_generator, is_manager

_PROPERTY = (Name("property"),)
"""One that a cache keeps is that of one event loop."""


class Objects:
    """The clients of one family of classes, found by the names of their constructors."""

    through_items = False
    """May what stands in a client, `client["a"]`, be about the same?"""

    def __init__(
        self,
        world: World,
        constructors: frozenset[str],
        *,
        through_managers: bool = False,
        working_on: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`through_managers`: what a `@contextmanager` gives is followed to where it is entered.
        `working_on`: functions of the library that do their work on a client, each with the name of that
        argument, the first."""
        self.world = world
        self.through_managers = through_managers
        self.working_on = working_on
        self.program = world.effects.program
        self.inference = world.effects.inference
        self.constructors = constructors
        self.canonical = {self.program.catalogue.canonical(name) for name in constructors}
        self.holders = Holding(self.inference)
        self._cache: dict[str, dict[Span, ast.expr]] = {}
        self.function_names: dict[Holder, str] = {}

    def of_call(self, call: CallKey) -> ClientObject | None:
        """The client that a call is made on."""
        return self._by_call.get(call)

    @cached_property
    def all(self) -> tuple[ClientObject, ...]:
        found: list[ClientObject] = []
        for call in self._made():
            client = ClientObject({call})
            self._follow(client)
            meeting = [other for other in found if other.holders & client.holders]
            for other in meeting:
                client.made |= other.made
                found.remove(other)
            if meeting:
                self._follow(client)
            found.append(client)
        for client in found:
            self._uses(client)
        return tuple(found)

    def followed(self, client: ClientObject) -> ClientObject:
        """With all names under which it goes, and what is done with it."""
        self._follow(client)
        self._uses(client)
        return client

    @cached_property
    def environment_setter(self) -> str | None:
        """A function that sets variables of the environment while the application runs."""
        return environment.setter(self.program, self.world.syntax)

    @cached_property
    def _by_call(self) -> dict[CallKey, ClientObject]:
        return {call: client for client in self.all for call in client.calls}

    def _made(self) -> Iterator[CallKey]:
        short = sorted({name.rpartition(".")[2] for name in self.constructors})
        aliases = {alias for name in short for alias in self.program.aliases.get(name, ())}
        for name in sorted({*short, *aliases}):
            for call in self.program.calls_by_name.get(name, ()):
                if any(describe(kind) in self.canonical for kind in self.inference.callees(call)):
                    yield call

    # where it goes ------------------------------------------------------------------------------------------

    def _follow(self, client: ClientObject) -> None:
        """Names bound to it, functions that return it, parameters it is given to; until nothing is new."""
        size = -1
        while size != len(client.holders) + len(client.returned_by):
            size = len(client.holders) + len(client.returned_by)
            for giver in client.returned_by:
                client.holders.update(self.world.said.injected.get(giver, ()))
            called = Names(self.program, client)
            for path in sorted(self.program.modules):
                words = self._words(called, path)
                if words:
                    self._follow_in(client, path, words)

    def _follow_in(self, client: ClientObject, path: str, words: Set[str]) -> None:
        for key, expr, line, by in self._said(path).passing(words):
            if not self.is_it(client, key, expr, line):
                continue
            if by is None:
                client.returned_by.add(key)
            elif isinstance(by, Binding):
                home = 0 if by.name in self.program.scope(key).globals else key.scope
                client.holders.add(Holder(path, home, by.name))
            elif isinstance(by, Given):
                client.holders |= self.parameters_given(CallKey(path, by.call), by.position)
            else:
                for owner in self.inference.kinds(key, by.target, by.line):
                    if isinstance(owner, (Cls, Obj)):
                        client.holders.add(Holder(owner.key.path, owner.key.scope, by.attr, True))
                    elif is_application(owner):
                        client.holders.add(Holder("", 0, by.attr, True))

    def _said(self, path: str) -> SaidIn:
        return self.world.said.in_file(path, through_items=self.through_items)

    def _words(self, called: Names, path: str) -> Set[str]:
        """What it may be called in the file."""
        file = self.world.syntax.file(path)
        return {word for word in called.of(path) if file.mentions(word)}

    def parameters_given(self, call: CallKey, position: int | str) -> frozenset[Holder]:
        """What an argument becomes in the functions that are called; none where that cannot be told."""
        given = parameters_given(self.inference, call, position)
        return frozenset(Holder(taker.path, taker.scope, name) for taker, name in given.items())

    def is_injected(self, client: ClientObject, taker: Key, parameter: Parameter) -> bool:
        """Does the framework give the client to the parameter?"""
        return not client.returned_by.isdisjoint(injected_by(self.inference, taker, parameter))

    def is_it(self, client: ClientObject, key: Key, expr: Expr, line: int) -> bool:
        """Does an expression give the client?"""
        if isinstance(expr, Call):
            call = CallKey(key.path, expr.index)
            if call in client.made:
                return True
            return any(
                isinstance(k, Fn) and k.key in client.returned_by for k in self.inference.callees(call)
            )
        if isinstance(expr, Await):
            return self.is_it(client, key, expr.value, line)
        if isinstance(expr, Either):
            return any(self.is_it(client, key, option, line) for option in expr.options)
        if self.is_property(client, key, expr, line):
            return True
        return any(holder in client.holders for holder in self.holders(key, expr, line))

    def is_property(self, client: ClientObject, key: Key, expr: Expr, line: int) -> bool:
        """`manager.client`, where a property gives it."""
        if not isinstance(expr, Attr):
            return False
        classes = self.inference.classes
        named = [each for each in client.returned_by if self.program.scope(each).name == expr.attr]
        return any(
            self.program.scope(each).decorators == _PROPERTY and classes.method(owner.key, expr.attr) == each
            for each in named
            for owner in self.inference.kinds(key, expr.value, line)
            if isinstance(owner, Obj)
        )

    # what is done with it -----------------------------------------------------------------------------------

    def _uses(self, client: ClientObject) -> None:
        for made in client.made if self.working_on else ():
            file = self.world.syntax.file(made.path)
            working = self.working_call(file, file.call(self.program.call(made).span))
            if working is not None:
                client.calls[working] = ()
        called = Names(self.program, client)
        for path in sorted(self.program.modules):
            words = self._words(called, path)
            if not words:
                continue
            said, facts = self._said(path), self.program.modules[path].facts
            for number in said.calls(words):
                call = facts.calls[number]
                attributes = self._attributes(client, Key(path, call.scope), call.func, call.span.line, words)
                if attributes:
                    client.calls[CallKey(path, number)] = attributes
            file = self.world.syntax.file(path)
            for reference in said.references(words):
                key = Key(path, reference.scope)
                attributes = self._attributes(client, key, reference.expr, reference.span.line, words)
                if attributes or (attributes is not None and self._is_set(file, reference.span)):
                    client.reads.append((path, reference.span))
                elif attributes is not None and self._is_asked_for(file, reference):
                    client.asked.append((path, reference.span))
                elif attributes is not None and (
                    working := self.working_call(file, self._nodes(file).get(reference.span))
                ):
                    client.calls[working] = ()
                    client.passes.append((path, reference.span))
                elif attributes is not None:
                    is_followed = self._flows(file, reference) or self._is_taken(file, reference)
                    (client.passes if is_followed else client.escapes).append((path, reference.span))

    def _attributes(
        self, client: ClientObject, key: Key, expr: Expr, line: int, words: Set[str]
    ) -> tuple[str, ...] | None:
        """The attributes that are read from the client; None when the expression is not about it."""
        attributes: tuple[str, ...] = ()
        said = self._said(key.path)
        while True:
            if not words.isdisjoint(said.words(expr)) and self.is_it(client, key, expr, line):
                return attributes
            if not isinstance(expr, Attr):
                return None
            attributes = (expr.attr, *attributes)
            expr = expr.value

    def _is_taken(self, file: FileSyntax, reference: Reference) -> bool:
        """Is it given to functions of the project, as an argument?"""
        node = self._nodes(file).get(reference.span)
        if node is None or reference.call < 0 or argument_of(file, node) is None:
            return False
        return bool(self.parameters_given(CallKey(file.path, reference.call), reference.position))

    def working_call(self, file: FileSyntax, node: ast.expr | None) -> CallKey | None:
        """`helpers.bulk(client, documents)`, if the client stands there."""
        argument = argument_of(file, node) if self.working_on and node is not None else None
        call = self.world.call_key(file.path, argument[0]) if argument is not None else None
        if argument is None or call is None:
            return None
        names = [self.working_on.get(describe(kind)) for kind in self.inference.callees(call)]
        is_one = len(names) == 1 and names[0] is not None and argument[1] in (0, names[0])
        return call if is_one else None

    def _is_asked_for(self, file: FileSyntax, reference: Reference) -> bool:
        node = self._nodes(file).get(reference.span)
        return node is not None and is_asked_for(file, node)

    def _flows(self, file: FileSyntax, reference: Reference) -> bool:
        """Is the use one that has been followed: bound to a name, returned, the object of an attribute?"""
        node = self._nodes(file).get(reference.span)
        if node is None:
            return False
        parent = file.parents[node]
        if isinstance(parent, ast.withitem):
            return True
        if isinstance(parent, ast.Yield):
            return self.is_given_by(self.program.owner_of(file.path, reference.scope))
        return isinstance(parent, (ast.Assign, ast.AnnAssign, ast.Return)) and parent.value is node

    def is_given_by(self, generator: Key) -> bool:
        """Is it seen who gets what the generator gives?"""
        is_entered = self.through_managers and is_manager(self.world, generator)
        return is_entered or is_injected_generator(self.world, generator)

    def _is_set(self, file: FileSyntax, span: Span) -> bool:
        """`session.auth = ...`"""
        node = self._nodes(file).get(span)
        return node is not None and isinstance(file.parents[node], ast.Attribute)

    def node(self, path: str, span: Span) -> ast.expr | None:
        """The name or attribute at a place."""
        return self._nodes(self.world.syntax.file(path)).get(span)

    def _nodes(self, file: FileSyntax) -> dict[Span, ast.expr]:
        if file.path not in self._cache:
            self._cache[file.path] = {
                Span(n.lineno, n.col_offset, n.end_lineno or 0, n.end_col_offset or 0): n
                for n in walk(file.tree)
                if isinstance(n, (ast.Name, ast.Attribute))
            }
        return self._cache[file.path]
