"""Attributes that keep a client, read where nobody sees that it is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ...analysis.index.expr import Attr, Const, Expr
from ...analysis.link.kinds import Cls, Kinds, Obj, Unknown, is_known
from ...analysis.link.program import Key, Program
from ...model import Span
from ..twin import NoTwinError, World
from .client_object import Holder, is_of_class

_BY_TEXT = frozenset({"getattr", "setattr", "attrgetter"})


def check_all(world: World, names: Collection[str], what: str) -> None:
    """None of the attributes of these names is read by its name as a text, or from what may be anything.
    Raises `NoTwinError`."""
    program = world.effects.program
    for word in sorted(_BY_TEXT):
        for call in program.calls_by_name.get(word, ()):
            if any(isinstance(given, Const) and given.text in names for given in program.call(call).args):
                raise NoTwinError(f"{what} is read by {word} ({program.call_location(call)})")
    for path in sorted(program.modules):
        _check_file(world, path, _read(program, path), names)


def check_attributes(world: World, holders: Iterable[Holder], what: str) -> None:
    """None of the attributes is read by its name as a text from what may have it, or called from what may be
    anything. Raises `NoTwinError`."""
    program = world.effects.program
    of_classes = sorted(holder for holder in holders if is_of_class(program, holder))
    kept = {holder.name: Key(holder.path, holder.scope) for holder in of_classes}
    for word in sorted(_BY_TEXT) if kept else ():
        for call in program.calls_by_name.get(word, ()):
            site = program.call(call)
            owners = (
                world.kinds(Key(call.path, site.scope), site.args[0], site.span.line) if site.args else ()
            )
            for given in site.args:
                cls = kept.get(given.text) if isinstance(given, Const) else None
                if cls is not None and _may_be(world, owners, cls):
                    raise NoTwinError(f"{what} is read by {word} ({program.call_location(call)})")
    for path, module in sorted(program.modules.items()) if kept else ():
        if not module.facts.is_test:  # `.client` is the client of many tests
            _check_file(world, path, _called(program, path), kept)


def _may_be(world: World, owners: Kinds | tuple[()], cls: Key) -> bool:
    mro = world.effects.inference.classes.mro
    found = [each.key for each in owners if isinstance(each, (Cls, Obj))]
    return not owners or not is_known(frozenset(owners)) or any(cls in mro(e) or e in mro(cls) for e in found)


def _called(program: Program, path: str) -> Iterator[tuple[Key, Expr, Span]]:
    """What is asked for a method: `service.client` of `service.client.get(..)`."""
    for call in program.modules[path].facts.calls:
        if isinstance(call.func, Attr):
            yield Key(path, call.scope), call.func.value, call.span


def _read(program: Program, path: str) -> Iterator[tuple[Key, Expr, Span]]:
    for call in program.modules[path].facts.calls:
        yield Key(path, call.scope), call.func, call.span
    for read in program.modules[path].facts.references:
        yield Key(path, read.scope), read.expr, read.span


def _check_file(
    world: World, path: str, said: Iterable[tuple[Key, Expr, Span]], names: Collection[str]
) -> None:
    for key, found, span in said:
        expr = found
        while isinstance(expr, Attr):
            if expr.attr in names and _is_unknown(world.kinds(key, expr.value, span.line)):
                raise NoTwinError(f"what .{expr.attr} is read from is not known ({path}:{span.line})")
            expr = expr.value


def _is_unknown(kinds: Kinds) -> bool:
    return not kinds or any(isinstance(kind, Unknown) for kind in kinds)
