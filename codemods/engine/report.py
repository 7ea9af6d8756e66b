"""Verdicts and plan -> the rows that people read: handlers, findings, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ..analysis.index.bindings import ScopeKind
from ..analysis.judge.reaching.reach import KNOWN_HARM, Reach
from ..analysis.judge.turning.verdicts import IN_A_THREAD, Judgement, Mended, Verdict
from ..analysis.link.program import Key, Program
from ..model import (
    Colour,
    EntryKind,
    EntryPoint,
    Finding,
    HandlerRow,
    Home,
    Location,
    Reason,
    RemedyKind,
    ReplaceStatements,
    Span,
    TurnAsync,
)
from .plan.change_groups import Plan
from .wording import SYNC_HANDLER, UNKNOWN_CODE, left, of_site, of_sync_handler, that_waits

HANDLERS = frozenset(
    {
        EntryKind.ROUTE,
        EntryKind.WEBSOCKET,
        EntryKind.RESOLVER,
        EntryKind.EXCEPTION_HANDLER,
        EntryKind.DEPENDENCY,
    }
)


def handler_rows(
    reach: Reach, judgement: Judgement, plan: Plan, entries: Sequence[EntryPoint]
) -> tuple[HandlerRow, ...]:
    program = reach.effects.program
    with_client = _turned_by_edits(plan)
    rows = []
    for entry in entries:
        key = program.key(entry.function)
        if key is None or key not in judgement.verdicts or entry.kind not in HANDLERS:
            continue
        verdict = judgement.verdicts[key]
        if entry.kind is EntryKind.RESOLVER and not (verdict.turns or verdict.plan or verdict.reason):
            continue  # it has nothing to wait for
        before = Colour.ASYNC if program.scope(key).is_async else Colour.SYNC
        other = "" if verdict.turns else with_client.get((key.path, program.scope(key).span), "")
        after = Colour.ASYNC if before is Colour.ASYNC or verdict.turns or other else Colour.SYNC
        remedies = {m.remedy for m in verdict.plan.mended} if verdict.plan else set()
        reason = (
            verdict.reason or next((m.reason for m in verdict.plan.mended if m.reason), None)
            if verdict.plan
            else verdict.reason
        )
        order = list(RemedyKind)
        rows.append(
            HandlerRow(
                entry,
                before,
                after,
                (RemedyKind.TWIN,) if other else tuple(sorted(remedies, key=order.index)),
                None if other else reason,
                other or plan.group_of.get(key, ""),
            )
        )
    return tuple(rows)


def _turned_by_edits(plan: Plan) -> dict[tuple[str, Span], str]:
    """The functions that turn with the client they give, or are written anew for it, which the judge does not
    ask of them: the group of each."""
    found: dict[tuple[str, Span], str] = {}
    for group in plan.groups:
        for path, edits in group.edits.items():
            for edit in edits:
                if isinstance(edit, TurnAsync) and not edit.name:
                    found[path, edit.span] = group.id
                elif isinstance(edit, ReplaceStatements) and "\nasync def " in edit.code.text:
                    found[path, edit.first] = group.id
    return found


def findings(
    reach: Reach, judgement: Judgement, plan: Plan, entries: Sequence[EntryPoint]
) -> tuple[Finding, ...]:
    program = reach.effects.program
    labels = {program.key(entry.function): entry for entry in entries}
    found: list[Finding] = []
    for key, verdict in sorted(judgement.verdicts.items()):
        entry = labels.get(key)
        label = entry.label if entry else ""
        group = plan.group_of.get(key, "")
        if (
            entry is not None
            and entry.kind in (EntryKind.ROUTE, EntryKind.EXCEPTION_HANDLER)
            and not program.scope(key).is_async
        ):
            found.append(of_sync_handler(reach, key, verdict, entry, group))
        if verdict.plan is not None:
            wrong = (that_waits(reach, mended) for mended in verdict.plan.mended)
            found += (of_site(reach, each, label, group) for each in wrong if each is not None)
        is_left = verdict.plan is None or (verdict.reason is not None and not verdict.turns)
        if is_left and entry is not None and entry.kind in HANDLERS and not _is_in_a_thread(verdict):
            for site in reach.own(key):
                if site.kind in KNOWN_HARM or (site.target and reach.flags(site.target) & KNOWN_HARM):
                    found.append(
                        of_site(reach, Mended(site, RemedyKind.LEAVE, reason=verdict.reason), label, group)
                    )
    handlers = frozenset(program.key(row.function) for row in entries if row.kind in HANDLERS)
    return tuple(replace(each, home=_home(program, each, handlers)) for each in once(found))


def _home(program: Program, finding: Finding, handlers: frozenset[Key | None]) -> Home:
    path = finding.location.path
    around = [
        Key(path, number)
        for number, scope in enumerate(program.modules[path].facts.scopes)
        if scope.kind is ScopeKind.FUNCTION and scope.span.contains(finding.span)
    ]
    key = next((key for key in around if key in handlers), around[0] if around else Key(path, 0))
    scope = program.scope(key)
    name = scope.qualname.replace(".<locals>", "") or "module level"
    return Home(program.id(key), name, Location(path, scope.span.line or 1, 1), key in handlers)


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of several rows on one call the most telling: a known effect, the call rather than its `__exit__`."""
    best: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        place = (finding.location.path, finding.span, finding.code == SYNC_HANDLER)
        other = best.get(place)
        if other is None or _rank(finding) < _rank(other):
            best[place] = finding
    return tuple(
        sorted(best.values(), key=lambda f: (f.location.path, f.span[:2], f.code != SYNC_HANDLER, f.span))
    )


def _rank(finding: Finding) -> tuple[object, ...]:
    stays = finding.remedy is RemedyKind.LEAVE
    of_exit = "__exit__" in finding.message
    return finding.code == UNKNOWN_CODE, not stays, of_exit, finding.code, finding.message, finding.handler


def _is_in_a_thread(verdict: Verdict) -> bool:
    return verdict.reason is not None and verdict.reason.code == IN_A_THREAD.code


def refusals(
    rows: Iterable[HandlerRow], reach: Reach, judgement: Judgement, plan: Plan
) -> tuple[Reason, ...]:
    """Everything not converted, each with its reason: handlers first, then sites left in async functions."""
    found = [row.reason for row in rows if row.reason is not None and row.after is Colour.SYNC]
    for _, verdict in sorted(judgement.verdicts.items()):
        for mended in verdict.plan.mended if verdict.plan is not None else ():
            if mended.remedy is RemedyKind.LEAVE and mended.reason is not None:
                found.append(left(of_site(reach, mended, "", ""), mended.site, mended.reason))
    return tuple(dict.fromkeys([*found, *plan.refused.values()]))
