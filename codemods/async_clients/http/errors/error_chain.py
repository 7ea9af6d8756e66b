"""Who catches what a library raises: the `try` statements around a call, in its function and in its callers.

def verify_phone(...):                      async def verify_phone(...):
    try:                                        try:
        send_sms(...)               ->              await send_sms(...)
    except requests.RequestException:           except (httpx.HTTPError, httpx.InvalidURL):
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

import msgspec

from ....analysis.judge.callers.entered import Entered, new_name
from ....analysis.judge.effects.site import Site, SiteKind
from ....analysis.link.kinds import Cls, Fn
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode, span_of
from ....model import Edit, Location, Note, NoteKind, Span
from ...twin import NoTwinError, World
from ..responses.response import json_is_read
from .answered import Answered
from .error_constants import Classes
from .error_families import Family
from .error_places import ErrorPlaces
from .error_text import ErrorText
from .error_uses import raising_uses
from .errors import (
    Below,
    Caught,
    catching,
    check,
    check_of_json,
    constant_edits,
    error_edits,
    exception_name,
    named_in,
    reads,
    renamed,
    shown,
)
from .surrounding import surrounding, surrounding_tries

_ALL_OLD = Below(json_read=False, keep_old=True)
_MAY_RAISE_THEM = {"sdk", "cloud", ""}
"""Categories of foreign code that may call the library itself."""


class Found(msgspec.Struct, frozen=True):
    """A `try` and the function it stands in."""

    function: Key
    file: FileSyntax
    statement: ast.Try


class ErrorChain:
    """Reads every place that names an error of one library once, and then answers for each call."""

    def __init__(self, world: World, family: Family) -> None:
        self.world = world
        self.family = family
        self.program = world.effects.program
        self._entered = Entered(world.callers)
        self._wrapping = world.callers.wrapping
        self.answered = Answered(world, family)
        self._places = ErrorPlaces(world, family, self.answered)
        self._text = ErrorText(world, self._callers, family)

    def check(self, function: Key, call: ast.Call) -> tuple[Note, ...]:
        """What to say of that which catches the errors of this call, when all of it can be mapped. Raises
        `NoTwinError`."""
        if self._places.elsewhere is not None:
            raise NoTwinError(self._places.elsewhere)
        for caller in self._chain(function):
            if caller in self._places.decorated:
                name = self.program.scope(caller).qualname
                raise NoTwinError(f"the decorator of {name} names errors of {self.family.library}")
        notes: list[Note] = []
        for found in self.tries(function, call):
            self._check(found)
            if self.reads_json_of(function, call):
                check_of_json(self.world, found.function, found.file, found.statement, self.family)
            for each in self._caught(found):
                notes += self._text.notes(found.function, each)
                if any(renamed(found.file, each, self.family)) and self._others_raise(found, function, call):
                    raise NoTwinError(f"what else the `try` holds may raise errors of {self.family.library}")
                if found.function != function and any(reads(found.file, each, self.family)):
                    raise NoTwinError("the body of an error is read in another function")
                if each.lets_near_by and self.family.past_the_base:
                    place = Location(found.file.path, each.handler.lineno, each.handler.col_offset + 1)
                    notes.append(Note(NoteKind.BEHAVIOUR, self.family.past_the_base, place))
        if self.leaves(function, call):
            notes += self.answered.notes(self._text)
            self.answered.check(json_read=self.reads_json_of(function, call))
        return tuple(notes)

    def tries(self, function: Key, call: ast.AST) -> Iterator[Found]:
        """All `try` statements that an error of the call comes by, up to those that let none through."""
        done: set[ast.Try] = set()
        for owner, place in self._places_of(function, call):
            for found in self._tries(owner, place, {owner}):
                if found.statement not in done:
                    done.add(found.statement)
                    yield found

    def _places_of(self, function: Key, call: ast.AST) -> tuple[tuple[Key, ast.AST], ...]:
        """The call, and where what it gives raises them."""
        node, file = self.world.node(function), self.world.syntax.file(function.path)
        uses = raising_uses(file, node, call, self.family) if node is not None else ()
        raising = self.world.raising if isinstance(call, ast.Call) else {}
        key = self.world.call_key(function.path, call) if raising and isinstance(call, ast.Call) else None
        handed = raising.get(key, ()) if key is not None else ()
        return ((function, call), *((function, use) for use in uses), *handed)

    def _tries(self, function: Key, call: ast.AST, seen: set[Key]) -> Iterator[Found]:
        node = self.world.node(function)
        if node is None:
            return
        file = self.world.syntax.file(function.path)
        for found in self._surrounding(function, file, node, call):
            yield found
            if self._is_last(found):
                return
        for owner, place in self._callers(function):
            if owner not in seen and owner != function:
                yield from self._tries(owner, place, {*seen, owner})

    def _surrounding(
        self, function: Key, file: FileSyntax, node: FunctionNode, place: ast.AST
    ) -> Iterator[Found]:
        for around in surrounding(file, node, place):
            caught = around
            if isinstance(around, ast.withitem):
                caught = self.world.suppressed.caught(file, around) or around
            if isinstance(caught, ast.Try):
                yield Found(function, file, caught)
            else:
                yield from self._caught_by(function, caught.context_expr)
        for each in self.world.retried.around(file, node):
            yield Found(function, file, each)

    def _caught_by(self, function: Key, entered: ast.expr) -> Iterator[Found]:
        """What a context manager of the project catches of that which its `with` raises."""
        call = self.world.call_key(function.path, entered) if isinstance(entered, ast.Call) else None
        inference = self.world.effects.inference
        for kind in inference.callees(call) if call is not None else ():
            if isinstance(kind, Fn):
                yield from self._around_yield(kind.key)
            elif isinstance(kind, Cls) and (leaving := inference.classes.method(kind.key, "__exit__")):
                self._check_exit(leaving)

    def _around_yield(self, function: Key) -> Iterator[Found]:
        node, file = self.world.node(function), self.world.syntax.file(function.path)
        for inner in walk(node) if node is not None else ():
            if isinstance(inner, ast.Yield):
                yield from (Found(function, file, each) for each in surrounding_tries(file, file.tree, inner))

    def _check_exit(self, function: Key) -> None:
        """`issubclass(kind, OSError)`: errors of httpx are none. Raises `NoTwinError`."""
        node = self.world.node(function)
        for inner in walk(node) if node is not None else ():
            if isinstance(inner, (ast.Name, ast.Attribute)):
                name = exception_name(self.world.effects, function, inner)
                if name is not None and name in self.family.near:
                    raise NoTwinError(f"`__exit__` looks for {name} ({function.path}:{inner.lineno})")

    def leaves(self, function: Key, call: ast.AST) -> bool:
        """May an error of the call leave a function that nobody in the project calls?"""
        seen = {*self._places_of(function, call)}
        stack = [*seen]
        while stack:
            owner, place = stack.pop()
            node, file = self.world.node(owner), self.world.syntax.file(owner.path)
            if node is None or any(map(self._is_last, self._surrounding(owner, file, node, place))):
                continue
            callers = {*self._callers(owner)}
            if not callers:
                return True
            stack += callers - seen
            seen |= callers
        return False

    def _callers(self, function: Key) -> Iterator[tuple[Key, ast.AST]]:
        """Every place that calls it, by its name or in a wrapper around it, or enters what it belongs to."""
        named = ((caller.owner, caller.call) for caller in self.world.callers.calls(function))
        for owner, key in (*named, *self._wrapping.callers(function)):
            call = self.world.syntax.file(key.path).call(self.program.call(key).span)
            if call is not None:
                yield owner, call
        for place in self._entered.places(function) if new_name(self._entered.inference, function) else ():
            item = self.world.syntax.file(place.owner.path).entered(place.span)
            if item is not None:
                yield place.owner, item.context_expr

    def _caught(self, found: Found) -> Iterator[Caught]:
        return catching(self.world, found.function, found.file, found.statement, self.family)

    def _others_raise(self, found: Found, function: Key, call: ast.Call) -> bool:
        """May anything in the `try` but the call raise an error of the library that has other attributes?"""
        own = self.world.call_key(function.path, call)
        sites = self.sites_below(found, frozenset())
        return any(self.may_raise(owner, site) for owner, site in sites if site.call != own)

    def _check(self, found: Found) -> bool:
        return check(self.world, found.function, found.file, found.statement, self.family)

    def _is_last(self, found: Found) -> bool:
        try:
            return self._check(found)
        except NoTwinError:
            return False

    def edits(self, found: Found, below: Below) -> tuple[Edit, ...]:
        world, (function, file, statement) = self.world, (found.function, found.file, found.statement)
        clauses = error_edits(world, function, file, statement, self.family, below)
        uses = (
            edit
            for each in self._caught(found)
            for edit in (*renamed(file, each, self.family), *shown(file, each, self.family))
        )
        return (*clauses, *uses)

    def constants(self, found: Found) -> Iterator[Classes]:
        """What clauses of the `try` read that stands for errors of the library."""
        for constant in named_in(self.world, found.file, found.statement):
            if any(constant_edits(self.world, found.function, constant, self.family, _ALL_OLD)):
                yield constant

    def constant_edits(self, found: Found, constant: Classes, below: Below) -> tuple[Edit, ...]:
        return constant_edits(self.world, found.function, constant, self.family, below)

    def _chain(self, function: Key) -> set[Key]:
        found = {function}
        stack = [function]
        while stack:
            for owner, _ in self._callers(stack.pop()):
                if owner not in found:
                    found.add(owner)
                    stack.append(owner)
        return found

    # what a `try` holds -----------------------------------------------------------------------------------

    def sites_below(self, found: Found, gone: frozenset[Site]) -> Iterator[tuple[Key, Site]]:
        """Everything outside the project whose errors the body of a `try` may raise; `gone` sites have moved
        away."""
        spans = [span_of(statement) for statement in found.statement.body]
        seen: set[Key] = set()
        stack: list[Key] = []
        for site in self.world.effects.sites(found.function):
            if site not in gone and self._raises_in(found, site, spans):
                yield found.function, site
                stack += self._wrapping.run_at(site)
        for call, places in self.world.raising.items():
            if any(owner == found.function and _is_in(span_of(place), spans) for owner, place in places):
                owner = self.program.owner_of(call.path, self.program.call(call).scope)
                yield from ((owner, site) for site in self.world.effects.of_call(call))
        while stack:
            function = stack.pop()
            if function in seen:
                continue
            seen.add(function)
            for site in self.world.effects.sites(function):
                if site not in gone:
                    yield function, site
                    stack += self._wrapping.run_at(site)

    def _raises_in(self, found: Found, site: Site, spans: Collection[Span]) -> bool:
        """Is it in the body, or used there?"""
        call = found.file.call(Span(*site.span)) if self.family.has(site.name) else None
        places = self._places_of(found.function, call) if call is not None else ()
        return _is_in(Span(*site.span), spans) or any(
            owner == found.function and _is_in(span_of(place), spans) for owner, place in places
        )

    def reads_json_of(self, function: Key, call: ast.Call) -> bool:
        """Does its function read JSON from what the call gives, or one that is handed it?"""
        node, key = self.world.node(function), self.world.call_key(function.path, call)
        own = node is not None and json_is_read(self.world.syntax.file(function.path), call, node)
        return own or (key is not None and self.reads_json(key))

    def reads_json(self, call: CallKey) -> bool:
        """Do functions that are handed what the call gives read JSON from it?"""
        return any(place.attr == "json" for _, place in self.world.raising.get(call, ()))

    def may_raise(self, function: Key, site: Site) -> bool:
        """May a site that stays raise an error of the library?"""
        if self.family.has(site.name) and site.kind is not SiteKind.FAST:
            return True
        if site.kind is SiteKind.UNKNOWN:
            return True
        category = site.entry.category if site.entry is not None else "project"
        return (
            site.kind in (SiteKind.BLOCKING, SiteKind.SLOW) and category in _MAY_RAISE_THEM
        ) or function in self._places.raising


def _is_in(span: Span, spans: Collection[Span]) -> bool:
    return any(each.contains(span) for each in spans)
