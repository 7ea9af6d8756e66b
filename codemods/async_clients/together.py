"""Requests that wait one after the other, and do not need each other's answers: told, or gathered on request.

price = (await http_client().get(prices)).json()
stock = (await http_client().get(stocks)).json()     `asyncio.gather` waits for both at the same time

Which of them fails first, and whether the second is sent at all then, is different: people decide that.
Only `get` is told of, and functions that do nothing but ask so, outside of `try`, where one statement stands
directly below the other; not that of a session, which sends the cookies of the first answer with the second
request.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ..analysis.judge.effects.site import Site, SiteKind
from ..analysis.judge.reaching.reach import Reach
from ..analysis.judge.turning.verdicts import FunctionPlan, Judgement, place_of
from ..analysis.link.program import Key, Program
from ..analysis.nodes import BINDINGS, TRIES, bound_alone, walk
from ..analysis.syntax import FunctionNode, span_of
from ..analysis.view import View, Views
from ..async_generators.bodies import free_name
from ..model import (
    Applicability,
    AwaitExpression,
    Code,
    ImportNeed,
    Location,
    Note,
    NoteKind,
    Span,
    WaitTogether,
    slot,
)
from .http.calls import functions
from .outcome import Outcome

_GETS = frozenset(name for name in functions.REQUESTS | functions.PLAIN if name.endswith(".get"))
_HINT = "`--unsafe` has them wait at the same time, by `asyncio.gather`; which one fails first may change"
_GATHER = Code(f"{slot(0)}.gather", (ImportNeed("asyncio"),))


class _Request(msgspec.Struct, frozen=True):
    """`name = get(url)`, or `name = get(url).json()`."""

    name: str
    statement: ast.Assign | ast.AnnAssign
    place: Location
    is_whole: bool
    """The name is that of the answer itself."""


def waiting_together(
    judgement: Judgement, outcome: Outcome, reach: Reach, views: Views, *, gathers: bool
) -> Judgement:
    """The judgement with a note where requests could wait together; they do if it `gathers` them."""
    found: dict[Key, dict[ast.stmt, _Request]] = defaultdict(dict)
    for owner, site in _asking(judgement, outcome, reach):
        view = views.of(owner.path)
        node = view.node_of(site.call) if site.call is not None else None
        request = _request(view, node, place_of(site)) if node is not None else None
        if request is not None:
            found[owner][request.statement] = request
    verdicts = dict(judgement.verdicts)
    for owner, requests in found.items():
        plan, view = verdicts[owner].plan, views.of(owner.path)
        for run in _runs(view, requests):
            function = view.function(run[0].statement)
            if plan is not None and function is not None:
                is_done = gathers and not _has_comments(view, run)
                plan = _gathered(plan, run, view.path, function) if is_done else _told(plan, run)
        verdicts[owner] = replace(verdicts[owner], plan=plan)
    return replace(judgement, verdicts=verdicts)


def _asking(judgement: Judgement, outcome: Outcome, reach: Reach) -> Iterator[tuple[Key, Site]]:
    """The sites that only ask for something and are awaited from now on, in the order of the source."""
    gets = {call for call, (_, site) in outcome.twinned.items() if site.name in _GETS}
    known: dict[Key, bool] = {}

    def only_asks(function: Key) -> bool:
        if function not in known:
            known[function] = False  # one that calls itself does more
            sites = [site for site in reach.own(function) if site.kind is not SiteKind.FAST]
            known[function] = (
                function in judgement.turned
                and bool(sites)
                and not _keeps_something(reach.effects.program, function)
                and all(map(asks, sites))
            )
        return known[function]

    def asks(site: Site) -> bool:
        if site.target is None:
            return site.call in gets
        is_one = site.call is not None and len(reach.effects.of_call(site.call)) == 1
        return site.form == "call" and is_one and only_asks(site.target)

    for owner, verdict in sorted(judgement.verdicts.items()):
        if verdict.plan is None:
            continue
        own = [edit for path, edit in verdict.plan.edits if path == owner.path]
        awaited = {edit.span for edit in own if isinstance(edit, AwaitExpression)}
        for site in reach.own(owner):
            is_awaited = site.target is None or Span(*site.span) in awaited
            if is_awaited and asks(site):
                yield owner, site


def _keeps_something(program: Program, function: Key) -> bool:
    """Does it bind a name that others see, or change what an object or a container holds?"""
    scope, facts = program.scope(function), program.modules[function.path].facts
    changed = {each.scope for each in facts.attributes} | {each.scope for each in facts.stores}
    return function.scope in changed or bool(scope.globals or scope.nonlocals or scope.has_yield)


def _request(view: View, call: ast.Call, place: Location) -> _Request | None:
    """None unless the arguments call nothing."""
    statement = view.file.statement(call)
    target, value = bound_alone(statement)
    if not isinstance(statement, BINDINGS) or value is None:
        return None
    node = value
    while node is not call and isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    if node is not call or not isinstance(target, ast.Name):
        return None
    if any(isinstance(each, ast.Call) for argument in given for each in walk(argument)):
        return None
    return _Request(target.id, statement, place, value is call)


def _runs(view: View, requests: Mapping[ast.stmt, _Request]) -> Iterator[list[_Request]]:
    """Neighbours of one block, none of which reads or sets what another one sets; none is below a `try`."""
    taken: set[ast.stmt] = set()
    for first in requests:
        if first in taken or any(isinstance(above, TRIES) for above in view.file.above(first)):
            continue
        run, bound = [requests[first]], {requests[first].name}
        block = view.block(first)
        for following in block[block.index(first) + 1 :]:
            names = {node.id for node in walk(following) if isinstance(node, ast.Name)}
            if following not in requests or bound & names:
                break
            run.append(requests[following])
            bound.add(requests[following].name)
        taken.update(request.statement for request in run)
        if len(run) > 1:
            yield run


def _has_comments(view: View, run: Sequence[_Request]) -> bool:
    first, last = span_of(run[0].statement), span_of(run[-1].statement)
    return any("#" in view.file.line(number) for number in range(first.line, last.end_line + 1))


def _told(plan: FunctionPlan, run: Sequence[_Request]) -> FunctionPlan:
    text = f"{len(run)} requests wait one after the other, and do not need each other's answers"
    return replace(plan, notes=(*plan.notes, Note(NoteKind.TOGETHER, text, run[0].place, _HINT)))


def _gathered(plan: FunctionPlan, run: Sequence[_Request], path: str, function: FunctionNode) -> FunctionPlan:
    """An answer of which only a part was kept gets a name of its own."""
    names = [each.name if each.is_whole else free_name(function, f"{each.name}_response") for each in run]
    edit = WaitTogether(span_of(run[0].statement), span_of(run[-1].statement), tuple(names), _GATHER)
    text = f"{len(run)} requests wait at the same time; when one fails, the others are sent all the same"
    return replace(
        plan,
        edits=(*plan.edits, (path, edit)),
        notes=(*plan.notes, Note(NoteKind.BEHAVIOUR, text, run[0].place)),
        applicability=Applicability.UNSAFE,
    )
