"""What a run of neighbouring statements takes from the function around it and gives back to it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

import msgspec

from ..nodes import LOOPS, children
from ..scopes import FUNCTIONS, Names, frame_nodes, local_names, names_of
from ..syntax import FunctionNode
from .dataflow import Graph

__all__ = ["Region", "ReturnKind", "live_after", "local_names", "region"]

_FRAME_READERS = frozenset({"locals", "vars", "dir", "exec", "eval"})


class ReturnKind(Enum):
    NEVER = "never"
    SOMETIMES = "sometimes"
    ALWAYS = "always"
    """Every path ends in a `return` or an exception."""


class Region(msgspec.Struct, frozen=True):
    """Names are locals and parameters of the function, unless said otherwise."""

    reads: frozenset[str]
    """Every name that the run reads, globals and builtins included."""
    writes: frozenset[str]
    """Bound on every path that reaches the end of the run."""
    maybe_writes: frozenset[str]
    """Bound on some paths only."""
    live_in: frozenset[str]
    """Needed from before: read before the run binds them, or bound on some paths only and read afterwards."""
    live_out: frozenset[str]
    """Bound in the run and read afterwards, around an outer loop and by earlier closures too."""
    live_on_error: frozenset[str]
    """The part of `live_out` that is read after the run was left by an exception or a `return`, once
    bound."""
    bound_before: frozenset[str]
    """Surely bound when the run starts."""
    deletes: frozenset[str]
    returns: ReturnKind
    raises: bool
    breaks_out: bool
    awaits: bool
    yields: bool
    captured_elsewhere: frozenset[str]
    """Names of the run that inner functions outside it capture."""
    captured_before: frozenset[str]
    """The part of them whose inner function may exist when the run starts."""
    captured_inside: frozenset[str]
    """Names that inner functions made in the run capture."""
    rebound_by_closures: frozenset[str]
    """Names of the run that an inner function rebinds with `nonlocal`."""
    globals_written: frozenset[str]
    nonlocals_written: frozenset[str]
    uses_super: bool
    uses_locals: bool


@lru_cache(maxsize=128)
def region(function: FunctionNode, first: ast.stmt, last: ast.stmt) -> Region:
    """The facts about the statements from `first` to `last`, two statements of one block of `function`."""
    run = _run(function, first, last)
    graph = _graph(function)
    facts = graph.facts(frozenset(_statements(run)), first)
    nodes = [node for statement in run for node in frame_nodes(statement)]
    names = _names(function)
    touched = (facts.reads | facts.writes | facts.maybe_writes) & names.local
    live_in = (facts.needed | (facts.maybe_writes & facts.live_out)) & names.local
    returned = any(isinstance(node, ast.Return) for node in nodes)
    fell = last in graph.flow.completes
    return Region(
        reads=frozenset(facts.reads),
        writes=frozenset(facts.writes & names.local),
        maybe_writes=frozenset(facts.maybe_writes & names.local),
        live_in=frozenset(live_in),
        live_out=frozenset(facts.live_out & names.local),
        live_on_error=frozenset(facts.live_on_error & names.local),
        bound_before=frozenset(facts.bound_before & names.local),
        deletes=frozenset(facts.deletes),
        returns=ReturnKind.NEVER if not returned else ReturnKind.SOMETIMES if fell else ReturnKind.ALWAYS,
        raises=any(isinstance(node, ast.Raise) for node in nodes),
        breaks_out=any(_breaks_out(statement) for statement in run),
        awaits=any(_awaits(node) for node in nodes),
        yields=any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in nodes),
        captured_elsewhere=frozenset(facts.captured_elsewhere & touched),
        captured_before=frozenset(facts.captured_before & touched),
        captured_inside=frozenset(facts.captured_inside & names.local),
        rebound_by_closures=frozenset(names.inner_nonlocal & touched),
        globals_written=frozenset((facts.writes | facts.maybe_writes | facts.deletes) & names.global_),
        nonlocals_written=frozenset((facts.writes | facts.maybe_writes | facts.deletes) & names.nonlocal_),
        uses_super=uses_super(nodes),
        uses_locals=uses_locals(nodes),
    )


def live_after(function: FunctionNode, statement: ast.stmt) -> frozenset[str]:
    """Names that are read after the statement of `function` is done, before they are bound again.

    What a loop further down binds and a read behind it wants has no value yet.
    """
    graph, done = _graph(function), frozenset(_statements([statement]))
    return frozenset(graph.live_after(done) - (graph.unbound_after(done) & _names(function).local))


def uses_super(nodes: Iterable[ast.AST]) -> bool:
    """Whether the nodes of a frame need its first argument or class: `super()` without arguments,
    `__class__`."""
    return any(
        (isinstance(node, ast.Name) and node.id == "__class__")
        or (
            isinstance(node, ast.Call)
            and not node.args
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
        )
        for node in nodes
    )


def uses_locals(nodes: Iterable[ast.AST]) -> bool:
    """Whether the nodes of a frame look at its variables by name: `locals()`, `eval`, frame objects."""
    every = list(nodes)
    return uses_frames(every) or any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FRAME_READERS
        and not _has_subject(node)
        for node in every
    )


def uses_frames(nodes: Iterable[ast.AST]) -> bool:
    """Whether the nodes look at frame objects, which tell the name of their function and who called it."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"currentframe", "_getframe", "stack"}
        for node in nodes
    )


def _has_subject(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in {"vars", "dir"} and bool(call.args)


@lru_cache(maxsize=16)
def _graph(function: FunctionNode) -> Graph:
    return Graph(function)


@lru_cache(maxsize=16)
def _names(function: FunctionNode) -> Names:
    return names_of(function)


def _run(function: FunctionNode, first: ast.stmt, last: ast.stmt) -> list[ast.stmt]:
    for block in _blocks(function):
        if first in block:
            return block[block.index(first) : block.index(last) + 1]
    raise ValueError("the statements are not in one block of the function")


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block
            for statement in block:
                if not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
                    yield from _blocks(statement)
    for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
        yield from _blocks(part)


def _statements(run: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in run:
        yield statement
        if not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            for block in _blocks(statement):
                yield from block


def _awaits(node: ast.AST) -> bool:
    return isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or (
        isinstance(node, ast.comprehension) and bool(node.is_async)
    )


def _breaks_out(node: ast.AST, loops: int = 0) -> bool:
    """Whether a `break` or `continue` below `node` belongs to a loop around it."""
    if isinstance(node, (ast.Break, ast.Continue)):
        return not loops
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return False
    if isinstance(node, LOOPS):
        return any(_breaks_out(child, loops + 1) for child in node.body) or any(
            _breaks_out(child, loops) for child in node.orelse
        )
    return any(_breaks_out(child, loops) for child in children(node))
