"""What FastAPI gives to the parameters of a function that makes a client, where that is always the same.

def get_cache(                                          @per_event_loop
    settings: Settings = Depends(get_settings),         def cache_client() -> Redis:
):                                              ->          settings = get_settings()
    return redis.Redis(host=settings.host)                  return Redis(host=settings.host)
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ...analysis.index.bindings import Import
from ...analysis.index.expressions import SUBSCRIPT
from ...analysis.judge.callers.overriding import is_override
from ...analysis.link import names
from ...analysis.link.program import Key
from ...model import ImportNeed, slot
from ..objects.dependencies import provider
from ..objects.uses import Objects
from ..twin import NoTwinError
from .unchanging import gives_same


class Injected(msgspec.Struct, frozen=True):
    """A parameter, and the function whose result it is given."""

    name: str
    need: ImportNeed | None
    """None where the function has its name in the file already."""
    giver_name: str

    def line(self, number: int) -> str:
        """The statement that asks for it; `number` is that of the slot for what must be imported."""
        return f"{self.name} = {slot(number) if self.need is not None else self.giver_name}()"


def injected(objects: Objects, maker: Key, used: Iterable[str], what: str) -> tuple[Injected, ...]:
    """Those of its parameters that are `used`. Raises `NoTwinError` for one that may be another one at each
    call."""
    wanted = set(used)
    parameters = [each for each in objects.program.scope(maker).parameters if each.name in wanted]
    found = []
    for parameter in parameters:
        giver = provider(objects.inference, maker, parameter)
        if giver is None or objects.program.scope(giver).parameters or not gives_same(objects, giver):
            raise NoTwinError(f"{what} is made for each call, from {parameter.name}")
        found.append(_of(objects, maker, parameter.name, giver, what))
    return tuple(found)


def _of(objects: Objects, maker: Key, parameter: str, giver: Key, what: str) -> Injected:
    program, name = objects.program, objects.program.scope(giver).name
    for path, reference in objects.world.callers.references(giver):
        is_test = program.modules[path].facts.is_test
        is_key = reference.position == SUBSCRIPT  # `app.dependency_overrides[get_settings] = fake`
        if is_test or is_key or is_override(program, path, reference):
            raise NoTwinError(
                f"{name}, which {what} is made from, is overridden ({path}:{reference.span.line})"
            )
    if program.parent(giver).scope:
        raise NoTwinError(f"{name}, which {what} is made from, is no function of a module")
    known = names.lookup(program, Key(maker.path, 0), name)
    if giver.path == maker.path or (
        isinstance(known, list) and all(_is_import_of(objects, each, giver) for each in known)
    ):
        return Injected(parameter, None, name)
    if known:
        raise NoTwinError(f"{name}, which {what} is made from, has another name here")
    return Injected(parameter, ImportNeed(program.modules[giver.path].facts.module, name), name)


def _is_import_of(objects: Objects, bound: names.Bound, giver: Key) -> bool:
    value = bound.binding.value
    inner = names.imported(objects.program, value, bound.home.path) if isinstance(value, Import) else None
    return isinstance(inner, list) and {each.home.path for each in inner} == {giver.path}
