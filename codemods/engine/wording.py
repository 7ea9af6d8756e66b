"""One blocking site, or one sync handler, in words: its code, what it reaches, what is done about it."""

from __future__ import annotations

from msgspec.structs import replace

from ..analysis.judge.effects.site import COMPUTES, Site, SiteKind
from ..analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM, MARKED, Reach
from ..analysis.judge.turning.verdicts import Mended, Verdict, place_of
from ..analysis.link.program import Key
from ..model import Applicability, EntryPoint, Finding, Hop, Reason, RemedyKind, Span

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
_SLOW = frozenset({SiteKind.SLOW})
"""What a call leads to first of all: a mail is said, and not the file that is read for it."""


def of_sync_handler(reach: Reach, key: Key, verdict: Verdict, entry: EntryPoint, group: str) -> Finding:
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


def of_site(reach: Reach, mended: Mended, handler: str, group: str) -> Finding:
    site = mended.site
    chain: tuple[Hop, ...] = ()
    last: Site | None = site
    lacks_await = mended.remedy is RemedyKind.AWAIT and _is_awaitable(reach, site)
    if site.target is not None and not lacks_await:
        for wanted in (_SLOW, KNOWN_HARM, HARMFUL, frozenset({SiteKind.ASYNC})):
            rest, last = reach.chain(site.target, wanted)
            if last is not None:
                break
        qualname = reach.effects.program.scope(site.target).qualname.replace(".<locals>", "")
        chain = (Hop(f"{qualname}()", place_of(site)), *rest)
    text = mended.text or (mended.reason.text if mended.reason else "")
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
        callee=_short(site.name),
    )


def that_waits(reach: Reach, mended: Mended) -> Mended | None:
    """With the one of all that may be called there which waits; None where none does, and what is called only
    becomes async with another one of its family."""
    site = mended.site
    if mended.remedy is not RemedyKind.AWAIT or site.target is None or _is_awaitable(reach, site):
        return mended
    others = reach.effects.of_call(site.call) if site.call is not None and site.form == "call" else ()
    for each in (site, *others):
        if each.target is not None and reach.chain(each.target, HARMFUL | {SiteKind.ASYNC})[1] is not None:
            return replace(mended, site=each)
    return None


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
        waited_for = f" for {_short(last.name)}" if last is not None and last is not site else ""
        return f"{_short(site.name)} waits{waited_for}"
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


def left(row: Finding, site: Site, why: Reason) -> Reason:
    """What blocks and stays; the reason goes on where the message has named the call."""
    name = _short(site.name)
    text = why.text.replace(site.name, name) if site.name else why.text
    rest = text.removeprefix(f"{name} ")
    text = f"{row.message}; {'it ' if rest != text else ''}{rest}"
    return Reason("AF908", text, row.location, row.chain, why.hint)
