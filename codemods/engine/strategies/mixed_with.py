"""One `with` that enters a session and something that is not async: the program is analysed once more with
statements in each other.

    with SessionLocal() as db, open(path) as f:          with SessionLocal() as db:
        ...                                       ->         with open(path) as f:
                                                                 ...
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ...analysis.index.facts import ModuleFacts
from ...model import SplitWith
from ..analysis import Analysis
from ..indexing import index_all
from .left_out import info_of
from .mains import Analyse, told, told_of
from .met import apart_from


def analyse_with_split(analyse: Analyse, facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
    """The program as it is, where nothing is to be split or its database stays sync all the same."""
    plain = analyse(facts, texts)
    if plain.database or not plain.database.mixed:
        return plain
    edits: dict[str, list[SplitWith]] = defaultdict(list)
    for path, edit in dict.fromkeys(plain.database.mixed):
        edits[path].append(edit)
    left = apart_from(edits, plain.database.obstacles)
    if any(each.location is None or each.location.path not in edits for each in left):
        return told_of(plain, replace(plain.database, obstacles=left))
    from ..rewrite import rewrite  # LibCST is imported only when something is rewritten

    staged = {path: rewrite(texts[path], found) for path, found in edits.items()}
    known = {each.path: each for each in facts if each.path not in staged}
    seen = {**texts, **staged}
    found = analyse(index_all(map(info_of, facts), seen, known)[0], seen)
    if found.database:
        return replace(found, staged={**staged, **found.staged})
    return told(plain, found, staged, texts)
