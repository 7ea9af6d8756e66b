"""Verdicts -> change groups: what must change together, under a short stable id."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from ...analysis.judge.reaching.reach import Reach
from ...analysis.judge.turning.verdicts import FunctionPlan, Judgement
from ...analysis.link.program import Key, Program
from ...databases import Conversion
from ...model import (
    Applicability,
    AwaitExpression,
    ChangeGroup,
    Edit,
    EntryPoint,
    Location,
    Note,
    NoteKind,
    Reason,
    Span,
    Support,
)
from .clashes import clashes
from .out_of_sight import Sight, out_of_sight
from .uneditable import uneditable
from .waiting import still_waiting


class Plan(msgspec.Struct, frozen=True):
    groups: tuple[ChangeGroup, ...]
    group_of: Mapping[Key, str]
    refused: Mapping[str, Reason]
    """Groups, by id, whose edits get in each other's way, or that need what they would not find."""
    left: tuple[Note, ...] = ()
    """What is to be said of functions in which nothing changes."""


def plan(
    reach: Reach,
    judgement: Judgement,
    entries: Sequence[EntryPoint],
    database: Conversion = Conversion(),
    told: Callable[[Key], Iterable[Note]] = lambda function: (),
    beside: Callable[[Key], Iterable[Key]] = lambda function: (),
    generated: Mapping[str, str] = MappingProxyType({}),
    read: Callable[[str], str] = lambda path: "",
) -> Plan:
    """Functions that await each other belong together; the rest of the verdicts are groups of their own.

    `told` is what there is to tell of a function beside its plan; `beside` is what else turns with
    it; `generated` are the modules that may be made, with their import roots; `read` gives the text of a
    file.
    """
    program = reach.effects.program
    labels = {program.key(entry.function): entry.label for entry in entries}
    changing = {
        key: verdict.plan
        for key, verdict in sorted(judgement.verdicts.items())
        if verdict.plan is not None and (verdict.turns or verdict.plan.edits)
    }
    waits = still_waiting(reach, judgement)
    groups: list[ChangeGroup] = []
    group_of: dict[Key, str] = {}
    places: dict[str, Location] = {}
    for members in _components(reach, judgement, changing, database, beside):
        whole = database if database and database.whole.functions & set(members) else Conversion()
        plans = {key: changing[key] for key in members}
        made = _group(program, plans, labels, whole, {group.id for group in groups})
        more = dict.fromkeys(note for member in members for note in (*waits.get(member, ()), *told(member)))
        made = replace(made, notes=(*made.notes, *more))
        groups.append(made)
        group_of.update(dict.fromkeys(members, made.id))
        places[made.id] = program.location(members[0])
    refused = {
        group.id: Reason("AF912", f"two edits claim line {line} of {path}", places[group.id])
        for group, path, line in clashes(groups, partial(_coroutines, program))
    }
    for group, path, module in out_of_sight(groups, Sight(program, generated)):
        text = f"{path} would not find {module}, which is made below {generated[module] or 'the root'}"
        hint = f"convert one application at a time: async-fix apply {program.modules[path].facts.root or '.'}"
        refused[group.id] = Reason("AF932", text, places[group.id], hint=hint)
    for group, line, why in uneditable(groups, read):
        text = f"line {line.line} of {line.path} {why}, and could not be edited without a change of its bytes"
        refused[group.id] = Reason("AF934", text, line, hint="put the form feed or line end right first")
    still = [judgement.verdicts[key] for key in sorted(judgement.verdicts.keys() - changing.keys())]
    told_of = ((*v.plan.notes, *waits.get(v.function, ())) for v in still if v.plan)
    notes = (note for found in told_of for note in found)
    left = dict.fromkeys(note for note in notes if note.kind is not NoteKind.BEHAVIOUR)
    return Plan(tuple(group for group in groups if group.id not in refused), group_of, refused, tuple(left))


def _coroutines(program: Program, path: str) -> list[Span]:
    """The async functions of a file."""
    functions = program.functions_of(path) if path in program.modules else ()
    return [scope.span for scope in map(program.scope, functions) if scope.is_async]


def _components(
    reach: Reach,
    judgement: Judgement,
    changing: Mapping[Key, FunctionPlan],
    database: Conversion,
    beside: Callable[[Key], Iterable[Key]],
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
    shared: dict[tuple[str, Edit], Key] = {}  # the construction of a client, a clause around two helpers
    for key, found in changing.items():
        for callee in reach.callees(key):
            if callee in judgement.turned:
                join(key, callee)
        for coroutine in found.brings | found.queued:
            if coroutine in leader:
                join(key, coroutine)
        if key in judgement.turned:
            for member in (*classes.family(key), *beside(key)):
                if member in leader:
                    join(key, member)
        for edit in found.edits:
            join(key, shared.setdefault(edit, key))
    together = [key for key in changing if database and key in database.whole.functions]
    for one, other in pairwise(together):
        join(one, other)
    members: dict[Key, list[Key]] = defaultdict(list)
    for key in changing:
        members[find(key)].append(key)
    return [tuple(found) for _, found in sorted(members.items())]


def _group(
    program: Program,
    plans: Mapping[Key, FunctionPlan],
    labels: Mapping[Key | None, str],
    database: Conversion,
    taken: set[str],
) -> ChangeGroup:
    gone = {place for found in plans.values() for place in found.taken_over}
    whole = {
        path: {
            edit: None
            for edit in found
            if not isinstance(edit, AwaitExpression) or (path, edit.span) not in gone
        }
        for path, found in database.edits.items()
    }
    edits: dict[str, dict[Edit, None]] = defaultdict(dict, whole)
    support: list[Support] = list(database.support)
    notes: list[Note] = list(database.notes)
    applicability = Applicability.SAFE
    for found in plans.values():
        for path, edit in found.edits:
            edits[path].setdefault(edit)
        support.extend(s for s in found.support if s not in support)
        notes.extend(n for n in found.notes if n not in notes)
        applicability = max(applicability, found.applicability, key=list(Applicability).index)
    ids = tuple(program.id(key) for key in plans)
    titles = [labels[key] for key in plans if key in labels]
    digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    return ChangeGroup(
        id=digest[:6] if digest[:6] not in taken else digest[:12],
        title=", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
        if titles
        else ids[0],
        functions=ids,
        edits={path: tuple(mine) for path, mine in sorted(edits.items())},
        support=tuple(support),
        notes=tuple(notes),
        applicability=applicability,
    )
