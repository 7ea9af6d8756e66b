"""Requests that wait one after the other, and do not need each other's answers: told, or gathered on request.

price = (await http_client().get(prices)).json()
stock = (await http_client().get(stocks)).json()     `asyncio.gather` waits for both at the same time

Which of them fails first, and whether the second is sent at all then, is different: people decide that.
Only `get` is told of, outside of `try`, where one statement stands directly below the other; not that of a
session, which sends the cookies of the first answer with the second request.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ..analysis.judge.verdicts import FunctionPlan, Judgement, place_of
from ..analysis.link.program import Key
from ..analysis.nodes import walk
from ..analysis.syntax import FunctionNode, span_of
from ..analysis.view import View, Views
from ..async_generators.bodies import free_name
from ..model import Applicability, Code, ImportNeed, Location, Note, NoteKind, WaitTogether, slot
from ..offloading.frame import TRIES
from .http import functions
from .outcome import Outcome

_GETS = frozenset(name for name in functions.REQUESTS | functions.PLAIN if name.endswith(".get"))
_HINT = "`--unsafe` has them wait at the same time, by `asyncio.gather`; which one fails first may change"
_GATHER = Code(f"{slot(0)}.gather", (ImportNeed("asyncio"),))


class _Request(msgspec.Struct, frozen=True):
    """`name = get(url)`, or `name = get(url).json()`."""

    name: str
    statement: ast.Assign
    place: Location
    is_whole: bool
    """The name is that of the answer itself."""


def waiting_together(judgement: Judgement, outcome: Outcome, views: Views, *, gathers: bool) -> Judgement:
    """The judgement with a note where requests could wait together; they do if it `gathers` them."""
    found: dict[Key, dict[ast.stmt, _Request]] = defaultdict(dict)
    for call, (owner, site) in sorted(outcome.twinned.items()):
        view = views.of(call.path)
        node = view.node_of(call) if site.name in _GETS else None
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


def _request(view: View, call: ast.Call, place: Location) -> _Request | None:
    """None unless the arguments call nothing."""
    statement = view.file.statement(call)
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        return None
    (target,), node = statement.targets, statement.value
    while node is not call and isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    if node is not call or not isinstance(target, ast.Name):
        return None
    if any(isinstance(each, ast.Call) for argument in given for each in walk(argument)):
        return None
    return _Request(target.id, statement, place, statement.value is call)


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
