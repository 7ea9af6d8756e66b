"""Work on sessions that async functions have sent to threads comes back: the program is analysed once more
with the calls themselves in their place.

    user = await run_in_threadpool(find, db, 1)        ->      user = find(db, 1)

As the database goes async, so does `find`, and is awaited; a session in a thread had kept all of it sync.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from ...analysis.index.bindings import ScopeKind
from ...analysis.index.facts import ModuleFacts
from ...analysis.judge.effects.site import SiteKind
from ...analysis.link.kinds import Ext, Fn, Member
from ...analysis.link.libraries.rows import QUERY
from ...analysis.link.program import Key
from ...analysis.nodes import BINDINGS, bound_alone, walk
from ...analysis.syntax import Syntax, span_of
from ...analysis.view import View, Views
from ...databases.words import SESSIONS
from ...model import Code, Edit, ReplaceExpression, ReplaceStatements
from ..analysis import Analysis
from ..exported import Exported
from ..indexing import index_all
from .left_out import info_of
from .mains import Analyse, told, told_of
from .met import apart_from, standing_in

_RUNNERS = ("starlette.concurrency.run_in_threadpool", "fastapi.concurrency.run_in_threadpool")
_WITH_NAMES = frozenset({*_RUNNERS, "asyncio.to_thread"})
_WITHOUT = "anyio.to_thread.run_sync"
_LOOP = "asyncio.AbstractEventLoop"
_MAKE_LOOP = frozenset({"asyncio.get_event_loop", "asyncio.get_running_loop"})
_NAMED = re.compile(r"\b(run_in_threadpool|to_thread|run_in_executor)\b")
_SETS = "contextvars.ContextVar.set"
_OWNERS = frozenset({*SESSIONS, QUERY})
_SEEN = frozenset({SiteKind.FAST, SiteKind.SESSION, SiteKind.PROJECT})


def analyse_out_of_threads(
    analyse: Analyse, facts: Sequence[ModuleFacts], texts: Mapping[str, str], line_length: int | None
) -> Analysis:
    """The program as it is, where nothing comes back or its database stays sync all the same."""
    plain = analyse(facts, texts)
    hops = _Hops(plain, texts)
    may_turn = plain.database or (plain.database.obstacles and plain.database.at_engine is None)
    edits = hops.edits() if may_turn else {}
    if not edits:
        return plain
    left = apart_from(edits, plain.database.obstacles)
    if not all(map(standing_in(plain, hops.around()), left)):  # what stands elsewhere stays there
        return told_of(plain, replace(plain.database, obstacles=left))
    from ..rewrite import rewrite  # LibCST is imported only when something is rewritten

    exported = Exported(plain)
    first_party = frozenset(each.module.partition(".")[0] for each in facts)
    modules = {each.path: each for each in facts}
    staged = {
        path: rewrite(
            texts[path],
            found,
            module=modules[path].module,
            is_package=modules[path].is_package,
            first_party=first_party,
            line_length=line_length,
            exported=exported.of(path),
        )
        for path, found in edits.items()
    }
    known = {each.path: each for each in facts if each.path not in staged}
    seen = {**texts, **staged}
    found = analyse(index_all(map(info_of, facts), seen, known)[0], seen)
    called = {plain.program.id(key) for key in hops.called}
    if found.database and called <= {found.program.id(key) for key in found.database.whole.functions}:
        return replace(found, staged={**staged, **found.staged})
    return plain if plain.database or found.database else told(plain, found, staged, texts)


class _Hops:
    def __init__(self, plain: Analysis, texts: Mapping[str, str]) -> None:
        self.program = plain.program
        self.reach = plain.reach
        self.texts = texts
        self.views = Views(plain.reach.effects.inference, Syntax(texts.__getitem__))
        self.called: set[Key] = set()
        """What must turn, for it runs on the loop from then on."""
        self._senders: set[Key] = set()

    def edits(self) -> dict[str, list[Edit]]:
        found: dict[str, list[Edit]] = {}
        for path, module in sorted(self.program.modules.items()):
            if module.facts.is_test or not _NAMED.search(self.texts.get(path, "")):
                continue
            view = self.views.of(path)
            back = {each: self._brought(view, each) for each in view.file.of_kind(ast.Await)}
            back = {each: text for each, text in back.items() if text}
            if back:
                self._senders.update(map(view.owner, back))
                calls: list[Edit] = [
                    ReplaceExpression(span_of(each), Code(text)) for each, text in back.items()
                ]
                idle = [span_of(each) for each in _idle(view, back)]
                found[path] = [*calls, *(ReplaceStatements(each, each, Code("")) for each in idle)]
        return found

    def around(self) -> set[Key]:
        """The functions that sent something to a thread, and all that ran there."""
        return self._senders | self.reach.below(*self.called)

    def _brought(self, view: View, node: ast.Await) -> str:
        """The call that a thread was to run; nothing where it is none of a function on a session."""
        call = node.value
        if not isinstance(call, ast.Call) or "#" in view.source(node):
            return ""
        function, *given = self._handed(view, call) or (None,)
        named = call.keywords
        if isinstance(function, ast.Lambda):
            return "" if given or named else self._inside(view, function)
        if isinstance(function, ast.Call):  # functools.partial(find, db)
            if given or named or Ext("functools.partial") not in view.callees(function):
                return ""
            named = function.keywords
            function, *given = function.args or (None,)
        kinds = view.kinds(function) if function is not None else ()
        keys = [kind.key for kind in kinds if isinstance(kind, Fn)]
        is_session = bool(kinds) and all(isinstance(k, Member) and k.owner in _OWNERS for k in kinds)
        if function is None or not (is_session or (len(keys) == len(kinds) and self._works(keys))):
            return ""
        parts = [*map(view.source, given), *map(view.source, named)]
        return f"{view.source(function)}({', '.join(parts)})"

    def _handed(self, view: View, call: ast.Call) -> list[ast.expr]:
        """The function that a thread runs, and its arguments."""
        name, member = view.external(call.func), view.member(call)
        if name in _WITH_NAMES or (name == _WITHOUT and not call.keywords):
            return call.args
        is_loop = member is not None and member.owner == _LOOP and member.attr == "run_in_executor"
        if is_loop and call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value is None:
            return call.args[1:]  # in an executor of its own it may count on how many run at once
        return []

    def _works(self, keys: Sequence[Key]) -> bool:
        """Functions of which one works on a session."""
        scopes = [self.program.scope(key) for key in keys]
        if any(scope.is_async or scope.has_yield or scope.kind is not ScopeKind.FUNCTION for scope in scopes):
            return False
        below = (site for key in self.reach.below(*keys) for site in self.reach.own(key))
        if any(site.name == _SETS for site in below):
            return False  # a thread has set it for itself alone
        working = [key for key in keys if SiteKind.SESSION in self.reach.flags(key)]
        self.called.update(working)
        return bool(working)

    def _inside(self, view: View, function: ast.Lambda) -> str:
        """`lambda: find(db, 1)`, in which nothing else may take its time."""
        if not isinstance(function.body, ast.Call) or ast.unparse(function.args):
            return ""
        sites = self.reach.own(view.key(function.body))
        run = [site.target for site in sites if site.target is not None]
        works = any(site.kind is SiteKind.SESSION for site in sites) or self._works(run)
        return view.source(function.body) if works and all(site.kind in _SEEN for site in sites) else ""


def _idle(view: View, back: Iterable[ast.Await]) -> Iterator[ast.stmt]:
    """`loop = asyncio.get_running_loop()`, which nothing asks for any more."""
    asked = {
        each.value.func.value
        for each in back
        if isinstance(each.value, ast.Call) and isinstance(each.value.func, ast.Attribute)
    }
    for function in {view.function(each) for each in asked}:
        names = [each for each in walk(function) if isinstance(each, ast.Name)] if function else []
        for made in names:
            above = view.file.parents[made]
            target, value = bound_alone(above)
            uses = [each for each in names if each.id == made.id and each is not made]
            if (
                isinstance(above, BINDINGS)
                and target is made
                and isinstance(value, ast.Call)
                and view.external(value.func) in _MAKE_LOOP
                and asked.issuperset(uses)
                and not _is_commented(view, above)
            ):
                yield above


def _is_commented(view: View, statement: ast.stmt) -> bool:
    """Is there a comment that would go with it?"""
    lines = view.file.text.split("\n")
    above = lines[statement.lineno - 2].lstrip() if statement.lineno > 1 else ""
    return above.startswith("#") or "#" in lines[(statement.end_lineno or statement.lineno) - 1]
