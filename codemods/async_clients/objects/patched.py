"""Tests that put something of their own in the place of a client."""

from __future__ import annotations

from ...analysis.index.bindings import AttributeBinding
from ...analysis.link.kinds import Mod, Unknown
from ...analysis.link.program import Key
from ..twin import NoTwinError, World
from .client_object import Holder, is_of_class


def check_patches(world: World, holder: Holder, what: str) -> None:
    """Raises `NoTwinError` where tests put something else in its place."""
    modules = world.effects.program.modules
    module = modules[holder.path].facts.module if holder.path else ""
    is_attribute = is_of_class(world.effects.program, holder)
    for tests in (each.facts for each in modules.values() if each.facts.is_test):
        for put in tests.attributes:
            if put.attr == holder.name and (
                is_attribute or is_put_on(world, Key(tests.path, put.scope), put, module)
            ):
                raise NoTwinError(f"tests put something else in the place of {what}")
    for patched in sorted(world.callers.patches.names):
        owner, _, name = patched.rpartition(".")
        if name == holder.name and (owner in (module, "*") or is_attribute):
            raise NoTwinError(f"tests replace {what}")
        if owner.rpartition(".")[2] == holder.name or patched.startswith(f"{module}.{holder.name}."):
            raise NoTwinError(f"tests replace {patched}")


def is_put_on(world: World, key: Key, put: AttributeBinding, module: str) -> bool:
    """Is the attribute set on a module of that name, or on what may be any?"""
    kinds = world.kinds(key, put.target, put.line)
    return not kinds or any(
        isinstance(kind, Unknown) or (isinstance(kind, Mod) and kind.name == module) for kind in kinds
    )
