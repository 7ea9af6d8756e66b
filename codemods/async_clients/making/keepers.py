"""What keeps a client that is made elsewhere: it keeps the function that gives the client, and calls it.

    cache = Cache(get_redis())                      cache = Cache(get_redis)

    class Cache:                                    class Cache:
        def __init__(self, r: redis.Redis):             def __init__(self, r: Callable[[], Redis]):
            self.client = r                 ->              self.client = r

        def get(self, key):                             async def get(self, key):
            return self.client.get(key)                     return await self.client().get(key)

The object may be older than every event loop, as this one, or outlive one. What a request gets from FastAPI,
or a function for itself, is kept as it is.
"""

from __future__ import annotations

import ast
from enum import Enum, auto

from ...analysis.index.expr import Attr, Call, Either, Name
from ...analysis.link.kinds import Fn
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import bound_plainly, walk
from ...analysis.spelled import fact_of
from ...analysis.syntax import FileSyntax
from ...analysis.view import View
from ...model import Span
from ..objects.arguments import argument_of
from ..objects.client_object import NO_KEEPERS, ClientObject, Holder, Keepers
from ..objects.hidden_reads import check_attributes
from ..objects.uses import Objects
from ..twin import NoTwinError
from .fallback import assigned
from .kept_sources import Source, is_kept, sources
from .lifetimes import is_cached
from .names import renamed_place
from .outliving import check_kept
from .places import Place, place_of_client


class _Kept(Enum):
    GIVER = auto()
    ITSELF = auto()


def place_and_keepers(objects: Objects, client: ClientObject, what: str) -> Place:
    """Where a client is made once. Raises `NoTwinError`."""
    place = place_of_client(objects.world, client, what, keepers_of(objects, client, what))
    return renamed_place(objects, place)


def keepers_of(objects: Objects, client: ClientObject, what: str) -> Keepers:
    """Raises `NoTwinError` where that cannot be told, or where a name gets the client in several ways."""
    origin = origin_of(objects, client)
    found = {each for each in client.holders if is_kept(objects, each)} - {origin}
    if not found or len(client.made) != 1:
        return NO_KEEPERS
    ways = _Ways(objects, client, origin, what)
    for holder in sorted(found):
        ways.of(holder)
    givers = frozenset(each for each, way in ways.known.items() if way is _Kept.GIVER)
    check_attributes(objects.world, found, what)
    check_kept(objects.world, found, found - givers, what)
    return Keepers(givers, frozenset(found) - givers, *_handed(objects, client, givers, what))


def origin_of(objects: Objects, client: ClientObject) -> Holder | None:
    """The name of a module or class, or the attribute, under which the client is made."""
    call = min(client.made)
    file = objects.world.syntax.file(call.path)
    made = file.call(objects.program.call(call).span)
    statement = assigned(objects.world, file, made) if made is not None else None
    if len(client.made) != 1 or statement is None:
        return None
    targets = [target for target, _ in bound_plainly(statement)]
    named = {each for target in targets for each in _named(objects, client, file, target)}
    return next((each for each in sorted(named) if is_kept(objects, each)), None)


class _Ways:
    """How each name gets the client."""

    def __init__(self, objects: Objects, client: ClientObject, origin: Holder | None, what: str) -> None:
        self.objects = objects
        self.client = client
        self.origin = origin
        self.what = what
        self.known: dict[Holder, _Kept | None] = {}

    def of(self, holder: Holder) -> _Kept | None:
        """None for one that is being looked at."""
        if holder not in self.known:
            self.known[holder] = None
            self.known[holder] = self._of(holder)
        return self.known[holder]

    def _of(self, holder: Holder) -> _Kept:
        ways = {self._way(holder, source) for source in sources(self.objects, holder, self.what)} - {None}
        key = Key(holder.path, holder.scope)
        if not is_kept(self.objects, holder):
            parameters = self.objects.program.scope(key).parameters
            parameter = next(each for each in parameters if each.name == holder.name)
            if self.objects.is_injected(self.client, key, parameter):
                ways.add(_Kept.ITSELF)
        if len(ways) != 1:
            raise NoTwinError(f"{self.what} comes to {holder.name} in several ways")
        (way,) = ways
        assert way is not None
        return way

    def _way(self, holder: Holder, source: Source) -> _Kept | None:
        expr, objects = source.expr, self.objects
        if not objects.is_it(self.client, source.key, expr, source.line):
            raise NoTwinError(
                f"{holder.name} may be something else than {self.what} ({source.key.path}:{source.line})"
            )
        if isinstance(expr, Call) and self._gives(CallKey(source.key.path, expr.index)):
            return _Kept.GIVER
        if isinstance(expr, (Name, Attr)):
            return self._of_name(source)
        if isinstance(expr, Either):
            raise NoTwinError(f"{self.what} comes to {holder.name} in several ways")
        return self._itself(source)

    def _of_name(self, source: Source) -> _Kept | None:
        known = set(self.objects.holders(source.key, source.expr, source.line)) & self.client.holders
        if self.origin in known:
            return _Kept.GIVER
        ways = {self.of(each) if self._is_followed(each) else self._itself(source) for each in known}
        return ways.pop() if len(ways) == 1 else None

    def _is_followed(self, holder: Holder) -> bool:
        """Is it kept, or a parameter?"""
        parameters = self.objects.program.scope(Key(holder.path, holder.scope)).parameters
        return is_kept(self.objects, holder) or any(each.name == holder.name for each in parameters)

    def _gives(self, call: CallKey) -> bool:
        """Is it a call of a plain function, without arguments?"""
        site, program = self.objects.program.call(call), self.objects.program
        if call in self.client.made:
            return False
        callees = self.objects.inference.callees(call)
        gives = not (site.args or site.keywords) and all(
            isinstance(kind, Fn)
            and kind.key in self.client.returned_by
            and not (program.scope(kind.key).is_async or program.scope(kind.key).has_yield)
            for kind in callees
        )
        for kind in callees if gives else ():
            if isinstance(kind, Fn) and self._does_more(kind.key):
                name = program.scope(kind.key).qualname
                raise NoTwinError(f"{name} does more than to give {self.what}, and would do it for each call")
        return gives

    def _does_more(self, giver: Key) -> bool:
        """One that makes the client does so once."""
        program, node = self.objects.program, self.objects.world.node(giver)
        (made,) = self.client.made
        if node is None or program.owner_of(made.path, program.call(made).scope) == giver:
            return False
        done = (each for each in node.body if not isinstance(getattr(each, "value", None), ast.Constant))
        return any(
            isinstance(each, (ast.Expr, ast.Global, ast.AugAssign, ast.Raise))
            for stmt in done
            for each in walk(stmt)
        )

    def _itself(self, source: Source) -> _Kept:
        """It is there only while the event loop runs."""
        owner = self.objects.program.owner_of(source.key.path, source.key.scope)
        if not owner.scope or is_cached(self.objects.world, owner):
            raise NoTwinError(
                f"{self.what} is kept longer than for one event loop ({source.key.path}:{source.line})"
            )
        return _Kept.ITSELF


# where it goes ----------------------------------------------------------------------------------------------


def _handed(
    objects: Objects, client: ClientObject, holders: frozenset[Holder], what: str
) -> tuple[frozenset[tuple[str, Span]], frozenset[CallKey]]:
    """What is handed to the holders: names as they are, and calls of which the name is left."""
    passes = {
        (path, span)
        for path, span in client.passes
        if (node := objects.node(path, span)) is not None
        and _goes_to(objects, client, objects.world.syntax.file(path), node, holders, what)
    }
    calls = set[CallKey]()
    for giver in sorted(client.returned_by):
        for caller in objects.world.callers.calls(giver):
            file = objects.world.syntax.file(caller.call.path)
            call = file.call(objects.program.call(caller.call).span)
            if call is not None and _goes_to(objects, client, file, call, holders, what):
                calls.add(caller.call)
    return frozenset(passes), frozenset(calls)


def _goes_to(
    objects: Objects,
    client: ClientObject,
    file: FileSyntax,
    node: ast.expr,
    holders: frozenset[Holder],
    what: str,
) -> bool:
    """Does what stands there go to the holders? Raises `NoTwinError` where it goes to others as well."""
    parent = file.parents[node]
    found = set[Holder]()
    for target, value in bound_plainly(parent):
        found.update(_named(objects, client, file, target) if value is node else ())
    argument = argument_of(file, node)
    if argument is not None:
        call = objects.world.call_key(file.path, argument[0])
        found.update(objects.parameters_given(call, argument[1]) if call is not None else ())
    if found & holders and not found <= holders:
        raise NoTwinError(f"{what} comes to several names at once ({file.path}:{node.lineno})")
    return bool(found & holders)


def _named(objects: Objects, client: ClientObject, file: FileSyntax, target: ast.expr) -> frozenset[Holder]:
    """What a target of an assignment is known as."""
    fact = fact_of(target)
    if fact is None:
        return frozenset()
    key = View(objects.inference, file).key(target)
    line = 0 if isinstance(fact, Name) else target.lineno
    return frozenset(client.holders.intersection(objects.holders(key, fact, line)))
