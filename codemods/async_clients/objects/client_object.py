"""One client of a program, with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...analysis.index.bindings import ScopeKind
from ...analysis.link.kinds import Inst, Kind
from ...analysis.link.program import CallKey, Key, Program
from ...model import Span

_FRAMEWORKS = ("fastapi.", "starlette.")


class Holder(msgspec.Struct, frozen=True, order=True):
    """A name of a module, function or class, or an attribute of instances (`self.session`)."""

    path: str
    scope: int
    name: str
    on_instance: bool = False


def of_class(program: Program, cls: Key, attribute: str) -> Iterator[Holder]:
    """An attribute of the class: what its body binds, or what its instances have."""
    yield Holder(cls.path, cls.scope, attribute, True)
    if any(binding.name == attribute for binding in program.scope(cls).bindings):
        yield Holder(cls.path, cls.scope, attribute)


def is_of_class(program: Program, holder: Holder) -> bool:
    """Is it an attribute, and no name of a module or function?"""
    return holder.on_instance or program.scope(Key(holder.path, holder.scope)).kind is ScopeKind.CLASS


def is_application(kind: Kind) -> bool:
    """An application, a request, or the state of one."""
    return isinstance(kind, Inst) and kind.name.startswith(_FRAMEWORKS)


class Keepers(msgspec.Struct, frozen=True):
    """What keeps a client that is made elsewhere."""

    holders: frozenset[Holder] = frozenset()
    """The attributes, names and parameters that keep what gives it: a function."""
    of_itself: frozenset[Holder] = frozenset()
    """Those that keep the client of the event loop on which they were set."""
    passes: frozenset[tuple[str, Span]] = frozenset()
    """Names of what gives it, handed to one of them: they are not called there."""
    calls: frozenset[CallKey] = frozenset()
    """Calls that gave the client to one of them, of which the name is left."""


NO_KEEPERS = Keepers()


class ClientObject(msgspec.Struct):
    """One client, or several that meet under one name."""

    made: set[CallKey] = msgspec.field(default_factory=set)
    holders: set[Holder] = msgspec.field(default_factory=set)
    returned_by: set[Key] = msgspec.field(default_factory=set)
    filled: frozenset[Holder] = frozenset()
    """Parameters that a library fills with it."""
    calls: dict[CallKey, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Calls on it, each with the attributes between it and the call: `r.get(k)` has `("get",)`. A function of
    the library that works on it has none."""
    reads: list[tuple[str, Span]] = msgspec.field(default_factory=list)
    """Other attributes that are read or set: `session.headers[...] = ...`."""
    passes: list[tuple[str, Span]] = msgspec.field(default_factory=list)
    """Places where it is bound to a name, returned, or given to a function of the project."""
    asked: list[tuple[str, Span]] = msgspec.field(default_factory=list)
    """Places where it is only asked whether it is there: `if cache:`."""
    escapes: list[tuple[str, Span]] = msgspec.field(default_factory=list)
    """Uses that nobody can follow: it is handed to foreign code, stored in a list..."""
