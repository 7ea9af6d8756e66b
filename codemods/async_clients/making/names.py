"""A client that is named like a constant -> a function that is named like one, wherever the name stands.

CACHE = redis.Redis(host=HOST)                  @per_event_loop
                                        ->      def cache() -> Redis: ...

from app.cache import CACHE             ->      from app.cache import cache
CACHE.get(key)                          ->      await cache().get(key)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...analysis.index.expr import Name
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import Code, Edit, ReplaceExpression, Span
from ..objects.uses import Objects
from ..twin import is_named

if TYPE_CHECKING:
    from .places import Place


def renamed_place(objects: Objects, place: Place) -> Place:
    """The place with the name of the function that gives the client; without one where the old name cannot
    be replaced everywhere."""
    if place.holder not in objects.function_names:
        objects.function_names[place.holder] = _function_name(objects, place)
    return replace(place, new_name=objects.function_names[place.holder])


def _function_name(objects: Objects, place: Place) -> str:
    old = place.holder.name
    is_plain = place.getter is None and place.above is None and place.method is None
    if not (is_plain and old.isupper() and place.holder.scope == 0) or place.keepers.passes:
        return ""
    files = [file for file in _files(objects) if re.search(rf"\b{old}\b", file.text)]
    if not all(_is_followed(objects, place, file) for file in files):
        return ""
    lower = old.lower()
    taken = _submodules(objects, files)
    free = (
        name
        for name in (lower, f"get_{lower.lstrip('_')}")
        if name not in taken and not any(is_named(f, name) for f in files)
    )
    return next(free, "")


def _submodules(objects: Objects, files: list[FileSyntax]) -> set[str]:
    """A package that has `cache.py` beside it knows that as its `cache`."""
    facts = [objects.program.modules[file.path].facts for file in files]
    packages = {each.module for each in facts if each.path.endswith("__init__.py")}
    modules = [each.facts.module.rpartition(".") for each in objects.program.modules.values()]
    return {name for package, _, name in modules if package in packages}


def import_edits(objects: Objects, place: Place) -> Iterator[tuple[str, Edit]]:
    """The imports of the old name."""
    old, name = place.holder.name, place.new_name
    for file in _files(objects) if name else ():
        for alias in _imports(objects, place, file):
            start = span_of(alias)
            span = Span(start.line, start.col, start.line, start.col + len(old))
            yield file.path, ReplaceExpression(span, Code(name))


def _files(objects: Objects) -> Iterator[FileSyntax]:
    for path in sorted(objects.program.modules):
        yield objects.world.syntax.file(path)


def _is_followed(objects: Objects, place: Place, file: FileSyntax) -> bool:
    """Is the word nothing but a name, and each import of it one of the client?"""
    old = place.holder.name
    ours = list(_imports(objects, place, file))
    named = [node for node in walk(file.tree) if isinstance(node, (ast.Name, ast.Attribute))]
    places = sum(old in (getattr(node, "id", ""), getattr(node, "attr", "")) for node in named)
    return places + len(ours) == len(re.findall(rf"\b{old}\b", file.text))


def _imports(objects: Objects, place: Place, file: FileSyntax) -> Iterator[ast.alias]:
    """Of the client, in the body of the module."""
    for statement in file.tree.body:
        for alias in statement.names if isinstance(statement, ast.ImportFrom) else ():
            if alias.name == place.holder.name and _is_of(objects, place, file, alias):
                yield alias


def _is_of(objects: Objects, place: Place, file: FileSyntax, alias: ast.alias) -> bool:
    bound = Name(alias.asname or alias.name)
    return place.holder in objects.holders(Key(file.path, 0), bound, alias.lineno)


def maker_name(file: FileSyntax, function: FunctionNode) -> str:
    """`openai_client` for `get_openai`; `shared_client` where `client` is something else already."""
    short = function.name.removeprefix("get_")
    name = short if short.endswith("client") and short != function.name else f"{short}_client"
    return f"shared_{name}" if is_named(file, name) else name
