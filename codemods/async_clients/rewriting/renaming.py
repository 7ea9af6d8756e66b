"""Annotations that name the class of a client which becomes another one.

def ask(client: httpx.Client) -> str:        ->      async def ask(client: httpx.AsyncClient) -> str:
CacheDep = Annotated[Redis, Depends(get)]    ->      CacheDep = Annotated[redis.asyncio.Redis, Depends(get)]
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ...analysis.index.bindings import How, Import
from ...analysis.link import names
from ...analysis.link.kinds import Ext
from ...analysis.link.program import Key, Program
from ...analysis.nodes import bound_plainly
from ...analysis.spelled import fact_of
from ...analysis.syntax import FileSyntax, last_name, span_of
from ...analysis.view import View
from ...model import Code, Edit, ImportNeed, ReplaceExpression, slot
from ..twin import NoTwinError, World

_ALIASES = 3


class Renaming(msgspec.Struct, frozen=True):
    """The old classes, the new one and its module, and what the client is called in reasons."""

    old: frozenset[str]
    module: str
    name: str
    what: str
    through_module: bool = False
    """It is written `httpx.AsyncClient`, not imported by its name."""
    others: tuple[Renaming, ...] = ()
    """Of other classes that may be named instead."""


def renamed(
    world: World, file: FileSyntax, key: Key, annotation: ast.expr | None, renaming: Renaming, depth: int = 0
) -> Iterator[tuple[str, Edit]]:
    """The edits of one annotation, and of the aliases in it. Raises `NoTwinError` for one that is a text."""
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            raise NoTwinError(f"an annotation of {renaming.what} is a text")
        fact = fact_of(node) if isinstance(node, (ast.Name, ast.Attribute)) else None
        if fact is None or not isinstance(node, (ast.Name, ast.Attribute)):
            continue
        kinds = world.kinds(key, fact, node.lineno)
        named = {kind.name for kind in kinds if isinstance(kind, Ext)}
        found = next((each for each in (renaming, *renaming.others) if named & each.old), None)
        if found is not None:
            program, module, name = world.effects.program, found.module, found.name
            code = _spelled(program, file.path, module, name, through_module=found.through_module)
            yield file.path, ReplaceExpression(span_of(node), code)
        elif isinstance(node, ast.Name) and depth < _ALIASES:
            yield from _in_alias(world, key, node, renaming, depth)


def giver_type(
    world: World, file: FileSyntax, key: Key, annotation: ast.expr | None, renaming: Renaming
) -> Iterator[tuple[str, Edit]]:
    """`redis.Redis` -> `Callable[[], Redis]`, with `None` beside it or not. Raises `NoTwinError` for an
    annotation that says more."""
    annotation = _without_none(annotation)
    if annotation is None:
        return
    found = [*renamed(world, file, key, annotation, renaming)]
    for path, edit in found:
        if (
            path != file.path
            or not isinstance(edit, ReplaceExpression)
            or edit.span != span_of(annotation)
            or len(found) > 1
        ):
            raise NoTwinError(f"an annotation of {renaming.what} is more than its class")
        needs = (*edit.code.needs, ImportNeed("collections.abc", "Callable"))
        yield path, ReplaceExpression(edit.span, Code(f"{slot(len(needs) - 1)}[[], {edit.code.text}]", needs))
    if not found and not renaming.old:
        raise NoTwinError(f"an annotation says that {renaming.what} is kept")


def types_of_twins(view: View, statement: ast.AST) -> Iterator[Edit]:
    """`pipe: Pipeline = cache.pipeline()`: the classes that the type names become their twins. Raises
    `NoTwinError` for a type that is a text, of which the second run would know no twin."""
    catalogue = view.program.catalogue
    for node in ast.walk(statement.annotation) if isinstance(statement, ast.AnnAssign) else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            raise NoTwinError(f"the type of what it gives is a text ({view.path}:{node.lineno})")
        name = view.external(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        twin = catalogue.twin_of(catalogue.canonical(name)) if name else ""
        if twin not in ("", name, catalogue.canonical(name)):
            module, _, cls = twin.rpartition(".")
            yield ReplaceExpression(span_of(node), _spelled(view.program, view.path, module, cls))


def _without_none(annotation: ast.expr | None) -> ast.expr | None:
    """`Redis` of `Redis | None` and of `Optional[Redis]`."""
    if isinstance(annotation, ast.BinOp) and getattr(annotation.right, "value", ...) is None:
        return annotation.left
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        return annotation.slice
    return annotation


def _spelled(program: Program, path: str, module: str, name: str, *, through_module: bool = False) -> Code:
    """Through the module, too, where the name is taken."""
    if through_module or name in program.modules[path].names[0]:
        return Code(f"{slot(0)}.{name}", (ImportNeed(module),))
    return Code(slot(0), (ImportNeed(module, name),))


def _in_alias(
    world: World, key: Key, node: ast.Name, renaming: Renaming, depth: int
) -> Iterator[tuple[str, Edit]]:
    """`CacheDep = Annotated[redis.Redis, Depends(get_cache)]`"""
    program = world.effects.program
    found = names.lookup(program, key, node.id)
    bounds = found if isinstance(found, list) else []
    for bound in bounds:
        value = bound.binding.value
        if isinstance(value, Import):
            inner = names.imported(program, value, bound.home.path)
            bounds.extend(inner if isinstance(inner, list) and len(bounds) < 9 else [])
        if bound.binding.how is not How.ASSIGN:
            continue
        file = world.syntax.file(bound.home.path)
        for target, aliased in (pair for each in file.tree.body for pair in bound_plainly(each)):
            is_it = isinstance(target, ast.Name) and target.id == bound.binding.name
            if is_it and isinstance(aliased, ast.Subscript):
                yield from renamed(world, file, Key(bound.home.path, 0), aliased, renaming, depth + 1)
