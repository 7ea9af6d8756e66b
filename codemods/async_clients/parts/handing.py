"""Functions that a library calls with a part: it awaits them once they are coroutine functions.

def find(tx, name):                                   async def find(tx, name):
    return tx.run(QUERY, name=name).data()      ->        return await (await tx.run(QUERY, name=name)).data()

session.execute_read(find, name)                      await session.execute_read(find, name)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...analysis.index.bindings import ScopeKind
from ...analysis.index.expr import Name
from ...analysis.link.kinds import Fn, describe
from ...analysis.link.program import CallKey, Key
from ...catalogue import Catalogue
from ..objects.client_object import ClientObject, Holder
from ..objects.uses import Objects
from ..twin import NoTwinError

Handings = Mapping[str, Mapping[CallKey, Key]]
"""By the class of what is handed: the calls that are given a function, and the function."""


def handed_classes(catalogue: Catalogue, roots: Iterable[str]) -> Iterator[str]:
    for owner in (each for root in roots for each in catalogue.owners_of(root)):
        yield from owner.hands.values()


def handings(found: Objects, calls: Iterable[CallKey]) -> Handings:
    """Raises `NoTwinError` where a function that is given may be another one, or is used elsewhere."""
    by_class: dict[str, dict[CallKey, Key]] = {}
    for call in sorted(calls):
        names = {describe(kind) for kind in found.inference.callees(call)}
        for cls in {found.program.catalogue.handed(name) for name in names} - {None}:
            by_class.setdefault(str(cls), {})[call] = _function(found, call)
    for given in by_class.values():
        for function in set(given.values()):
            _check(found, function, given)
    return by_class


def handed_to(found: Objects, given: Mapping[CallKey, Key]) -> ClientObject:
    """What is handed to the functions: it stands in their first parameters."""
    holders = set[Holder]()
    for function in given.values():
        first = int(found.inference.classes.takes_self(function))
        parameters = found.program.scope(function).parameters[first:]
        if not parameters or parameters[0].kind in ("*", "**"):
            raise NoTwinError(f"{found.program.scope(function).qualname} takes it in another way")
        holders.add(Holder(function.path, function.scope, parameters[0].name))
    return found.followed(ClientObject(holders=holders, filled=frozenset(holders)))


def _function(found: Objects, call: CallKey) -> Key:
    site = found.program.call(call)
    kinds = (
        found.inference.kinds(Key(call.path, site.scope), site.args[0], site.span.line) if site.args else ()
    )
    functions = [kind.key for kind in kinds if isinstance(kind, Fn)]
    if len(kinds) != 1 or not functions:
        raise NoTwinError(f"what the library calls is not seen ({found.program.call_location(call)})")
    return functions[0]


def _check(found: Objects, function: Key, given: Mapping[CallKey, Key]) -> None:
    """Nothing else is done with the function but to give it to such calls."""
    scope, callers = found.program.scope(function), found.world.callers
    is_plain = scope.kind is ScopeKind.FUNCTION and not (scope.is_async or scope.has_yield)
    if not is_plain or any(decorator != Name("staticmethod") for decorator in scope.decorators):
        raise NoTwinError(f"{scope.qualname or 'a lambda'} cannot be awaited where the library calls it")
    others = [
        path
        for path, reference in callers.references(function)
        if reference.position != 0 or given.get(CallKey(path, reference.call)) != function
    ]
    if others or callers.calls(function):
        raise NoTwinError(f"{scope.qualname} is not only given to the library")
