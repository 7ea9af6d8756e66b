"""Code that was serial by accident: it looked at something shared and changed it while nobody else could run.

    async def token():                          async def token():
        if "token" not in CACHE:                    if "token" not in CACHE:
            CACHE["token"] = fetch()      ->            CACHE["token"] = await fetch()

Two requests may now both find nothing and both fetch. What ran in a thread before was never alone, so only
functions that ran on the event loop already are told of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ..analysis.judge.reach import HARMFUL, Reach
from ..analysis.judge.verdicts import Judgement, Verdict
from ..analysis.link.program import Key, Program
from ..analysis.nodes import walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax, last_name, span_of
from ..model import (
    AsyncClause,
    AsyncStatement,
    AwaitExpression,
    AwaitWithin,
    CollectItems,
    Edit,
    ExtractToThread,
    Location,
    Note,
    NoteKind,
    OffloadCall,
    OffloadExpression,
    RemedyKind,
    ReplaceCall,
    Span,
    YieldEach,
)

_WAITS = (
    *(AsyncClause, AsyncStatement, AwaitExpression, AwaitWithin),
    *(CollectItems, OffloadCall, OffloadExpression, YieldEach),
)
_CHANGES = (
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert"),
    *("pop", "popitem", "popleft", "remove", "setdefault", "update"),
)
_MUTABLE = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_HINT = "look again after the await, or hold an asyncio.Lock around both"


class Interleavings:
    def __init__(self, reach: Reach, syntax: Syntax, judgement: Judgement) -> None:
        self._reach = reach
        self._program: Program = reach.effects.program
        self._syntax = syntax
        self._judgement = judgement

    def notes(self, key: Key) -> list[Note]:
        """What others may now change between a look of the function at it and its own change."""
        verdict = self._judgement.verdicts.get(key)
        if key not in self._on_loop or verdict is None or verdict.plan is None:
            return []
        edits = [edit for path, edit in verdict.plan.edits if path == key.path]
        places = [(key, pause) for edit in edits for pause in _pauses(edit)]
        places += [(target, pause) for target in _offloaded(verdict) for pause in self._blocking(target)]
        found: dict[tuple[Key, str], Note] = {}
        for function, pause in places:
            for name, change in self._torn(function, pause):
                place = Location(function.path, change.line, change.col + 1)
                who = self._program.scope(function).qualname
                text = f"{who} looks at {name}, waits, and then changes it: other requests run in between"
                found.setdefault((function, name), Note(NoteKind.BEHAVIOUR, text, place, _HINT))
        return list(found.values())

    @cached_property
    def _on_loop(self) -> frozenset[Key]:
        """Async functions and the sync ones that they call."""
        program = self._program
        functions = [key for key in program.functions() if not program.modules[key.path].facts.is_test]
        stack = [key for key in functions if program.scope(key).is_async]
        seen = set(stack)
        while stack:
            for callee in self._reach.callees(stack.pop()):
                if callee not in seen:
                    seen.add(callee)
                    stack.append(callee)
        return frozenset(seen)

    def _blocking(self, function: Key) -> Iterator[Span]:
        for site in self._reach.own(function):
            called = self._reach.flags(site.target) if site.target is not None else {site.kind}
            if HARMFUL & called:
                yield Span(*site.span)

    def _torn(self, function: Key, pause: Span) -> Iterator[tuple[str, Span]]:
        """Names that are looked at before the end of the pause and changed after its start."""
        file = self._syntax.file(function.path)
        node = file.function(self._program.scope(function).span)
        if node is None or not span_of(node).contains(pause):
            return
        uses = _Uses(file, node)
        for name, change in uses.changes:
            # a change happens when all else of its statement is done
            looks = [at for other, at in uses.looks if other == name and at <= change[2:]]
            if any(at <= pause[2:] for at in looks) and change[2:] >= pause[:2]:
                yield name, change


def _pauses(edit: Edit) -> Iterator[Span]:
    """Where an edit makes the function wait: at the end of a span, or somewhere in a run."""
    if isinstance(edit, ExtractToThread):
        yield Span(*edit.first[:2], *edit.last[2:])
    elif isinstance(edit, _WAITS) or (isinstance(edit, ReplaceCall) and edit.awaited):
        yield edit.span


def _offloaded(verdict: Verdict) -> Iterator[Key]:
    for mended in verdict.plan.mended if verdict.plan is not None else ():
        if mended.remedy is RemedyKind.OFFLOAD and mended.site.target is not None:
            yield mended.site.target


Position = tuple[int, int]


@dataclass
class _Uses:
    """Where a function looks at what outlives a request, and where it changes it."""

    file: FileSyntax
    function: FunctionNode
    looks: list[tuple[str, Position]] = field(default_factory=list)
    changes: list[tuple[str, Span]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for node in own_nodes(self.function):
            name = self._shared(node)
            if name is None:
                continue
            if self._is_change(node):
                self.changes.append((name, span_of(self.file.statement(node))))
                if isinstance(self.file.parents[node], ast.AugAssign):
                    self.looks.append((name, span_of(node)[:2]))
            else:
                self.looks.append((name, span_of(node)[:2]))

    @cached_property
    def _own(self) -> frozenset[str]:
        """Names that mean something of this call alone."""
        nodes = list(walk(self.function))
        declared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        names = [node for node in nodes if isinstance(node, ast.Name)]
        bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        return frozenset((bound | _parameters(self.function)) - declared - _kept_defaults(self.function))

    @cached_property
    def _outside(self) -> frozenset[str]:
        """Names that the module binds, by assignment, and defaults that all calls share."""
        targets = [
            target
            for node in self.file.tree.body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        ]
        bound = {target.id for target in targets if isinstance(target, ast.Name)}
        return frozenset(bound | _kept_defaults(self.function))

    def _shared(self, node: ast.AST) -> str | None:
        """`CACHE`, `self.token`: the name of what the node stands for, if others see it too."""
        if isinstance(node, ast.Name) and node.id in self._outside and node.id not in self._own:
            return node.id
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            return f"self.{node.attr}" if self._is_of_the_module else None
        return None

    @cached_property
    def _is_of_the_module(self) -> bool:
        """Is the function a method of a class of which the module keeps an instance?"""
        around = next(self.file.above(self.function), None)
        values = (node.value for node in self.file.tree.body if isinstance(node, (ast.Assign, ast.AnnAssign)))
        calls = [value for value in values if isinstance(value, ast.Call)]
        return isinstance(around, ast.ClassDef) and any(last_name(call.func) == around.name for call in calls)

    def _is_change(self, node: ast.AST) -> bool:
        if not isinstance(getattr(node, "ctx", None), ast.Load):
            return True
        parent = self.file.parents[node]
        while isinstance(parent, ast.Subscript) and parent.value is node:
            if not isinstance(parent.ctx, ast.Load):
                return True
            node, parent = parent, self.file.parents[parent]
        above = self.file.parents.get(parent)
        is_method = isinstance(parent, ast.Attribute) and isinstance(above, ast.Call) and above.func is parent
        return is_method and parent.attr in _CHANGES  # type: ignore[attr-defined]


def _parameters(function: FunctionNode) -> set[str]:
    arguments = function.args
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {each.arg for each in (*found, arguments.vararg, arguments.kwarg) if each is not None}


def _kept_defaults(function: FunctionNode) -> set[str]:
    """Parameters with a default that all calls share and may change."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs: Iterable[tuple[ast.arg, ast.expr | None]] = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg for argument, default in pairs if isinstance(default, _MUTABLE)}
