"""Scripts that work on sessions outside all functions: they are analysed once more with these statements in a
function. What the function is called by then starts a loop, or is awaited when the application starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from msgspec.structs import replace

from ...analysis.index.facts import ModuleFacts
from ...analysis.syntax import Syntax, extent
from ...analysis.view import Views
from ...databases import Conversion, Main, main_of
from ..analysis import Analysis, Judged
from ..edits.spans import spans_of
from ..exported import Exported
from ..indexing import index_all
from ..text.lines import newline_of, split_lines
from ..text.statements import read
from .left_out import info_of
from .met import are_met_by, served_by_handlers
from .relocate import lines_of, relocated

Analyse = Callable[[Sequence[ModuleFacts], Mapping[str, str]], Analysis]


def analyse_with_mains(analyse: Analyse, facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
    """The program as it is, where its database goes async or such a function would not help."""
    plain = analyse(facts, texts)
    mains = _mains(plain, texts)
    if not mains:
        return plain
    left = [each for each in plain.database.obstacles if each.location and each.location.path not in mains]
    if are_met_by(plain, served_by_handlers(plain), left):
        return told_of(plain, replace(plain.database, obstacles=tuple(left)))
    made = {path: _with_main(texts[path], main) for path, main in mains.items()}
    staged = {path: text for path, text in made.items() if text is not None}
    known = {each.path: each for each in facts if each.path not in staged}
    seen = {**texts, **staged}
    found = analyse(index_all(map(info_of, facts), seen, known)[0], seen)
    if found.database:
        return replace(found, staged={**staged, **found.staged})
    return told(plain, found, staged, texts)


def told(plain: Analysis, found: Analysis, staged: Mapping[str, str], texts: Mapping[str, str]) -> Analysis:
    """The program as it is, with what keeps the database sync in the `staged` texts, if it is more."""
    lines = {path: lines_of(texts[path], text, {}) for path, text in staged.items()}
    obstacles = found.database.obstacles
    if not obstacles:
        return plain
    database = replace(  # all else is about functions of the other program
        plain.database,
        obstacles=relocated(obstacles, lines),
        at_engine=relocated(found.database.at_engine, lines),
        kept_sync=relocated(found.database.kept_sync, lines),
    )
    return told_of(plain, database)


def told_of(plain: Analysis, database: Conversion) -> Analysis:
    return replace(plain, database=database, judged=cache(lambda: _told_why(plain.judged(), database)))


def _told_why(judged: Judged, database: Conversion) -> Judged:
    sync = judged.stays_sync
    if sync is None:
        return judged
    obstacles = (*database.obstacles, *database.kept_sync)
    return replace(judged, stays_sync=replace(sync, obstacles=obstacles, at_engine=database.at_engine))


def _mains(plain: Analysis, texts: Mapping[str, str]) -> Mapping[str, Main]:
    """What becomes such a function, by file, if nothing else in the file stands in the way."""
    stuck: dict[str, set[int]] = defaultdict(set)
    for each in plain.database.obstacles if plain.database.at_engine is None else ():
        if each.location is None or each.location.path not in plain.program.modules:
            return {}
        stuck[each.location.path].add(each.location.line)
    found: dict[str, Main] = {}
    exported = Exported(plain)
    views = Views(plain.reach.effects.inference, Syntax(texts.__getitem__))
    for path, lines in sorted(stuck.items()):
        edits = plain.database.edits.get(path, ())
        changed = {span.line for edit in edits for span in spans_of(edit)}
        main = main_of(views.of(path), lines, changed, exported.of(path))
        if main is not None and lines <= {*range(main.run[0].lineno, extent(main.run[-1]).stop)}:
            found[path] = main
    return found


def _with_main(text: str, main: Main) -> str | None:
    """The text with the function; a comment goes with the statement below it."""
    source = read(text)
    if source is None:
        return None
    end = newline_of(text)
    lines = split_lines(text)
    first, last = _above(lines, main.run[0].lineno), extent(main.run[-1]).stop - 1
    tokens = [each for statement in source.statements for each in statement]
    inside = {row + 1 for each in tokens for row in range(each.row + 1, each.end_row + 1)}
    unit = "" if main.guard is not None else source.indent_unit
    body = [
        line if number in inside or not line.strip() else unit + line
        for number, line in enumerate(lines[first - 1 : last], first)
    ]
    if not body[-1].endswith(("\r", "\n")):
        body[-1] += end
    function = [f"def {main.name}() -> None:{end}", *body]
    call = f"{main.name}(){end}"
    if main.guard is None:
        before, behind = lines[: first - 1], [call, *lines[last:]]
    else:
        opening = _above(lines, main.guard.lineno)
        before = lines[: opening - 1]
        margin = source.indent_unit
        behind = [*lines[opening - 1 : first - 1], f"{margin}{call}", *lines[last:]]
    while before and not before[-1].strip():
        before.pop()
    apart = [end, end]
    return "".join([*before, *(apart if before else ()), *function, *apart, *behind])


def _above(lines: Sequence[str], number: int) -> int:
    """The first line of the comment directly above a line, or this."""
    while number > 1 and lines[number - 2].lstrip().startswith("#"):
        number -= 1
    return number
