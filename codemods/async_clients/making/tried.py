"""A client that is asked whether its server is there right where it is made: a sync one asks that now.

try:                                            @per_event_loop
    cache = redis.Redis(host=HOST)              def cache() -> Redis:
    cache.ping()                                    return Redis(host=HOST)
except redis.ConnectionError:           ->
    cache = None                                try:
                                                    redis.Redis(host=HOST).ping()
                                                except redis.ConnectionError:
                                                    cache = None

In any other `try` it stays: where it cannot be made, the `except` would no longer be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...analysis.nodes import TRIES
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, span_of
from ...model import Code, Edit, ReplaceExpression
from ..twin import NoTwinError

if TYPE_CHECKING:
    from .places import Place

_METHOD = "ping"


def probe_of(place: Place) -> ast.Call | None:
    """`cache.ping()`, all that stands below what makes the client and is about it."""
    only = place.setup[0] if len(place.setup) == 1 else None
    call = only.value if isinstance(only, ast.Expr) else None
    if (
        not isinstance(call, ast.Call)
        or call.args
        or call.keywords
        or not isinstance(call.func, ast.Attribute)
    ):
        return None
    is_it = call.func.attr == _METHOD and place.file.source(call.func.value) == place.target
    return call if is_it else None


def check_not_tried(place: Place, what: str) -> None:
    """Raises `NoTwinError`."""
    if is_tried(place.file, place.statement) and probe_of(place) is None:
        raise NoTwinError(f"{what} is made in a try, which knows what to do if that fails")


def is_tried(file: FileSyntax, node: ast.AST) -> bool:
    """Is there an `except` in the same function for what fails there?"""
    for below in (node, *file.above(node)):
        above = file.parents.get(below)
        if isinstance(above, TRIES) and above.handlers and below in above.body:
            return True
        if isinstance(above, FUNCTIONS):
            return False
    return False


def without_probe(place: Place) -> Place:
    return replace(place, setup=()) if probe_of(place) is not None else place


def probe_edits(place: Place) -> Iterator[tuple[str, Edit]]:
    """It is made of the same arguments, which are still there."""
    call = probe_of(place)
    if call is not None and isinstance(call.func, ast.Attribute):
        margin = " " * place.statement.col_offset
        made = place.file.source(place.made).replace(f"\n{margin}", "\n")
        yield place.file.path, ReplaceExpression(span_of(call.func.value), Code(made))
