"""Verdicts -> change groups: what must change together, under a short stable id."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..analysis.judge import Judgement, Verdict
from ..analysis.program import Key, Program
from ..analysis.reach import Reach
from ..databases import Conversion
from ..model import Applicability, ChangeGroup, Edit, EntryPoint, Note, Reason, RemoveParameter, Support


@dataclass(frozen=True, slots=True)
class Plan:
    groups: tuple[ChangeGroup, ...]
    group_of: Mapping[Key, str]
    conflicts: tuple[Reason, ...]


def plan(
    reach: Reach, judgement: Judgement, entries: Sequence[EntryPoint], database: Conversion = Conversion()
) -> Plan:
    """Functions that await each other belong together; the rest of the verdicts are groups of their own."""
    program = reach.effects.program
    labels = {program.key(entry.function): entry.label for entry in entries}
    changing = [key for key, verdict in sorted(judgement.verdicts.items()) if _changes(verdict)]
    groups: list[ChangeGroup] = []
    group_of: dict[Key, str] = {}
    conflicts: list[Reason] = []
    for members in _components(reach, judgement, changing, database):
        whole = database if database and database.whole.functions & set(members) else Conversion()
        made = _group(program, judgement, members, labels, whole)
        if isinstance(made, Reason):
            conflicts.append(made)
            continue
        groups.append(made)
        group_of.update(dict.fromkeys(members, made.id))
    return Plan(tuple(groups), group_of, tuple(conflicts))


def _changes(verdict: Verdict) -> bool:
    return verdict.turns or bool(verdict.plan and verdict.plan.edits)


def _components(
    reach: Reach, judgement: Judgement, changing: Sequence[Key], database: Conversion
) -> Iterable[tuple[Key, ...]]:
    leader = {key: key for key in changing}

    def find(key: Key) -> Key:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    def join(a: Key, b: Key) -> None:
        first, second = sorted((find(a), find(b)))
        leader[second] = first

    classes = reach.effects.inference.classes
    for key in changing:
        for callee in reach.callees(key):
            if callee in judgement.turned:
                join(key, callee)
        if key in judgement.turned:
            for member in classes.family(key):
                if member in leader:
                    join(key, member)
    shared: dict[tuple[str, Edit], Key] = {}  # the construction of a client, a clause around two helpers
    for key in changing:
        found = judgement.verdicts[key].plan
        for edit in found.edits if found is not None else ():
            join(key, shared.setdefault(edit, key))
    together = [key for key in changing if database and key in database.whole.functions]
    for key in together:
        join(together[0], key)
    members: dict[Key, list[Key]] = defaultdict(list)
    for key in changing:
        members[find(key)].append(key)
    return [tuple(found) for _, found in sorted(members.items())]


def _group(
    program: Program,
    judgement: Judgement,
    members: tuple[Key, ...],
    labels: Mapping[Key | None, str],
    database: Conversion,
) -> ChangeGroup | Reason:
    edits: dict[str, list[Edit]] = defaultdict(list, {path: list(found) for path, found in database.edits.items()})
    support: list[Support] = list(database.support)
    notes: list[Note] = list(database.notes)
    applicability = Applicability.SAFE
    for key in members:
        verdict = judgement.verdicts[key]
        assert verdict.plan is not None
        for path, edit in verdict.plan.edits:
            if edit not in edits[path]:
                edits[path].append(edit)
        support.extend(s for s in verdict.plan.support if s not in support)
        notes.extend(n for n in verdict.plan.notes if n not in notes)
        if verdict.plan.applicability is not Applicability.SAFE:
            applicability = verdict.plan.applicability
    clash = _clash(edits)
    if clash is not None:
        return Reason("AF912", f"two edits claim line {clash[1]} of {clash[0]}", program.location(members[0]))
    ids = tuple(program.id(key) for key in members)
    titles = [labels[key] for key in members if key in labels]
    return ChangeGroup(
        id=hashlib.sha256("\n".join(ids).encode()).hexdigest()[:6],
        title=", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "") if titles else ids[0],
        functions=ids,
        edits={path: tuple(found) for path, found in sorted(edits.items())},
        support=tuple(support),
        notes=tuple(notes),
        applicability=applicability,
    )


def _clash(edits: Mapping[str, Sequence[Edit]]) -> tuple[str, int] | None:
    """Two different edits of one kind on one span, or two that replace the same span."""
    for path, found in edits.items():
        seen: dict[object, Edit] = {}
        for edit in found:
            span = getattr(edit, "span", None)
            if span is None:
                continue
            key = (type(edit).__name__, span, edit.name if isinstance(edit, RemoveParameter) else "")
            if key in seen:
                return path, span.line
            seen[key] = edit
    return None
