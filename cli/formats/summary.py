"""What stands below the findings or the diff: refusals, numbers, next steps, the house's checklist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...codemods.engine.codes import name_of
from ...codemods.model import Colour, EntryKind, HandlerRow, NoteKind, Reason, SyncDatabase
from ..chosen.view import View, is_converted
from ..shared import words
from ..shared.paper import line
from ..shared.places import Places

OBSTACLE = "AF917"
LEFT = "AF908"
_SOME = 5
_PLURAL = {"dependency": "dependencies"}
TITLES = {
    NoteKind.BEHAVIOUR: "What behaves differently",
    NoteKind.WAITS: "Slow work for which requests still wait",
    NoteKind.IN_PROCESS: "Slow work that stays in the web process, behind the response",
    NoteKind.CELERY: "Tasks of Celery that stay",
    NoteKind.TOGETHER: "Requests that could wait at the same time",
}


def refusals(out: Console, shown: View, places: Places) -> None:
    """Everything that is not converted, by reason; places with the same words under one line."""
    if not shown.refusals and not shown.report.dropped:
        return
    labels = {row.reason: row.entry.label for row in shown.handlers if row.reason is not None}
    line(out, ("Not converted, and why", "bold underline"))
    for code in sorted({reason.code for reason in shown.refusals}):
        same = [reason for reason in shown.refusals if reason.code == code]
        line(out, (code, "yellow"), f" {name_of(code)} ({len(same)})", indent=2)
        if code == OBSTACLE:
            _obstacles(out, same, places)
            continue
        for hint in dict.fromkeys(reason.hint for reason in same):
            _same_hint(out, [reason for reason in same if reason.hint == hint], labels, places)
            if hint:
                line(out, (hint, "dim"), indent=4)
    for group, why in shown.report.dropped:
        line(out, (f"change group {group.id} ({group.title}) failed a proof: {why}", "red"), indent=2)
        line(out, ("a bug of async-fix: nothing of the group is written; please report it", "dim"), indent=4)
    out.print()


def _same_hint(out: Console, reasons: Sequence[Reason], labels: Mapping[Reason, str], places: Places) -> None:
    whys: dict[str, list[tuple[Reason, str]]] = {}
    for reason in reasons:
        # what stays on the loop is named there, and the chain says what it reaches
        named, _, why = reason.text.partition("; ") if reason.code == LEFT else ("", "", reason.text)
        whys.setdefault(why or named, []).append((reason, named if why else ""))
    for why, same in whys.items():
        line(out, why, indent=4)
        for reason, named in same:
            label = labels.get(reason, "")
            where = places.at(reason.location) if reason.location else ""
            what = words.chain(label, reason.chain) if reason.chain else label or named
            line(out, (where, "bold"), f"  {what}" if where and what else what, indent=6, hang=4)


def _obstacles(out: Console, reasons: Sequence[Reason], places: Places) -> None:
    """Of large databases there are thousands: the commonest kinds first, some places of each."""
    kinds: dict[str, list[Reason]] = {}
    for reason in reasons:
        kinds.setdefault(words.kind(reason.text), []).append(reason)
    for kind, same in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        texts = dict.fromkeys(reason.text for reason in same)
        number = f" ({len(same)})" if len(same) > 1 else ""
        line(out, f"{kind if len(texts) > 1 else same[0].text}{number}", indent=4)
        for reason in same[:_SOME]:
            where = places.at(reason.location) if reason.location else ""
            line(out, (where, "bold"), f"  {reason.text}" if len(texts) > 1 else "", indent=6)
        if len(same) > _SOME:
            line(out, (f"and {len(same) - _SOME} more: --format json lists them all", "dim"), indent=6)
        for hint in dict.fromkeys(reason.hint for reason in same if reason.hint):
            line(out, (hint, "dim"), indent=4)


_IN_PIECES = {
    "beside": "the given routes move to an async engine of their own, with twins of what they share",
    "run-sync": "the same, with bodies and helpers sync as they are, run by the async session",
}


_OF_OTHERS = "not possible, the project makes no engine of SQLAlchemy or SQLModel"


def database(out: Console, shown: View, places: Places) -> None:
    """What can be done about a database that stays sync: what this run has judged, and how to have the rest
    judged."""
    sync = shown.report.database
    if sync is None:
        return
    some = sync.strategy == "native" and sync.moved
    line(out, (f"{'Some databases stay' if some else 'The database stays'} sync", "bold underline"))
    if len(sync.names) > 1:
        names = f"{', '.join(sync.names)}; --database NAME=STRATEGY is for one of them"
        line(out, ("databases  ", "bold"), names, indent=2, hang=8)
    moved = sync.moved if sync.strategy in _IN_PIECES else 0
    routes = words.count(sync.routes + moved, "route")
    rows = {"native": _native(sync, routes)}
    for name, text in _IN_PIECES.items():
        rows[name] = f"{text}: {_in_pieces(sync, name, routes, places)}"
    can = f"{sync.in_threads} of {words.count(sync.routes, 'route')} become async def"
    rows["thread"] = f"{can}, with their work on the session in a thread (--database thread)"
    rows["leave"] = "they stay def, and are not looked at again"
    for name, text in rows.items():
        line(out, (f"{name}  ", "bold"), text, indent=2, hang=8)
    out.print()


def _native(sync: SyncDatabase, routes: str) -> str:
    if sync.strategy == "native" and not sync.obstacles:
        return "the config gives it another strategy" if sync.names else _OF_OTHERS
    if sync.strategy != "native":
        return "all of it becomes async at once (check --database native tells what stands in the way)"
    count = words.count(len(sync.obstacles), "place")
    return (
        f"{count} to clear, listed under {OBSTACLE}, then what else calls them, such as scripts and tests; "
        f"with nothing left, all of it becomes async, with {routes}"
    )


def database_steps(shown: View, paths: str) -> list[str]:
    """What the user can do about a database that cannot go as a whole; `paths` as the command line takes
    them."""
    sync = shown.report.database
    if sync is None or sync.strategy != "native" or (sync.names and not sync.obstacles):
        return []
    if sync.in_threads:
        what = f"make {sync.in_threads} of its {words.count(sync.routes, 'route')} async def by threads"
        return [f"the database stays sync for now: {what}: async-fix apply --database thread{paths}"]
    if sync.at_engine is None and (sync.names or sync.obstacles):
        what = "see which of its routes can move to an async engine beside it"
        return [f"the database stays sync for now: {what}: async-fix check --database beside{paths}"]
    return []


def _in_pieces(sync: SyncDatabase, name: str, routes: str, places: Places) -> str:
    if sync.at_engine is not None and sync.at_engine.location is not None:
        return f"not possible, {sync.at_engine.text} ({places.at(sync.at_engine.location)})"
    if not sync.names and not sync.obstacles:
        return _OF_OTHERS
    if sync.strategy == name:
        return f"{sync.moved} of {routes} move, what keeps the others is listed under {OBSTACLE}"
    return f"check --database {name} tells which of {routes} can"


def numbers(out: Console, shown: View, *, done: bool) -> None:
    """The table of handlers by kind, the reasons of those that stay, and how much changes."""
    line(out, ("Summary", "bold underline"))
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for column in ("", "already async", "converted" if done else "to convert", "kept def"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    kinds = [kind for kind in EntryKind if any(row.entry.kind is kind for row in shown.handlers)]
    for kind in kinds:
        rows = [row for row in shown.handlers if row.entry.kind is kind]
        _numbers(table, _PLURAL.get(kind.value, f"{kind.value}s"), rows)
    if len(kinds) > 1:
        _numbers(table, "all", shown.handlers)
    out.print(table, soft_wrap=False)
    kept = [row.reason for row in shown.handlers if row.after is Colour.SYNC and row.reason is not None]
    for code in sorted({reason.code for reason in kept}):
        same = [reason for reason in kept if reason.code == code]
        line(out, f"{len(same)} kept def: ", (code, "yellow"), f" {name_of(code)}", indent=2)
    counts = shown.counts
    made = (
        f"calls that block: {counts['awaits']} awaited, {counts['offloads']} in the thread pool",
        f"{words.count(counts['tasks'], 'task')} {'made' if done else 'to make'}",
        words.count(len(shown.report.groups), "change group"),
    )
    line(out, "; ".join(made), indent=2)
    for text in _hidden(shown):
        line(out, text, indent=2)
    out.print()


def clean(out: Console, shown: View) -> None:
    """All that `check` has to say where it finds nothing."""
    hidden = "; ".join(_hidden(shown))
    tail = f" ({hidden})" if hidden else ""
    line(out, ("Nothing found", "green"), f" in {words.count(len(shown.handlers), 'handler')}{tail}.")


def _hidden(shown: View) -> Iterator[str]:
    if shown.suppressed:
        yield f"{words.count(shown.suppressed, 'finding')} ignored by comments or the config"
    if shown.known:
        yield f"{words.count(shown.known, 'finding')} known before"


def _numbers(table: Table, name: str, rows: Iterable[HandlerRow]) -> None:
    rows = list(rows)
    already = sum(row.before is Colour.ASYNC for row in rows)
    cells = (already, sum(map(is_converted, rows)), sum(row.after is Colour.SYNC for row in rows))
    table.add_row(Text(f"  {name}"), *(str(cell) for cell in cells))


def behaviour(out: Console, shown: View, places: Places) -> None:
    """What clients or operators may notice, and slow work for which a request still waits."""
    notes = sorted(
        shown.notes, key=lambda note: (note.location.path, note.location.line) if note.location else ()
    )
    for kind, title in TITLES.items():
        some = [note for note in notes if note.kind is kind]
        if some:
            line(out, (title, "bold underline"))
            said: dict[tuple[str, str], list[str]] = {}
            for note in some:
                at = said.setdefault((note.text, note.hint), [])
                place = places.at(note.location) if note.location else ""
                at += [place] if place and place not in at else []
            for (text, hint), at in said.items():
                _said_of(out, text, hint, at)
            out.print()


def _said_of(out: Console, text: str, hint: str, at: Sequence[str]) -> None:
    """One place is named ahead of the text, several are listed below it."""
    where = f"{at[0]}: " if len(at) == 1 else ""
    number = f" ({len(at)})" if len(at) > 1 else ""
    behind = (f" ({hint})" if hint else "", "dim")
    line(out, "- ", (where, "bold"), text, behind, number, indent=2, hang=2)
    if number:
        line(out, (", ".join(at), "bold"), indent=6, hang=0)


def next_steps(out: Console, steps: Sequence[str]) -> None:
    if steps:
        line(out, ("What to do next", "bold underline"))
        for number, step in enumerate(steps, 1):
            line(out, f"{number}. {step}", indent=2, hang=3)
        out.print()


def checklist(out: Console, shown: View) -> None:
    line(out, ("The house's checklist", "bold underline"))
    for text, count in shown.checklist:
        mark = ("[-]", "dim") if count is None else ("[ ]", "red") if count else ("[x]", "green")
        tail = (
            "  (not looked at)" if count is None else f"  ({words.count(count, 'finding')})" if count else ""
        )
        line(out, mark, f" {text}", (tail, "red" if count else "dim"), indent=2, hang=4)
