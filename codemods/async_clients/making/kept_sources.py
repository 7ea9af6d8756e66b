"""Where what keeps a client gets it from: each value of a name, an attribute or a parameter."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...analysis.index.bindings import How, Import
from ...analysis.index.expr import Expr
from ...analysis.link.hierarchy import PLAIN_BASES
from ...analysis.link.kinds import Unknown
from ...analysis.link.program import FUNCTIONS, Key
from ..objects.client_object import Holder
from ..objects.set_attributes import set_attributes
from ..objects.uses import Objects
from ..twin import NoTwinError


class Source(msgspec.Struct, frozen=True):
    """An expression whose value a name gets."""

    key: Key
    expr: Expr
    line: int


def is_kept(objects: Objects, holder: Holder) -> bool:
    """Is it no name of a function's own?"""
    return holder.on_instance or objects.program.scope(Key(holder.path, holder.scope)).kind not in FUNCTIONS


def sources(objects: Objects, holder: Holder, what: str) -> Iterator[Source]:
    """Everything that the name is bound to. Raises `NoTwinError` where that cannot be told."""
    program, key = objects.program, Key(holder.path, holder.scope)
    if holder.on_instance:
        yield from _set(objects, holder, what)
    elif is_kept(objects, holder):
        for binding in program.scope(key).bindings:
            if binding.name == holder.name and binding.how is not How.ANNOTATION:
                if (
                    binding.how is not How.ASSIGN
                    or binding.value is None
                    or isinstance(binding.value, Import)
                ):
                    raise NoTwinError(
                        f"{holder.name} is bound in an unknown way ({holder.path}:{binding.line})"
                    )
                yield Source(key, binding.value, binding.line)
        if key.scope:
            raise NoTwinError(f"{what} is kept by a class, as {holder.name}")
    else:
        parameters = program.scope(key).parameters
        position = next(n for n, each in enumerate(parameters) if each.name == holder.name)
        for given in objects.inference.parameters.given(key, position) or ():
            if isinstance(given, Unknown) or given.is_element:
                raise NoTwinError(f"{program.scope(key).qualname} may be given something else than {what}")
            yield Source(given.scope, given.expr, given.line)


def _set(objects: Objects, holder: Holder, what: str) -> Iterator[Source]:
    """What an attribute is set to."""
    if not holder.path:
        raise NoTwinError(f"{what} is kept on the application, and not made when that starts")
    cls = Key(holder.path, holder.scope)
    is_set = False
    for path, attribute in set_attributes(objects.world, cls, holder.name):
        if attribute.how is How.ANNOTATION:
            continue  # says what it is, and no more
        is_set = True
        is_test = objects.program.modules[path].facts.is_test
        if attribute.how is not How.ASSIGN or attribute.value is None or is_test:
            where = f"{path}:{attribute.line}"
            raise NoTwinError(f"{holder.name}, which keeps {what}, is set in another way ({where})")
        yield Source(Key(path, attribute.scope), attribute.value, attribute.line)
    classes = objects.inference.classes
    for each in (*classes.mro(cls), *classes.subclasses.get(cls, ())):
        scope = objects.program.scope(each) if isinstance(each, Key) else None
        for binding in scope.bindings if scope is not None else ():
            if binding.how is How.ANNOTATION and is_set and not _makes_fields(objects, cls):
                continue
            if binding.name == holder.name and binding.value is not None:
                raise NoTwinError(f"{holder.name}, which keeps {what}, is bound in its class, too")


def _makes_fields(objects: Objects, cls: Key) -> bool:
    """Does a decorator or a base of a library make an `__init__` that takes what the class only announces?"""
    return any(
        bool(objects.program.scope(step).decorators) if isinstance(step, Key) else step not in PLAIN_BASES
        for step in objects.inference.classes.mro(cls)
    )
