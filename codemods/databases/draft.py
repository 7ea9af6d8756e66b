"""What has been found of a database so far: edits, obstacles, functions that must turn."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import partial

import msgspec

from ..analysis.link.program import Key
from ..analysis.syntax import FunctionNode, span_of
from ..analysis.view import View
from ..async_generators.signatures import signature_edits
from ..model import (
    Code,
    Edit,
    ImportNeed,
    Note,
    NoteKind,
    Reason,
    ReplaceExpression,
    Span,
    SplitWith,
    Support,
    slot,
)
from .words import BUILT_WITH

OBSTACLE = "AF917"
ENTERED = "a TestClient has to be entered for that: `with TestClient(app) as client`"

Place = tuple[str, tuple[int, int, int, int]]
"""A path and a span in it."""


class Draft(msgspec.Struct):
    edits: dict[str, list[Edit]] = msgspec.field(default_factory=lambda: defaultdict(list))
    obstacles: list[Reason] = msgspec.field(default_factory=list)
    is_stuck: bool = False
    """The application itself has obstacles: its tests stay as they are in any case."""
    engines: list[tuple[Reason, ...]] = msgspec.field(default_factory=list)
    """What stands in the way of each `create_engine()`."""
    functions: set[Key] = msgspec.field(default_factory=set)
    """Their frames hold something to await."""
    generators: set[Key] = msgspec.field(default_factory=set)
    replaced: set[Key] = msgspec.field(default_factory=set)
    mixed: list[tuple[str, SplitWith]] = msgspec.field(default_factory=list)
    """What would make it go, with the path."""
    handled: set[Place] = msgspec.field(default_factory=set)
    rewritten: set[Place] = msgspec.field(default_factory=set)
    """Those of `handled` for which another text stands."""
    waits: set[Place] = msgspec.field(default_factory=set)
    """Expressions that are awaited, calls or not."""
    loaded_above: set[tuple[Place, str]] = msgspec.field(default_factory=set)
    """Statements above which something is loaded, with the name of what it is loaded for; empty for what
    gets its name there."""
    notes: list[Note] = msgspec.field(default_factory=list)
    support: list[Support] = msgspec.field(default_factory=list)
    awaits: int = 0
    loads: dict[tuple[str, Span], list[str]] = msgspec.field(default_factory=dict)
    """Path and span of a query's start -> options that load what is read later."""
    by_key: dict[tuple[str, Span], str] = msgspec.field(default_factory=dict)
    """Those of `loads` that ask for one object by this attribute, which the session may hold already."""
    lazy: dict[tuple[str, Span], tuple[str, str]] = msgspec.field(default_factory=dict)
    """Path and span of what is read below `run_sync`, with the session and the text of it."""
    loaded: list[Reason] = msgspec.field(default_factory=list)
    """Places that need objects which a commit does not expire."""
    loaded_in_tests: list[Reason] = msgspec.field(default_factory=list)
    """The same in tests."""

    made_again: list[tuple[View, ast.Call, Code, bool]] = msgspec.field(default_factory=list)
    """Expressions that become a call which makes a session; whether it is the class that is called."""
    runs: list[tuple[View, ast.Call]] = msgspec.field(default_factory=list)
    """Calls of coroutine functions where nothing can be awaited, and a loop may be started."""
    loops: list[tuple[View, ast.AST]] = msgspec.field(default_factory=list)
    """What scripts and tests do on a loop of its own: `runs`, and the tables they make."""
    starts: list[tuple[View, ast.Call]] = msgspec.field(default_factory=list)
    """The same beside the application, which awaits them when it starts."""
    tables: list[tuple[View, Code | None]] = msgspec.field(default_factory=list)
    """What modules made at import and applications make when they start, as other files can do it."""
    makers: list[tuple[View, ast.Call, str]] = msgspec.field(default_factory=list)
    """Calls that make sessions or factories, with what they call."""
    listened: set[ast.Call] = msgspec.field(default_factory=set)
    """Those of them that make sessions whose events are listened to."""
    new_drivers: set[str] = msgspec.field(default_factory=set)
    """`dialect+driver` of the engines that change theirs."""
    mapped: dict[str, tuple[list[ast.Call], set[str]]] = msgspec.field(default_factory=dict)
    """Path -> engines whose URL may name any of these `dialect+driver`s."""
    sync_drivers: set[str] = msgspec.field(default_factory=set)
    """`dialect+driver` that the URLs have written down so far; empty text where that is not known."""
    urls: list[tuple[View, ast.expr | None]] = msgspec.field(default_factory=list)
    """What gives each engine of the application its URL, in its file; None where that comes to name another
    driver."""
    async_drivers: set[str] = msgspec.field(default_factory=set)
    """`dialect+driver` of the engines from now on."""
    gone: set[tuple[str, str]] = msgspec.field(default_factory=set)
    """Path and name: tests do not replace the name in this file any more."""
    pages_by_session: bool = False
    """`paginate` of fastapi-pagination has no twin, and is awaited itself where its session is async."""
    needs: list[ImportNeed] = msgspec.field(default_factory=lambda: [*BUILT_WITH])
    """What the slots in the texts of new statements stand for."""

    def slot(self, need: ImportNeed) -> str:
        if need not in self.needs:
            self.needs.append(need)
        return slot(self.needs.index(need))

    def code(self, text: str) -> Code:
        return Code(text, tuple(self.needs))

    def edit(self, view: View, *edits: Edit) -> None:
        for edit in edits:
            if edit not in self.edits[view.path]:
                self.edits[view.path].append(edit)

    def obstacle(self, view: View, node: ast.AST, text: str, hint: str = "") -> None:
        reason = Reason(OBSTACLE, text, view.place(node), hint=hint)
        if reason not in self.obstacles:
            self.obstacles.append(reason)

    def note(self, view: View, node: ast.AST, text: str, hint: str = "") -> None:
        """Something behaves differently from now on."""
        note = Note(NoteKind.BEHAVIOUR, text, view.place(node), hint)
        if note not in self.notes:
            self.notes.append(note)

    def keep_loaded(self, view: View, node: ast.AST, why: str) -> None:
        (self.loaded_in_tests if view.module.is_test else self.loaded).append(
            Reason(OBSTACLE, why, view.place(node))
        )

    def run_alone(self, view: View, call: ast.Call) -> None:
        """`asyncio.run(f())`: a loop is started for it where nothing can be awaited."""
        self.runs.append((view, call))
        self.loops.append((view, call))
        self.handle(view, call)

    def handle(self, view: View, node: ast.AST, *, is_rewritten: bool = False) -> None:
        """The ladder of remedies has nothing to do at this call."""
        place = place_of(view, node)
        self.handled.add(place)
        if is_rewritten:
            self.rewritten.add(place)

    def awaited(self, view: View, node: ast.AST) -> None:
        """Something at this place is awaited from now on: its function turns."""
        self.handle(view, node)
        self.awaits += 1
        if isinstance(node, ast.expr):
            self.waits.add(place_of(view, node))
        self.functions.add(view.owner(node))

    def awaited_above(self, view: View, statement: ast.stmt, name: str) -> None:
        """Something is awaited for the object of this name between the statement and what stands above it: no
        thread runs both."""
        self.waits.add((view.path, (statement.lineno, 0, statement.lineno, 0)))
        self.loaded_above.add((place_of(view, statement), name))
        self.functions.add(view.owner(statement))

    def take_inside(self, view: View, whole: Span) -> list[ReplaceExpression]:
        """The replacements within a span, taken away: the text that takes its place holds theirs."""
        found = [
            e for e in self.edits[view.path] if isinstance(e, ReplaceExpression) and whole.contains(e.span)
        ]
        for edit in found:
            self.edits[view.path].remove(edit)
        return found

    def rendered(self, view: View, node: ast.AST, before: int = 0) -> tuple[str, tuple[ImportNeed, ...]]:
        """The text of `node` with the replacements within it, which are taken away; its slots begin at
        `before`."""
        needs: list[ImportNeed] = []
        changes = []
        for edit in self.take_inside(view, span_of(node)):
            changes.append((edit.span, shifted(edit.code.text, before + len(needs))))
            needs.extend(edit.code.needs)
        return view.spliced(span_of(node), changes), tuple(needs)

    def turn_generator(self, view: View, function: FunctionNode) -> None:
        """What is written around the body of a generator that becomes `async def`, the types in it too. That
        of what it returns goes: an async one returns nothing."""
        found = [*signature_edits(view, function, partial(self.rendered, view))]
        for edit in found:
            self.take_inside(view, edit.span)
        self.edit(view, *found)

    def reads_lazily(self, view: View, node: ast.AST) -> bool:
        """Does `node` stand in what is read below `run_sync`, where a session loads when an attribute is
        asked for?"""
        place = span_of(node)
        return any(path == view.path and span.contains(place) for path, span in self.lazy)

    def covers(self, view: View, node: ast.AST) -> bool:
        """Does some edit stand within `node`?"""
        whole = span_of(node)
        return any(
            whole.contains(span)
            for edit in self.edits.get(view.path, ())
            if (span := getattr(edit, "span", None))
        )


def place_of(view: View, node: ast.AST) -> Place:
    span = span_of(node)
    return view.path, (span.line, span.col, span.end_line, span.end_col)


def shifted(text: str, by: int) -> str:
    """The same text with the numbers of its slots raised."""
    return "".join(chr(ord(c) + by) if 0xE000 <= ord(c) <= 0xF8FF else c for c in text)
