"""From one slow call to the whole block: what prepares it, what follows it, what stands around it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from msgspec.structs import replace

from ...analysis.nodes import bound_plainly, given_to, walk
from ...analysis.scopes import parameter_names
from ...analysis.syntax import span_of
from ...model import Reason
from ..finding.work import Work, called
from ..hazards.rows.rows import is_row
from ..sent.values import HINTS
from ..sent.ways import Carried
from ..sites import NOT_IMPORTABLE, NOT_SENDABLE, RESULT_USED, ValueKind
from .delivered import delivered_behind
from .inputs import inputs_of
from .movable import asks_database, may_wait, prepares
from .parameters import Inputs, Missing
from .runs import Run, mentions
from .stores import kept_between, stored_behind
from .surroundings import Climb, around
from .taken_along import (
    binds,
    drawn_with,
    in_block,
    is_shared,
    made_together,
    removals,
    set_up_for,
    shared_figure,
)

_ROUNDS = 40
_TEMPLATES = re.compile(r"(render|template|substitute)", re.IGNORECASE)
_DONE = re.compile(
    r"\b(sent|send|mailed|e-?mailed|delivered|generated|created|rendered|resized|notified)\b", re.IGNORECASE
)


def grow(
    work: Work, seed: Run, *, is_stored: bool, together: bool = False
) -> tuple[Work, Run, Inputs] | Reason:
    """The run around `seed` that can leave, with the least that must be carried to the task; or why not.

    `is_stored`: there is a folder for what no queue takes. `together`: with what is delivered behind it.
    """
    first: Reason | None = None
    for way in Carried:
        if way in (Carried.UPLOADS, Carried.BYTES) and not is_stored:
            break
        own = replace(work, carried=way)
        found = Growth(own, together=together).block(seed)
        if not isinstance(found, Reason):
            return (own, *found)
        first = first or found
        if first.code != NOT_SENDABLE:
            break
    assert first is not None
    return replace(first, hint="") if is_stored and first.hint in HINTS.values() else first


class Growth:
    def __init__(self, work: Work, *, together: bool = False) -> None:
        self._work = work
        self._together = together

    def block(self, seed: Run) -> tuple[Run, Inputs] | Reason:
        """The smallest run around `seed` that can leave, or why there is none."""
        grown = self._grown(seed)
        if isinstance(grown, Reason):
            return self._filled(seed) or grown
        return grown if self._work.inner is not None else self._rounded(*grown)

    def _filled(self, run: Run) -> Reason | None:
        """`frame.to_excel(buffer)`: what is read afterwards is why it stays, whatever else it works with."""
        work = self._work
        end = span_of(run.moved[-1])[2:]
        read = {n.id for n in work.frame if isinstance(n, ast.Name) and span_of(n)[:2] >= end}
        for call in (node for node in run.nodes if isinstance(node, ast.Call) and work.is_slow(node)):
            for given in given_to(call):
                name = given.id if isinstance(given, ast.Name) else ""
                if name in read and work.context.kind(name) is ValueKind.FILE:
                    text = f"{name}, which the slow work fills, is used afterwards"
                    return work.reason(RESULT_USED, text, call)
        return None

    def _grown(self, run: Run) -> tuple[Run, Inputs] | Reason:
        for _ in range(_ROUNDS):
            step = self._step(run)
            if not isinstance(step, Run):
                return step
            run = step
        return self._work.reason("AF913", "the block has no end", run.moved[0])

    def _step(self, run: Run) -> Run | tuple[Run, Inputs] | Reason:
        work = self._work
        if run.region.live_out:
            return self._forward(run, sorted(run.region.live_out)[0])
        if run.region.breaks_out:
            outer = run.climbed()  # a loop that tries again goes as a whole
            if outer is not None and isinstance(outer.moved[0], (ast.For, ast.Try, ast.With)):
                return outer
        if behind := stored_behind(work, run):
            saved = run.with_statements(behind)
            if may_wait(work, saved):
                return saved
        inputs = inputs_of(work, run)
        if isinstance(inputs, Missing):
            return self._backward(run, inputs)
        more = self._setting_up(run) or self._drawing(run) or self._delivering(run) or self._closing(run)
        if more is not None:
            return more
        outside = around(work, run)
        if isinstance(outside, Climb):
            return _climb_to(run, outside.around) or outside.reason
        return outside if isinstance(outside, Reason) else (run, inputs)

    def _backward(self, run: Run, missing: Missing) -> Run | Reason:
        """Take along the statements that make the missing value, or the statement around that does."""
        name = missing.name
        before = (*run.block[: run.first], *run.staying)
        bound_here = [s for s in before if binds(s, name)]
        if bound_here:
            start = next(n for n, s in enumerate(run.block) if s is bound_here[0])
            ways = [made_together(run.block[start : run.last], name, with_parts=w) for w in (False, True)]
            return next(filter(None, (self._taking(run, name, each) for each in ways)), missing.reason)
        around_run = run.climbed()
        if (
            around_run is None
            or name in _parameters(self._work.function.args)
            or name not in self._work.locals
        ):
            return missing.reason
        return around_run if not isinstance(around_run.moved[0], (ast.While, ast.Match)) else missing.reason

    def _taking(self, run: Run, name: str, wanted: Sequence[ast.stmt]) -> Run | None:
        new = [s for s in wanted if not any(s is m for m in run.moved)]
        is_object = is_row(self._work, name)  # which ones they are is settled here
        is_asked = is_object and any(asks_database(self._work, s) for s in new)
        if is_asked or not all(prepares(self._work, s) for s in new):
            return None
        grown = run.with_statements(new)
        return grown if may_wait(self._work, grown) else None

    def _forward(self, run: Run, name: str) -> Run | Reason:
        """Take along the statements that use what the run makes."""
        work = self._work
        after = run.block[run.last + 1 :]
        users = [s for s in after if mentions(s, {name})]
        users = sorted([*users, *kept_between(work, users, after)], key=span_of)
        begins = min((site.span[:2] for site in work.slow if run.holds(site.span)), default=(0, 0))
        is_given = any(binds(s, name) and span_of(s)[2:] > begins for s in run.moved)
        what = "gives" if is_given else "is made of"
        text = f"{name}, which the slow work {what}, is used afterwards"
        used = work.reason(RESULT_USED, text, run.moved[-1])
        if users and all(prepares(self._work, s) or work.logs.is_log(s) for s in users):
            grown = run.with_statements(users)
            return grown if may_wait(self._work, grown) else used
        outer = run.climbed()
        if users or outer is None or isinstance(outer.moved[0], (ast.If, ast.While, ast.Match)):
            return used
        return outer

    def _setting_up(self, run: Run) -> Run | Reason | None:
        """What sets up the library goes along, where nothing else in the function needs that."""
        work = self._work
        needed = [each for each in set_up_for(work, run) if not run.holds(span_of(each[0]))]
        if not needed:
            return None
        found = in_block(work, run, [statement for statement, _ in needed])
        grown = run.with_statements(found)
        is_whole = all(any(s is m for m in grown.moved) and prepares(work, s) for s in found)
        names = {text.partition(".")[0] for _, text in needed}
        others = (n for n in work.frame if isinstance(n, ast.Name) and n.id in names)
        if is_whole and may_wait(work, grown) and all(grown.holds(span_of(n)) for n in others):
            return grown
        outer = run.climbed()
        if outer is not None and not isinstance(outer.moved[0], (ast.While, ast.Match)):
            return outer
        text = f"the block needs {needed[0][1]}, which is set above it; a worker does not have it"
        return work.reason(NOT_IMPORTABLE, text, run.moved[0], "set it where its module is imported")

    def _drawing(self, run: Run) -> Run | Reason | None:
        """`plt.plot(..)` before `plt.savefig(..)`: nothing that it binds leads from one to the other."""
        found = drawn_with(self._work, run)
        if found is None:
            return None
        grown = run.with_statements(found)
        is_whole = all(any(s is m for m in grown.moved) and prepares(self._work, s) for s in found)
        if is_shared(self._work) or not is_whole or not may_wait(self._work, grown):
            return shared_figure(self._work, run.moved[0])
        return grown if found else None

    def _delivering(self, run: Run) -> Run | None:
        """The mail that brings a file goes along with what makes it."""
        found = delivered_behind(self._work, run) if self._together else []
        grown = run.with_statements(found)
        return grown if found and may_wait(self._work, grown) else None

    def _closing(self, run: Run) -> Run | Reason | None:
        """`os.remove(path)` behind the run would take away what the task needs: it goes along."""
        found = removals(self._work, run)
        if not found:
            return None
        lives = run.with_statements([*self._all_of(run, found), *found])
        if all(prepares(self._work, s) for s in lives.moved) and may_wait(self._work, lives):
            return lives
        grown = run.with_statements(found)
        own = {id(s) for s in grown.block}
        if all(id(s) in own and prepares(self._work, s) for s in found) and may_wait(self._work, grown):
            return grown
        return self._work.reason(
            NOT_SENDABLE, "what the block works with is put away before the task runs", found[0]
        )

    def _all_of(self, run: Run, removals: list[ast.stmt]) -> list[ast.stmt]:
        """The life of a temporary file: every statement of the block that speaks of what is put away."""
        read = {n.id for n in run.nodes if isinstance(n, ast.Name)} & self._work.locals
        gone = {n.id for s in removals for n in ast.walk(s) if isinstance(n, ast.Name)} & read
        gone -= _parameters(self._work.function.args)
        bound = [s for s in run.block[: run.last + 1] if any(binds(s, name) for name in gone)]
        start = min((n for n, s in enumerate(run.block) if any(s is b for b in bound)), default=run.first)
        return [s for s in run.block[start:] if mentions(s, gone)]

    def _rounded(self, run: Run, inputs: Inputs) -> tuple[Run, Inputs]:
        """Texts that only the run uses go along, and so does the line that says it is done."""
        for statement in [s for s in run.staying if self._is_text_for(run, s)]:
            grown = run.with_statements([statement])
            found = inputs_of(self._work, grown)
            if not isinstance(found, Missing) and not grown.region.live_out and may_wait(self._work, grown):
                run, inputs = grown, found
        while run.first > 0 and self._is_text_for(run, run.block[run.first - 1]):
            grown = run.with_statements([run.block[run.first - 1]])
            found = inputs_of(self._work, grown)
            if isinstance(found, Missing) or grown.region.live_out:
                break
            run, inputs = grown, found
        if run.last + 1 < len(run.block) and self._says_done(run.block[run.last + 1]):
            grown = run.with_statements([run.block[run.last + 1]])
            found = inputs_of(self._work, grown)
            if not isinstance(found, Missing) and not grown.region.live_out:
                run, inputs = grown, found
        return run, inputs

    def _is_text_for(self, run: Run, statement: ast.stmt) -> bool:
        bound = bound_plainly(statement)
        names = [target.id for target, _ in bound if isinstance(target, ast.Name)]
        if not bound or len(names) != len(bound):
            return False
        if not all(mentions(run.moved[0], {name}) or _any(run.moved, name) for name in names):
            return False
        return prepares(self._work, statement, with_steps=False) and _is_text(bound[0][1])

    def _says_done(self, statement: ast.stmt) -> bool:
        if not self._work.logs.is_log(statement) or not isinstance(statement, ast.Expr):
            return False
        texts = [n.value for n in walk(statement) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        return isinstance(statement.value, ast.Call) and any(_DONE.search(text) for text in texts)


def _any(statements: Sequence[ast.stmt], name: str) -> bool:
    return any(mentions(statement, {name}) for statement in statements)


def _is_text(value: ast.expr) -> bool:
    """Text that is only put together: it cannot fail for the client."""
    if isinstance(value, (ast.Constant, ast.JoinedStr)):
        return True
    if isinstance(value, ast.BinOp):
        return _is_text(value.left) and isinstance(value.op, (ast.Add, ast.Mod))
    return isinstance(value, ast.Call) and bool(_TEMPLATES.search(called(value)))


def _parameters(arguments: ast.arguments) -> frozenset[str]:
    return frozenset(parameter_names(arguments))


def _climb_to(run: Run, statement: ast.stmt) -> Run | None:
    current = run.climbed()
    while current is not None and current.moved[0] is not statement:
        current = current.climbed()
    return current
