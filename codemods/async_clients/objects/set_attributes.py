"""Where an attribute of a class, or of its objects, is set, in tests as well."""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis.index.bindings import AttributeBinding
from ...analysis.link.kinds import Cls, Obj
from ...analysis.link.program import Key
from ..twin import World


def set_attributes(world: World, cls: Key, name: str) -> Iterator[tuple[str, AttributeBinding]]:
    """`thing.name = value`, for things of the class, or of one above or below it."""
    inference = world.effects.inference
    mro = inference.classes.mro
    for path, module in sorted(world.effects.program.modules.items()):
        for attribute in module.facts.attributes:
            if attribute.attr != name:
                continue
            owners = inference.kinds(Key(path, attribute.scope), attribute.target, attribute.line)
            found = [each.key for each in owners if isinstance(each, (Cls, Obj))]
            if any(cls in mro(each) or each in mro(cls) for each in found):
                yield path, attribute
