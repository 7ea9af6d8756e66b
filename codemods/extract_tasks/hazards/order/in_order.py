"""Requests of one handler come to a service in the order in which they are sent.

requests.post(f"{CRM}/contacts", ..)          await send_deal_request_task.kiq(..)     one task does both
requests.post(f"{CRM}/deals", ..)       ->

Two tasks would run at the same time, and a request that is sent at once would come before them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ....analysis.nodes import walk
from ....analysis.syntax import span_of
from ....model import Reason, Span
from ...blocks.movable import may_wait, prepares
from ...blocks.runs import Run, run_of
from ...finding.handed_on import How, Shape
from ...finding.services import loop_around
from ...finding.work import Work
from ...sites import CONTROL_FLOW, SlowSite
from .conversations import next_messages
from .turns import comes_next, is_in_turn

_KINDS = frozenset({"http", "push"})


def sent_behind(work: Work, site: SlowSite, shape: Shape) -> list[Span]:
    """The calls that may send something to the same service, or to the same receiver, after this one; itself
    where it is in a loop. What is done behind the response comes after all that its handler sends."""
    found = {*_next_requests(work, site, shape), *next_messages(work, site, shape)}
    return sorted(span for span in found if shape.how is not How.BACKGROUND or is_in_turn(work.file, span))


def _next_requests(work: Work, site: SlowSite, shape: Shape) -> list[Span]:
    if site.category not in _KINDS or shape.how is How.FORGOTTEN:
        return []
    own = work.requests.of(site.span)
    if not own:
        return []
    same = work.requests.to(own)
    found = {span for span in same if comes_next(work, shape, span)}
    loop = loop_around(work.file, shape.whole)
    if loop is not None and site.category == "http" and not _is_of_each(work, site, own, loop):
        found |= {span for span in same if span_of(loop).contains(span)}
    return sorted(found)


def asked_by_callers(work: Work, site: SlowSite, shape: Shape) -> Reason | None:
    """Why a helper may not queue it: who calls it goes on with requests to the same service."""
    own = work.requests.of(site.span) if site.category in _KINDS else frozenset()
    if not own or not own & work.requests.behind:
        return None
    text = "who calls it goes on with requests to the same service, which would overtake a task"
    return work.reason(CONTROL_FLOW, text, shape.whole)


def _is_of_each(work: Work, site: SlowSite, services: frozenset[str], loop: ast.AST) -> bool:
    """`hook.url` or `f"{BASE}/hooks/{name}"` in a loop: every round asks something else."""
    bound = {n.id for n in walk(loop) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    call = work.file.call(site.span) if not site.helpers else None
    given = {keyword.arg: keyword.value for keyword in call.keywords} if call is not None else {}
    at = 1 if site.name.endswith((".request", ".stream")) else 0
    urls = [
        *(call.args[at : at + 1] if call is not None else ()),
        *([given["url"]] if "url" in given else []),
    ]
    told = {n.id for url in urls for n in walk(url) if isinstance(n, ast.Name)}
    return bool(told & bound) or all(re.split(r"[.\[]", name)[0] in bound for name in services)


def together(work: Work, shape: Shape, later: Sequence[Span]) -> Run | None:
    """The statements of one block that send all of them; None where something stands between that may end the
    handler, or take long."""
    run: Run | None = run_of(work.file, work.function, work.file.statement(shape.whole))
    while run is not None:
        behind = run.block[run.first :]
        sending = [s for s in behind if any(span_of(s).contains(span) for span in later)]
        is_all = all(any(span_of(s).contains(span) for s in behind) for span in later)
        if is_all and not _repeats(work, run, later):
            grown = run.with_statements(sending)
            return grown if _is_quiet(work, grown) and may_wait(work, grown) else None
        run = run.climbed()
    return None


def _repeats(work: Work, run: Run, later: Sequence[Span]) -> bool:
    """Is the loop around the run to move as a whole?"""
    return any(map(run.holds, later)) and loop_around(work.file, run.moved[0]) is not None


def _is_quiet(work: Work, run: Run) -> bool:
    return all(prepares(work, s, with_steps=False) and work.is_cheap(s) for s in run.staying)


def out_of_order(work: Work, site: SlowSite, shape: Shape, later: Sequence[Span]) -> Reason:
    is_talk = later[0] in next_messages(work, site, shape)
    what, to = ("message", "the same receiver") if is_talk else ("request", "the same service")
    text = f"the {what} of line {later[0].line} goes to {to} behind it, and would overtake a task"
    if later[0] == span_of(shape.whole) or span_of(shape.whole).contains(later[0]):
        text = f"the next round sends a {what} to {to}, and tasks overtake each other"
    hint = "send them in a function of its own, and queue that"
    return work.reason(CONTROL_FLOW, text, shape.whole, hint)
