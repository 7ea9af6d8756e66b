"""The proofs: nothing is written before the new program is shown to be sound, in memory.

Each proof names the files or functions that fail it; the groups behind them are dropped and told as our bug.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from ...analysis.index.expr import Attr, Call, Name
from ...analysis.index.facts import Use
from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.effects.effects import Effects
from ...analysis.judge.effects.site import SiteKind
from ...analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM, Reach
from ...analysis.link.import_graph import ImportGraph
from ...analysis.link.kinds import ASYNC_GENERATOR, Ext, Inst
from ...analysis.link.program import CallKey, Program, unnumbered
from ...model import ChangeGroup, FunctionId
from .failure import Failure, within

SECOND_RUN = "the second run changes nothing"
_RUN = Attr(Name("asyncio"), "run")
_GATHER = Ext("asyncio.gather")


def coroutines_are_awaited(after: Reach, callers: Callers, turned: Iterable[FunctionId]) -> Iterator[Failure]:
    """No call of a function that turned gives a coroutine that is dropped or used, or an async generator that
    is read or entered as if it were sync, wherever it stands."""
    program = after.effects.program
    for function in turned:
        key = program.key(function)
        if key is None:
            continue
        for call in callers.wrapping.given(key):
            if not program.call(call).use & Use.AWAITED:
                words = f"line {program.call(call).span.line}: what {function} wraps"
                yield Failure("coroutines are awaited", call.path, words, (function,))
        is_generator = program.scope(key).has_yield or not program.scope(key).is_async
        for caller in callers.calls(key):
            site = program.call(caller.call)
            is_call = any(s.target == key and s.form == "call" for s in after.effects.of_call(caller.call))
            if is_generator:  # it may be kept as well, or handed to FastAPI
                is_wrong = bool(site.use & (Use.WITH | Use.ITERATED | Use.YIELDED_FROM))
            else:
                is_wrong = not site.use & (Use.AWAITED | Use.ASYNC_WITH | Use.ASYNC_ITERATED)
            if is_call and is_wrong and not _is_awaited_by_another(after.effects, caller.call):
                words = f"line {site.span.line}: {function}"
                functions = (function, program.id(caller.owner))
                yield Failure("coroutines are awaited", caller.call.path, words, functions)


def _is_awaited_by_another(effects: Effects, call: CallKey) -> bool:
    """`asyncio.run(main())`, `await asyncio.gather(price(), stock())`"""
    others = enumerate(effects.program.modules[call.path].facts.calls)
    return any(
        other.func == _RUN
        or (
            bool(other.use & Use.AWAITED) and _GATHER in effects.inference.callees(CallKey(call.path, number))
        )
        for number, other in others
        if Call(call.index) in other.args
    )


def nothing_blocks(
    after: Reach, turned: Iterable[FunctionId], harm: frozenset[SiteKind] = HARMFUL
) -> Iterator[Failure]:
    """No function that turned holds a site that does `harm` in its own frame, or calls something sync that
    does."""
    program = after.effects.program
    for function in turned:
        key = program.key(function)
        if key is None:
            yield Failure("nothing blocks", "", f"{function} is gone", (function,))
            continue
        given = after.effects.inference.function_result(key)
        is_read = all(isinstance(kind, Inst) and kind.name == ASYNC_GENERATOR for kind in given)
        if not program.scope(key).is_async and not is_read:
            yield Failure("nothing blocks", key.path, f"{function} is not async", (function,))
        for site in after.own(key):
            reached = (
                site.target is not None
                and not program.scope(site.target).is_async
                and after.flags(site.target) & harm
            )
            if site.kind in harm or reached:
                yield Failure(
                    "nothing blocks", key.path, f"line {site.span[0]}: {site.name or site.why}", (function,)
                )


def nothing_brought_blocks(
    after: Reach, brought: Mapping[FunctionId, Collection[FunctionId]]
) -> Iterator[Failure]:
    """No coroutine that comes onto the loop of the server holds a blocking site; it had a loop of its own,
    and is `brought` by the functions that await it now."""
    program = after.effects.program
    for coroutine, by in sorted(brought.items()):
        key = program.key(coroutine)
        for site in after.own(key) if key is not None else ():
            called = after.flags(site.target) if site.target is not None else {site.kind}
            is_async = site.target is not None and program.scope(site.target).is_async
            if called & HARMFUL and not is_async and not after.effects.is_awaited(site):
                words = f"{coroutine}: {site.name or site.why}"
                yield Failure("nothing brought blocks", site.key.path, words, (coroutine, *sorted(by)))


def nothing_left_to_do(after: Iterable[ChangeGroup], left: frozenset[FunctionId]) -> Iterator[Failure]:
    """Planning the new program yields no change, but for the functions that were `left` this time."""
    for group in after:
        again = tuple(function for function in group.functions if not within(function, left))
        if again:
            path = sorted(group.edits)[0]
            yield Failure(SECOND_RUN, path, f"{again[0]} would change again", again)


def nothing_new_blocks(
    before: Reach, after: Reach, unserved: Collection[FunctionId] = frozenset()
) -> Iterator[Failure]:
    """No async function, a new task among them, holds something that blocks and that was not in it before;
    but for scripts, which have a loop to themselves."""
    known = _blocking(before)
    program = after.effects.program
    moved: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    for function, sites in known.items():
        moved[_inside(function)] |= sites
    for function, sites in sorted(_blocking(after).items()):
        was_there = before.effects.program.key(function) is not None
        # what stands in a body that moved to a function of its own is known by what is left of its name
        new = sorted(sites - (known.get(function, frozenset()) if was_there else moved[_inside(function)]))
        key = program.key(function)
        if new and key is not None and function not in unserved:
            yield Failure("nothing new blocks", key.path, f"{function}: {new[0]}", (function,))


def _inside(function: FunctionId) -> tuple[str, str]:
    """The module, and the name in the outermost function; a name of its own for what is in none."""
    module, _, name = function.partition(":")
    _, is_inner, inside = name.partition(".<locals>.")
    return module, inside if is_inner else function


def _blocking(reach: Reach) -> dict[FunctionId, frozenset[str]]:
    program = reach.effects.program
    found: dict[FunctionId, frozenset[str]] = {}
    for key in program.functions():
        if not program.scope(key).is_async or program.modules[key.path].facts.is_test:
            continue
        names = {
            unnumbered(site.name)
            for site in reach.own(key)
            if site.kind in KNOWN_HARM
            or (
                site.target is not None
                and not program.scope(site.target).is_async
                and reach.flags(site.target) & KNOWN_HARM
            )
        }
        if names:
            found[program.id(key)] = frozenset(names)
    return found


def imports_end(after: Program, created: Iterable[str]) -> Iterator[Failure]:
    """No generated module is loaded while it is being loaded: it would be imported half-made."""
    for path in sorted(created):
        graph, module = ImportGraph(after, within=path), after.modules[path].facts.module
        for imported in sorted(graph.imports(path)):
            if path in graph.loads(after.modules[imported].facts.module):
                functions = tuple(after.id(key) for key in after.functions_of(imported))
                yield Failure(
                    "imports end", path, f"{module} imports {imported}, which leads back to it", functions
                )
