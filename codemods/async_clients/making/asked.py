"""What gives a client to FastAPI, and is called by others as well: it becomes `async def`, and they ask the
function below it.

def get_cache():                                    @per_event_loop
    return redis.Redis(connection_pool=pool)        def cache_client() -> Redis:
                                            ->          return Redis(connection_pool=pool())

                                                    async def get_cache() -> Redis:
                                                        return cache_client()

get_cache().get(key)                        ->      await cache_client().get(key)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import Code, Edit, ImportNeed, ReplaceExpression, Span
from ..twin import NoTwinError, World, is_named
from .maker_names import maker_name


class Asked(msgspec.Struct, frozen=True):
    calls: frozenset[CallKey]
    """The calls of what is injected."""
    old: str
    """Its name."""
    name: str
    """What they call from now on."""
    module: str
    path: str

    def spelled(self, file: FileSyntax, call: ast.Call) -> str:
        return f"{file.source(call.func).removesuffix(self.old)}{self.name}()"


def asked_by(world: World, getter: Key, function: FunctionNode) -> Asked | None:
    """None for what nobody calls. Raises `NoTwinError` for calls that cannot be spelled anew."""
    program, own = world.effects.program, world.syntax.file(getter.path)
    callers = world.callers.calls(getter)
    if not callers:
        return None
    calls = frozenset(caller.call for caller in callers)
    module = program.modules[getter.path].facts.module
    asked = Asked(calls, function.name, maker_name(own, function), module, getter.path)
    for key in sorted(calls):
        file = world.syntax.file(key.path)
        call, place = file.call(program.call(key).span), program.call_location(key)
        if call is None or call.args or call.keywords or not _is_spelled(call.func, asked.old):
            raise NoTwinError(f"{asked.old} is injected and called, too ({place})")
        if is_named(file, asked.name):
            raise NoTwinError(f"{key.path} has a {asked.name} of its own")
        if _imports_it(call, key.path, getter.path) and not any(_imports(file, asked.old)):
            raise NoTwinError(f"{asked.old} is imported in a function, or under another name ({place})")
    return asked


def _is_spelled(func: ast.expr, name: str) -> bool:
    return name in (getattr(func, "id", ""), getattr(func, "attr", ""))


def import_edits(world: World, asked: Asked) -> Iterator[tuple[str, Edit]]:
    """The imports of the old name bring the new one, too; what nobody names any more goes by itself."""
    program = world.effects.program
    for path in sorted({key.path for key in asked.calls}):
        file = world.syntax.file(path)
        calls = [file.call(program.call(key).span) for key in asked.calls if key.path == path]
        if not any(call is not None and _imports_it(call, path, asked.path) for call in calls):
            continue
        start = span_of(next(_imports(file, asked.old)))
        span = Span(start.line, start.col, start.line, start.col + len(asked.old))
        need = ImportNeed(asked.module, asked.name)
        yield path, ReplaceExpression(span, Code(asked.old, (need,)))


def _imports_it(call: ast.Call, path: str, home: str) -> bool:
    """Is it called by a name that the file imports?"""
    return isinstance(call.func, ast.Name) and path != home


def _imports(file: FileSyntax, name: str) -> Iterator[ast.alias]:
    for statement in file.tree.body:
        for alias in statement.names if isinstance(statement, ast.ImportFrom) else ():
            if alias.name == name and alias.asname is None:
                yield alias
