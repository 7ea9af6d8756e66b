"""The parts of a client: the objects of classes with twins of their own that calls on it give, and so on.

session = driver.session()             a part, of the class neo4j.Session
result = session.run(query)            a part, of the class neo4j.Result
result.single()                        a call on a part: it turns with the client
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ...analysis.index.bindings import How, Import
from ...analysis.index.expr import Const, Expr
from ...analysis.link.kinds import Cls, describe
from ...analysis.link.program import CallKey, Key
from ...catalogue import Catalogue, Effect
from ...catalogue.build import split_type
from ...catalogue.schema import Owner
from ..making.keepers import keepers_of
from ..making.kept_sources import is_kept
from ..making.places import check_calls
from ..objects.client_object import NO_KEEPERS, ClientObject, Holder
from ..objects.set_attributes import set_attributes
from ..objects.uses import Objects
from ..twin import NoTwinError
from .handing import handed_to, handings

_BINDS = {How.ASSIGN, How.WITH}
_BINDS_NOTHING = {How.ANNOTATION, How.DELETE, How.ISINSTANCE}


class Part(msgspec.Struct, frozen=True):
    """All that meet under one name, or that one library hands to functions."""

    it: ClientObject
    cls: Owner
    given_by: frozenset[CallKey]
    """The calls that give it."""

    @property
    def what(self) -> str:
        return f"a {self.cls.name.rpartition('.')[2]}"


def makers_of(catalogue: Catalogue, roots: Iterable[str]) -> Mapping[str, Owner]:
    """`neo4j.Driver.session` -> the class of what it gives, if calls on that are awaited on its twin."""
    found: dict[str, Owner] = {}
    for owner in (each for root in roots for each in catalogue.owners_of(root)):
        for word, returned in owner.returns.items():
            cls = catalogue.owner(split_type(returned)[0]) if word != "*" else None
            is_exact = not owner.exact.isdisjoint((word, "*"))
            if owner.mirror and is_exact and cls is not None and _waits(cls):
                found[f"{owner.name}.{word}"] = cls
    return found


def _waits(cls: Owner) -> bool:
    """Has it methods that block and are the same, awaited, on its twin, or is it entered alone?"""
    return cls.mirror and any(
        effect is Effect.BLOCKING
        and (word == "__exit__" or not word.startswith("__"))
        and not cls.exact.isdisjoint((word, "*"))
        for word, (effect, _) in cls.calls.items()
    )


def parts_of(found: Objects, makers: Mapping[str, Owner], client: ClientObject) -> tuple[Part, ...]:
    """All of one client, the parts of parts too. Raises `NoTwinError` where one may be something else."""
    calls, made, handed = set(client.calls), list[ClientObject](), dict[str, Part]()
    size = -1
    while size != len(calls):
        size = len(calls)
        for each in found.all:
            if each not in made and each.made & calls:
                made.append(each)
                calls |= each.calls.keys()
        for name, given in handings(found, calls).items():
            cls = found.program.catalogue.owner(name)
            if cls is not None and (name not in handed or handed[name].given_by != given.keys()):
                handed[name] = Part(handed_to(found, given), cls, frozenset(given))
                calls |= handed[name].it.calls.keys()
    parts = (*(_made(found, makers, each, calls) for each in made), *handed.values())
    for part in parts:
        _check(found, part)
    return parts


def _made(found: Objects, makers: Mapping[str, Owner], it: ClientObject, calls: set[CallKey]) -> Part:
    names = {describe(kind) for call in it.made for kind in found.inference.callees(call)}
    classes = {makers[name].name: makers[name] for name in names if name in makers}
    if len(classes) != 1 or names - makers.keys() or not it.made <= calls:
        where = found.program.call_location(min(it.made))
        raise NoTwinError(f"what is called may give several things ({where})")
    (cls,) = classes.values()
    return Part(it, cls, frozenset(it.made))


def _check(found: Objects, part: Part) -> None:
    it = part.it
    check_calls(found.world, it, part.what)
    kept = {holder for holder in it.holders if is_kept(found, holder)}
    keepers = keepers_of(found, it, part.what) if kept and it.made else NO_KEEPERS
    if kept - keepers.of_itself or any(not holder.on_instance or not holder.path for holder in kept):
        raise NoTwinError(f"{part.what} is kept, as {min(kept).name}")
    for holder in kept:
        for path, put in set_attributes(found.world, Key(holder.path, holder.scope), holder.name):
            if any(
                isinstance(each, Cls)
                for each in found.world.kinds(Key(path, put.scope), put.target, put.line)
            ):
                raise NoTwinError(f"{part.what} is kept by a class ({path}:{put.line})")
    for holder in sorted(it.holders - kept):
        _check_name(found, part, holder)
    users = {*(key.path for key in (*it.calls, *it.made)), *(path for path, _ in (*it.reads, *it.passes))}
    if any(found.program.modules[path].facts.is_test for path in users):
        raise NoTwinError(f"tests use {part.what}")


def _check_name(found: Objects, part: Part, holder: Holder) -> None:
    """A name of a function means the part, or nothing at all."""
    scope = found.program.scope(Key(holder.path, holder.scope))
    for key, value, line in _bound(found, holder):
        is_none = isinstance(value, Const) and value.type == "NoneType"
        if value is None or not (is_none or found.is_it(part.it, key, value, line)):
            raise NoTwinError(
                f"{holder.name} of {scope.qualname} is not only {part.what} ({holder.path}:{line})"
            )


def _bound(found: Objects, holder: Holder) -> Iterator[tuple[Key, Expr | None, int]]:
    """What the name is bound to in its function, beside what that is given; None where it cannot be told."""
    key = Key(holder.path, holder.scope)
    for binding in found.program.scope(key).bindings:
        if binding.name != holder.name or binding.how in _BINDS_NOTHING or binding.how is How.PARAMETER:
            continue
        is_plain = binding.how in _BINDS and not binding.path and not isinstance(binding.value, Import)
        yield key, binding.value if is_plain and not isinstance(binding.value, Import) else None, binding.line
