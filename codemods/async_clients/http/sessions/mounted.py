"""Adapters that are mounted on a session for nothing but the sizes of its pool: they go.

session = requests.Session()                                      @per_event_loop
adapter = HTTPAdapter(pool_connections=20, pool_maxsize=50)   ->  def session() -> httpx.AsyncClient:
session.mount("https://", adapter)                                    ...

The sizes are no limits: requests opens what it needs beyond them, and only keeps fewer connections, as the
async client does. https://requests.readthedocs.io/en/latest/api/#requests.adapters.HTTPAdapter
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.link.kinds import describe
from ....analysis.nodes import BINDINGS, target_of, walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import FileSyntax, last_name, span_of
from ....model import Code, Edit, ReplaceStatements
from ...twin import World

_ADAPTER = "requests.adapters.HTTPAdapter"
_PLACES = ("pool_connections", "pool_maxsize", "max_retries", "pool_block")
_SIZES = frozenset(_PLACES[:2])
_DEFAULTS = {"max_retries": 0, "pool_block": False}
_PLAIN = (ast.Constant, ast.Name, ast.Attribute)


def sizes_alone(world: World, file: FileSyntax, statement: ast.stmt) -> bool:
    """Is it `session.mount(prefix, adapter)`, with an adapter that only sets sizes?"""
    call = _mounting(statement)
    return call is not None and _is_plain_adapter(world, file, call)


def gone(world: World, file: FileSyntax, statement: ast.stmt) -> Iterator[Edit]:
    """Takes such a statement away, and the adapter that has a name for nothing else."""
    call = _mounting(statement)
    assert call is not None
    yield ReplaceStatements(span_of(statement), span_of(statement), Code(""))
    adapter = call.args[1]
    if isinstance(adapter, ast.Name):
        yield from unused(world, file, adapter)


def unused(world: World, file: FileSyntax, adapter: ast.Name) -> Iterator[Edit]:
    """Takes the adapter away where all that it is mounted on loses it."""
    made = _assigned(file, adapter)
    read = (each for each in _named(file, adapter) if isinstance(each.ctx, ast.Load))
    if made is not None and all(sizes_alone(world, file, file.statement(each)) for each in read):
        yield ReplaceStatements(span_of(made), span_of(made), Code(""))


def _mounting(statement: ast.stmt) -> ast.Call | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_mount = (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "mount"
    )
    if not (isinstance(call, ast.Call) and is_mount):
        return None
    return (
        call if len(call.args) == 2 and not call.keywords and isinstance(call.args[0], ast.Constant) else None
    )


def _is_plain_adapter(world: World, file: FileSyntax, mounting: ast.Call) -> bool:
    adapter: ast.expr = mounting.args[1]
    if isinstance(adapter, ast.Name):
        assigned = _assigned(file, adapter)
        adapter = assigned.value or adapter if assigned is not None else adapter
    key = world.call_key(file.path, adapter) if isinstance(adapter, ast.Call) else None
    if key is None or not isinstance(adapter, ast.Call):
        return False
    named = {describe(kind) for kind in world.effects.inference.callees(key)}
    given = dict(zip(_PLACES, adapter.args, strict=False)) | {
        each.arg: each.value for each in adapter.keywords
    }
    return named == {_ADAPTER} and all(_is_size(name, value) for name, value in given.items())


def _is_size(name: str | None, value: ast.expr) -> bool:
    if name in _DEFAULTS:
        return isinstance(value, ast.Constant) and value.value == _DEFAULTS[name]
    return name in _SIZES and isinstance(value, _PLAIN)


def _assigned(file: FileSyntax, adapter: ast.Name) -> ast.Assign | ast.AnnAssign | None:
    """The one statement of the same function, or module, that gives the name a value, if it is only mounted
    then."""
    named = _named(file, adapter)
    stored = [each for each in named if not isinstance(each.ctx, ast.Load)]
    read = [file.parents[each] for each in named if isinstance(each.ctx, ast.Load)]
    statement = file.parents[stored[0]] if len(stored) == 1 else None
    is_mounted = all(isinstance(each, ast.Call) and last_name(each.func) == "mount" for each in read)
    is_plain = statement is not None and target_of(statement) is not None and is_mounted
    return statement if isinstance(statement, BINDINGS) and is_plain else None


def _named(file: FileSyntax, name: ast.Name) -> list[ast.Name]:
    around = next((each for each in file.above(name) if isinstance(each, FUNCTIONS)), file.tree)
    return [each for each in walk(around) if isinstance(each, ast.Name) and each.id == name.id]
