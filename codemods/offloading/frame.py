"""One function on its way to `async def`: what runs in its own frame and what is awaited there natively."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from ..analysis.flow.runs import uses_locals
from ..analysis.nodes import LOOPS, bound_plainly, walk
from ..analysis.scopes import COMPREHENSIONS, local_names, own_nodes
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..model import Code, ImportNeed, Location, Reason, Span, slot
from .gathered import gathered

RUNNER = Code(slot(0), needs=(ImportNeed("fastapi.concurrency", "run_in_threadpool"),))


class Refusal(msgspec.Struct, frozen=True):
    """Why a node cannot leave the loop; a sentence without its subject."""

    text: str
    node: ast.AST
    is_later: bool = False
    """It runs after the function has returned, so no thread of the function's helps."""


class Frame(msgspec.Struct, frozen=True, dict=True):
    file: FileSyntax
    function: FunctionNode
    awaited: Sequence[Span]
    changing: frozenset[Span] = frozenset()
    """Calls of what leaves context variables changed."""
    looking: frozenset[Span] = frozenset()
    """Calls of what looks at the exception that is handled."""
    held: frozenset[str] = frozenset()
    """Variables that hold what belongs to one thread: a connection."""
    swallowing: frozenset[Span] = frozenset()
    """Context managers that may end exceptions, as they are entered by `with`."""
    tuples: frozenset[Span] = frozenset()
    """Calls that give a tuple, for which nobody has to wait who takes it apart."""

    @cached_property
    def nodes(self) -> frozenset[ast.AST]:
        return frozenset(own_nodes(self.function))

    @cached_property
    def names(self) -> frozenset[str]:
        """All that the function binds or reads, in inner functions as well."""
        read = (node.id for node in walk(self.function) if isinstance(node, ast.Name))
        return frozenset(local_names(self.function)).union(read)

    @cached_property
    def native(self) -> tuple[Span, ...]:
        """What is or will be awaited, and what cannot be anywhere but in the function: `yield`."""
        found = {span_of(node) for node in self.nodes if _is_native(node)}
        return tuple(sorted({*found, *map(span_of, self.gathered), *self.awaited}))

    @cached_property
    def gathered(self) -> frozenset[ast.Call]:
        # a `def` gives them to a loop that it runs itself
        return frozenset(gathered(self.nodes) if isinstance(self.function, ast.AsyncFunctionDef) else ())

    @cached_property
    def _removed(self) -> tuple[Span, ...]:
        """Runs of statements that another change takes as a whole."""
        statements = {span_of(node) for node in self.nodes if isinstance(node, (ast.With, ast.For))}
        return tuple(span for span in self.awaited if span not in statements)

    @cached_property
    def uses_locals(self) -> bool:
        return uses_locals(node for node in self.nodes if not _names_its_namespace(node))

    @cached_property
    def thread_locals(self) -> frozenset[str]:
        """Names of the module that hold a `threading.local()`."""
        return frozenset(
            target.id
            for statement in self.file.tree.body
            for target, value in bound_plainly(statement)
            if isinstance(target, ast.Name) and isinstance(value, ast.Call)
            if self.file.source(value.func) in {"threading.local", "local"}
        )

    def is_native(self, node: ast.AST) -> bool:
        span = span_of(node)
        if any(span.contains(native) for native in self.native):
            return True
        return isinstance(node, ast.stmt) and any(removed.contains(span) for removed in self._removed)

    def awaits_within(self, first: ast.stmt, last: ast.stmt, apart: ast.expr | None = None) -> bool:
        """Is something awaited in the run of statements, or put between two of them, but `apart`?"""
        whole = Span(*span_of(first)[:2], *span_of(last)[2:])
        left = span_of(apart) if apart is not None else None
        return any(
            whole.contains(native) and not (left is not None and left.contains(native))
            for native in self.native
        )

    def within(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around `node` up to the function, nearest first."""
        for above in self.file.above(node):
            if above is self.function:
                return
            yield above

    def outermost_loop(self, node: ast.AST) -> ast.stmt | None:
        """The outermost loop of the function whose body or test holds `node`."""
        found: ast.stmt | None = None
        child = node
        for above in self.within(node):
            if isinstance(above, LOOPS) and child is not getattr(above, "iter", None):
                found = above
            child = above
        return found

    def reason(self, refusal: Refusal) -> Reason:
        line, column = (
            getattr(refusal.node, "lineno", self.function.lineno),
            getattr(refusal.node, "col_offset", 0),
        )
        return Reason("AF913", refusal.text, Location(self.file.path, line, column + 1))


def _names_its_namespace(node: ast.AST) -> bool:
    """`exec(code, names)` does not look at the variables around it."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"exec", "eval"}
        and len(node.args) > 1
    )


def _is_native(node: ast.AST) -> bool:
    if isinstance(node, COMPREHENSIONS):
        return any(generator.is_async for generator in node.generators)
    return isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom))
