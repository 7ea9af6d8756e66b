"""Verdicts and plan -> the rows that people read: handlers, findings, refusals, the house's checklist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..analysis.facts import ScopeKind
from ..analysis.program import Key, Program
from ..analysis.reach import HARMFUL, KNOWN_HARM, MARKED, Reach
from ..analysis.site import COMPUTES, Site, SiteKind
from ..analysis.verdicts import IN_A_THREAD, Judgement, Mended, Verdict, place_of
from ..model import (
    Applicability,
    Colour,
    EntryKind,
    EntryPoint,
    Finding,
    HandlerRow,
    Home,
    Hop,
    Location,
    Reason,
    RemedyKind,
    Span,
)
from .plan import Plan

HANDLERS = frozenset(
    {EntryKind.ROUTE, EntryKind.WEBSOCKET, EntryKind.EXCEPTION_HANDLER, EntryKind.DEPENDENCY}
)

CODE_OF_CATEGORY = {
    "http": "AF201",
    "sleep": "AF202",
    "file": "AF203",
    "process": "AF204",
    "database": "AF205",
    "orm-session": "AF205",
    "cache": "AF206",
    "queue": "AF207",
    "lock": "AF208",
    "cpu": "AF209",
    "password-hashing": "AF209",
    "computing": "AF212",
    "network": "AF210",
    "cloud": "AF210",
    "sdk": "AF210",
    "loop": "AF210",
    "email": "AF401",
    "pdf": "AF402",
    "image": "AF403",
    "video": "AF403",
    "sms": "AF404",
    "push": "AF404",
    "document": "AF405",
    "archive": "AF405",
    "ml": "AF406",
}
SYNC_HANDLER = "AF101"
UNKNOWN_CODE = "AF211"
MISSING_AWAIT_CODE = "AF301"

# the implementation checklist of the house rules, word for word
CHECKLIST: tuple[tuple[str, frozenset[str]], ...] = (
    ("All route handlers are `async def`", frozenset({"AF101"})),
    ("All I/O uses `await`", frozenset({"AF205", "AF206", "AF207", "AF211", "AF301"})),
    ("No synchronous file operations", frozenset({"AF203"})),
    ("No long-running operations (> 100ms)", frozenset({"AF202", "AF204", "AF208", "AF405", "AF406"})),
    ("No external API calls that might be slow", frozenset({"AF201", "AF210", "AF404"})),
    ("No email sending (use background tasks)", frozenset({"AF401"})),
    ("No image/video processing (use background tasks)", frozenset({"AF403"})),
    ("No PDF generation (use background tasks)", frozenset({"AF402"})),
    ("All CPU-intensive work moved to `domain/tasks.py`", frozenset({"AF209", "AF212"})),
)


def handler_rows(
    reach: Reach, judgement: Judgement, plan: Plan, entries: Sequence[EntryPoint]
) -> tuple[HandlerRow, ...]:
    program = reach.effects.program
    rows = []
    for entry in entries:
        key = program.key(entry.function)
        if key is None or key not in judgement.verdicts or entry.kind not in HANDLERS:
            continue
        verdict = judgement.verdicts[key]
        before = Colour.ASYNC if program.scope(key).is_async else Colour.SYNC
        after = Colour.ASYNC if before is Colour.ASYNC or verdict.turns else Colour.SYNC
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
                tuple(sorted(remedies, key=order.index)),
                reason,
                plan.group_of.get(key, ""),
            )
        )
    return tuple(rows)


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
            found.append(_sync_handler(reach, key, verdict, entry, group))
        if verdict.plan is not None:
            for mended in verdict.plan.mended:
                found.append(_of_site(reach, mended, label, group))
        is_left = verdict.plan is None or (verdict.reason is not None and not verdict.turns)
        if is_left and entry is not None and entry.kind in HANDLERS and not _is_in_a_thread(verdict):
            for site in reach.own(key):
                if site.kind in KNOWN_HARM or (site.target and reach.flags(site.target) & KNOWN_HARM):
                    found.append(
                        _of_site(reach, Mended(site, RemedyKind.LEAVE, reason=verdict.reason), label, group)
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


def _sync_handler(reach: Reach, key: Key, verdict: Verdict, entry: EntryPoint, group: str) -> Finding:
    span = reach.effects.program.scope(key).span
    name = reach.effects.program.scope(key).name
    if verdict.turns:
        assert verdict.plan is not None
        text = (
            "its body moves to the thread pool as it is" if verdict.plan.whole_body else "becomes `async def`"
        )
        remedy = RemedyKind.WHOLE_BODY if verdict.plan.whole_body else RemedyKind.AWAIT
        return Finding(
            "AF101",
            f"{name} is a sync handler",
            entry.location,
            span,
            entry.label,
            (),
            remedy,
            text,
            group=group,
        )
    chain = verdict.reason.chain if verdict.reason else ()
    text = verdict.reason.text if verdict.reason else ""
    return Finding(
        "AF101", f"{name} is a sync handler", entry.location, span, entry.label, chain,
        RemedyKind.LEAVE, text, Applicability.MANUAL, group,
    )  # fmt: skip


def _of_site(reach: Reach, mended: Mended, handler: str, group: str) -> Finding:
    site = mended.site
    chain: tuple[Hop, ...] = ()
    last: Site | None = site
    lacks_await = mended.remedy is RemedyKind.AWAIT and _is_awaitable(reach, site)
    if site.target is not None and not lacks_await:
        for wanted in (KNOWN_HARM, HARMFUL, frozenset({SiteKind.ASYNC})):
            rest, last = reach.chain(site.target, wanted)
            if last is not None:
                break
        qualname = reach.effects.program.scope(site.target).qualname.replace(".<locals>", "")
        chain = (Hop(f"{qualname}()", place_of(site)), *rest)
    text = mended.text or (mended.reason.text if mended.reason else "")
    if mended.remedy is RemedyKind.AWAIT and not lacks_await:
        text = "is awaited; it becomes async as well"
    is_of_await = lacks_await or (mended.remedy is RemedyKind.AWAIT and not _is_harm(last))
    return Finding(
        code=MISSING_AWAIT_CODE if is_of_await else _code(last),
        message=_message(site, last, lacks_await=lacks_await, becomes_async=is_of_await),
        location=place_of(site),
        span=Span(*site.span),
        handler=handler,
        chain=chain,
        remedy=mended.remedy,
        remedy_text=text,
        applicability=Applicability.MANUAL if mended.remedy is RemedyKind.LEAVE else Applicability.SAFE,
        group=group,
    )


def _is_awaitable(reach: Reach, site: Site) -> bool:
    """As the program is now; a call of a function that only turns with this change lacks no await."""
    if site.target is None:
        return site.kind is SiteKind.ASYNC
    return reach.effects.program.scope(site.target).is_async


def _is_harm(site: Site | None) -> bool:
    return site is not None and site.kind in HARMFUL


def _code(site: Site | None) -> str:
    if site is not None and site.why == MARKED:
        return CODE_OF_CATEGORY["cpu"]
    if site is None or site.entry is None:
        return UNKNOWN_CODE
    return CODE_OF_CATEGORY.get(site.entry.category, UNKNOWN_CODE)


def _message(site: Site, last: Site | None, *, lacks_await: bool, becomes_async: bool) -> str:
    if lacks_await:
        return f"{_short(site.name)} must be awaited"
    if becomes_async:
        return f"{_short(site.name)} waits" + (f" for {_short(last.name)}" if last is not None else "")
    if last is None or last.kind is SiteKind.UNKNOWN:
        return f"nobody knows whether {_short(site.name) or 'this call'} blocks: {(last or site).why}"
    if last.entry is COMPUTES:
        return f"{'this' if last is site else _short(site.name)} may compute for long: {last.why}"
    verb = "blocks" if last.kind in (SiteKind.BLOCKING, SiteKind.SESSION) else "is slow work"
    if last is site or last.why == MARKED:
        return f"{_short(site.name)} {verb}" + (f": {MARKED}" if last.why == MARKED else "")
    return f"{_short(site.name)} {verb}: it reaches {_short(last.name)}"


def _short(name: str) -> str:
    return name.rpartition(":")[2].replace("builtins.", "").replace(".<locals>", "")


def refusals(
    rows: Iterable[HandlerRow], reach: Reach, judgement: Judgement, plan: Plan
) -> tuple[Reason, ...]:
    """Everything not converted, each with its reason: handlers first, then sites left in async functions."""
    found = [row.reason for row in rows if row.reason is not None and row.after is Colour.SYNC]
    for _, verdict in sorted(judgement.verdicts.items()):
        for mended in verdict.plan.mended if verdict.plan is not None else ():
            if mended.remedy is RemedyKind.LEAVE and mended.reason is not None:
                found.append(_left(_of_site(reach, mended, "", ""), mended.site, mended.reason))
    return tuple(dict.fromkeys([*found, *plan.refused.values()]))


def held_back(
    rows: Iterable[HandlerRow], found: Iterable[Finding], held: Mapping[str, Reason]
) -> tuple[tuple[HandlerRow, ...], tuple[Finding, ...]]:
    """The rows when the groups of these ids are not carried out."""
    return (
        tuple(_stays(row, held[row.group]) if row.group in held else row for row in rows),
        tuple(
            _left_alone(finding, held[finding.group]) if finding.group in held else finding
            for finding in found
        ),
    )


def _stays(row: HandlerRow, why: Reason) -> HandlerRow:
    return replace(row, after=row.before, reason=why, group="", remedies=())


def _left_alone(finding: Finding, why: Reason) -> Finding:
    return replace(
        finding, remedy=RemedyKind.LEAVE, remedy_text=why.text, applicability=Applicability.MANUAL, group=""
    )


def _left(row: Finding, site: Site, why: Reason) -> Reason:
    """What blocks and stays; the reason goes on where the message has named the call."""
    name = _short(site.name)
    text = why.text.replace(site.name, name) if site.name else why.text
    rest = text.removeprefix(f"{name} ")
    text = f"{row.message}; {'it ' if rest != text else ''}{rest}"
    return Reason("AF908", text, row.location, row.chain, why.hint)


def checklist(found: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    counts = Counter(f.code for f in found)
    return tuple((text, sum(counts[code] for code in codes)) for text, codes in CHECKLIST)
