"""Names and attributes that hold a client and say so: they name its new class.

self.cache: redis.Redis = cache         ->      self.cache: Redis = cache
users: Collection = db["users"]         ->      users: AsyncCollection = db["users"]
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Set

from ...analysis.link.program import Key
from ...analysis.spelled import fact_of
from ...analysis.syntax import FileSyntax
from ...analysis.view import View, Views
from ...model import Edit
from ..objects.client_object import Holder
from ..objects.uses import Objects
from ..twin import World
from .renaming import Renaming, renamed

Rename = Callable[[World, FileSyntax, Key, ast.expr | None, Renaming], Iterator[tuple[str, Edit]]]


def declaration_edits(
    objects: Objects, views: Views, holders: Set[Holder], classes: Renaming, edits_of: Rename = renamed
) -> Iterator[tuple[str, Edit]]:
    """The annotations of what is declared. Raises `NoTwinError` for one that is a text."""
    for home in sorted({holder.path for holder in holders} - {""}):
        view = views.of(home)
        for declared in view.file.of_kind(ast.AnnAssign):
            if _is_declared(objects, view, holders, declared.target):
                key = view.key(declared)
                yield from edits_of(objects.world, view.file, key, declared.annotation, classes)


def _is_declared(objects: Objects, view: View, holders: Set[Holder], target: ast.expr) -> bool:
    """`cache: redis.Redis` of a module or a class, `self.cache: redis.Redis` of an instance."""
    key, fact = view.key(target), fact_of(target)
    if isinstance(target, ast.Name):
        name = key.path, key.scope, target.id
        return any((each.path, each.scope, each.name) == name for each in holders)
    on_instances = {each for each in holders if each.on_instance}
    return fact is not None and not on_instances.isdisjoint(objects.holders(key, fact, target.lineno))
