"""Runs of a function that do the same, under whatever names, share one inner function.

for row in rows:                        def read_image(name):
    image = read(folder / row.image)        return read(folder / name)
    ..                             ->
    cover = read(folder / row.cover)    ..
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Hashable, Iterator, Sequence

from msgspec.structs import replace

from ..analysis.flow.runs import region
from ..analysis.nodes import TRIES, walk
from ..analysis.syntax import span_of
from ..model import Edit, ExtractToThread, Span
from .extraction import parameters_above
from .frame import Frame
from .places import block_of, bound_by, place_above


def shared(frame: Frame, edits: Sequence[Edit]) -> list[Edit]:
    """The edits, where a run that is equal to one before it calls the function of that one."""
    statements = {span_of(node): node for node in frame.nodes if isinstance(node, ast.stmt)}
    extractions = sorted(
        (edit for edit in edits if isinstance(edit, ExtractToThread)), key=lambda edit: edit.first
    )
    made: dict[Hashable, list[ExtractToThread]] = {}
    same: dict[ExtractToThread, ExtractToThread] = {}
    places: dict[ExtractToThread, Span] = {}
    for edit in extractions:
        run = _run(frame, edit, statements)
        shape = _shape(frame, run, edit)
        if shape is None:
            continue
        for first in made.get(shape, ()):
            place = _place_for_both(frame, statements[places[first]], edit, run)
            if place is not None:
                places[first], same[edit] = span_of(place), first
                break
        else:
            made.setdefault(shape, []).append(edit)
            places[edit] = edit.before
    if not same:
        return [*edits]
    names = dict(_names(extractions, [edit for edit in extractions if edit not in same]))
    return [
        edit
        if not isinstance(edit, ExtractToThread)
        else replace(edit, name=names[same[edit]], stands=True)
        if edit in same
        else replace(edit, name=names[edit], before=places.get(edit, edit.before))
        for edit in edits
    ]


def _run(frame: Frame, edit: ExtractToThread, statements: dict[Span, ast.stmt]) -> list[ast.stmt]:
    block = block_of(frame, statements[edit.first])
    return block[block.index(statements[edit.first]) : block.index(statements[edit.last]) + 1]


def _place_for_both(
    frame: Frame, place: ast.stmt, edit: ExtractToThread, run: Sequence[ast.stmt]
) -> ast.stmt | None:
    """Where the function that stands above `place` is seen by this run as well: there, or above the `try` of
    which each is in a handler, where it needs nothing that is bound later."""
    if any(node in block_of(frame, place) for node in (run[0], *frame.file.above(run[0]))):
        return place
    around = [*frame.file.above(run[0])]
    attempt = next((above for above in frame.within(place) if above in around), None)
    if not isinstance(attempt, TRIES) or edit.parameters:
        return None
    above = place_above(frame, attempt)
    facts = region(frame.function, run[0], run[-1])
    return above if parameters_above(frame, run, above, facts) == () else None


def _shape(frame: Frame, run: Sequence[ast.stmt], edit: ExtractToThread) -> Hashable | None:
    """What two runs have in common that are equal but for the names of their variables."""
    lines = frame.file.text.splitlines()[edit.first.line - 1 : edit.last.end_line]
    if any("#" in line for line in lines):  # what is said of one of them would be lost
        return None
    nodes = [node for statement in run for node in walk(statement)]
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    kept = {name for node in nodes if not isinstance(node, ast.Name) for name in bound_by(node)}
    kept |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    numbered = _Numbered({*edit.parameters, *stored} - kept - {*edit.global_names})
    text = [ast.dump(numbered.visit(copy.deepcopy(statement))) for statement in run]
    given = tuple(numbered.names.get(name, name) for name in edit.parameters)
    results = tuple(numbered.names.get(name, name) for name in edit.results)
    return (*text, given, results, edit.returns, edit.is_tuple, edit.gives, edit.global_names)


class _Numbered(ast.NodeTransformer):
    def __init__(self, own: set[str]) -> None:
        self.names: dict[str, str] = {}
        self._own = own

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in self._own:
            node.id = self.names.setdefault(node.id, f"{len(self.names)}")
        return node


def _names(
    extractions: Sequence[ExtractToThread], kept: Sequence[ExtractToThread]
) -> Iterator[tuple[ExtractToThread, str]]:
    """Those that are left are numbered without gaps."""
    families: dict[str, list[str]] = {}
    for edit in extractions:
        families.setdefault(_family(edit), []).append(edit.name)
    free = {family: iter(names) for family, names in families.items()}
    for edit in kept:
        yield edit, next(free[_family(edit)])


def _family(edit: ExtractToThread) -> str:
    return re.sub(r"_\d+$", "", edit.name)
