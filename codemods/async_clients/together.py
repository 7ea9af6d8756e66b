"""Requests that wait one after the other, and do not need each other's answers: told, never changed.

price = (await http_client().get(prices)).json()
stock = (await http_client().get(stocks)).json()     `asyncio.gather` would wait for both at the same time

Which of them fails first, and whether the second is sent at all then, would be different: people decide that.
Only `get` is told of, outside of `try`, where one statement stands directly below the other; not that of a
session, which sends the cookies of the first answer with the second request.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from ..analysis.judge.verdicts import Judgement, place_of
from ..analysis.link.program import Key
from ..analysis.nodes import walk
from ..analysis.view import View, Views
from ..model import Location, Note, NoteKind
from ..offloading.frame import TRIES
from .http import functions
from .outcome import Outcome

_GETS = frozenset(name for name in functions.REQUESTS | functions.PLAIN if name.endswith(".get"))
_HINT = "`asyncio.gather` would wait for them at the same time; which one fails first may change"


def with_hints(judgement: Judgement, outcome: Outcome, views: Views) -> Judgement:
    """The judgement with a note where requests could wait together."""
    found: dict[Key, dict[ast.stmt, Location]] = defaultdict(dict)
    for call, (function, site) in sorted(outcome.twinned.items()):
        view = views.of(call.path)
        node = view.node_of(call)
        statement = view.file.statement(node) if node is not None else None
        if (
            site.name in _GETS
            and node is not None
            and isinstance(statement, ast.Assign)
            and _is_answer(statement, node)
        ):
            found[function][statement] = place_of(site)
    verdicts = dict(judgement.verdicts)
    for function, statements in found.items():
        plan = verdicts[function].plan
        notes = tuple(_notes(views.of(function.path), statements))
        if plan is not None and notes:
            verdicts[function] = replace(verdicts[function], plan=replace(plan, notes=(*plan.notes, *notes)))
    return replace(judgement, verdicts=verdicts)


def _is_answer(statement: ast.Assign, call: ast.Call) -> bool:
    """`name = get(url).json()`, with arguments that call nothing."""
    node = statement.value
    while node is not call and isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    is_plain = not any(isinstance(each, ast.Call) for argument in given for each in walk(argument))
    targets = statement.targets
    return node is call and is_plain and len(targets) == 1 and isinstance(targets[0], ast.Name)


def _notes(view: View, statements: dict[ast.stmt, Location]) -> Iterator[Note]:
    told: set[ast.stmt] = set()
    for first, place in statements.items():
        if first in told or any(isinstance(above, TRIES) for above in view.file.above(first)):
            continue
        block = view.block(first)
        run, bound = [first], {_name(first)}
        for following in block[block.index(first) + 1 :]:
            if following not in statements or bound & _read(following):
                break
            run.append(following)
            bound.add(_name(following))
        told.update(run)
        if len(run) > 1:
            text = f"{len(run)} requests wait one after the other, and do not need each other's answers"
            yield Note(NoteKind.TOGETHER, text, place, _HINT)


def _name(statement: ast.stmt) -> str:
    assert isinstance(statement, ast.Assign)
    (target,) = statement.targets
    return target.id if isinstance(target, ast.Name) else ""


def _read(statement: ast.stmt) -> set[str]:
    return {node.id for node in walk(statement) if isinstance(node, ast.Name)}
