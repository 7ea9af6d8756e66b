"""Functions handed to library functions that call them: `map(f, rows)`, `sorted(rows, key=f)`."""

from __future__ import annotations

from collections.abc import Iterator

from ...index.expr import Expr
from ...index.facts import CallSite
from ..values.asked import STACKS

_POSITIONS = {
    "builtins.map": 0,
    "builtins.filter": 0,
    "functools.reduce": 0,
    "itertools.starmap": 0,
    "itertools.takewhile": 0,
    "itertools.dropwhile": 0,
    "itertools.filterfalse": 0,
    "itertools.accumulate": 1,
    "itertools.groupby": 1,
    "re.sub": 1,
    "re.subn": 1,
}
_KEYED = {
    "builtins.sorted", "builtins.min", "builtins.max", "builtins.list.sort", "itertools.groupby",
    "heapq.nlargest", "heapq.nsmallest", "heapq.merge",
}  # fmt: skip
_KEYWORDS = {"key", "func", "function", "repl"}
_CALL_WHAT_THEY_GET = (
    "builtins.", "functools.reduce", "itertools.", "re.", "collections.", "contextlib.", "heapq.", "bisect.",
    "json.", "simplejson.", "orjson.", "ujson.",
)  # fmt: skip
_METHODS = {"sort", "apply", "applymap", "transform", "agg", "aggregate", "pipe", "map", "filter", "reduce"}
_AT_THE_END = {f"{stack}.{method}" for stack in STACKS for method in ("callback", "push")}
_CONTEXT_RUN = "contextvars.Context.run"
_RENDERS = frozenset(f"jinja2.Template.{method}" for method in ("generate", "render", "stream"))
"""A template may call what it is given: `{{ price(order) }}`."""
_RUN_ON_LOOPS = frozenset(
    {"anyio.run", "anyio.from_thread.run", "anyio.from_thread.run_sync", "asgiref.sync.async_to_sync"}
)
"""These run the coroutine that a function gives, or make what does."""


def runs_coroutines(name: str) -> bool:
    """Does a function outside the project run, there and then, the coroutine functions that it is given?"""
    return name in _RUN_ON_LOOPS


def may_call(name: str, *, is_method: bool) -> bool:
    """May a function outside the project call, there and then, the functions that it is given?"""
    if is_method:
        return name.rpartition(".")[2] in _METHODS or name in {_CONTEXT_RUN, *_AT_THE_END, *_RENDERS}
    return name.startswith(_CALL_WHAT_THEY_GET) or name in _RUN_ON_LOOPS


def called_arguments(name: str, site: CallSite) -> Iterator[Expr]:
    """The arguments that the library function `name` calls."""
    position = _POSITIONS.get(name)
    if position is not None and len(site.args) > position:
        yield site.args[position]
    elif (name in _AT_THE_END and site.args) or (name == "builtins.iter" and len(site.args) == 2):
        yield site.args[0]
    if position is not None or name in _KEYED:
        yield from (value for word, value in site.keywords if word in _KEYWORDS)
