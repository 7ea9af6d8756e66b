"""Starting and stopping what is new, where the project's applications start and stop."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...analysis.index.bindings import Import
from ...analysis.link.kinds import Ext
from ...analysis.link.program import CallKey, Program
from ...analysis.syntax import FileSyntax
from ...extract_tasks.generated.apps import apps, function_named, lifespan_value
from ...extract_tasks.generated.lifespan import lifespan_edits
from ...extract_tasks.generated.pins import newest
from ...extract_tasks.sent.importable import ImportGraph
from ...frameworks.events import files_with_events
from ...frameworks.names import APPLICATIONS
from ...model import Code, Edit, Reason
from ..analysis import Analysis

_LIFESPAN_SINCE = (0, 93)
"""The version of FastAPI from which on it takes a `lifespan`; before, it said nothing and did nothing."""


@dataclass(frozen=True)
class Wiring:
    edits: Mapping[str, Sequence[Edit]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What could not be wired up, for a person to do."""


def wire(
    analysis: Analysis,
    texts: Mapping[str, str],
    startup: Sequence[Code],
    shutdown: Sequence[Code],
    users: frozenset[str],
    declared: str = "",
) -> Wiring:
    """`users`: the files that come to use what is new."""
    if not startup and not shutdown:
        return Wiring()
    edits: dict[str, list[Edit]] = defaultdict(list)
    notes: list[str] = []
    paths = _that_load(analysis.program, users, _application_files(analysis))
    pinned = newest("fastapi", declared)
    is_too_old = pinned is not None and pinned < _LIFESPAN_SINCE
    with_events = files_with_events(analysis.reach.effects.inference)
    for path in paths:
        file = FileSyntax(path, texts[path])
        elsewhere = is_too_old or bool(with_events - {path})
        here, functions = _lifespans(analysis.program, file)
        for target, names in functions.items():
            found = lifespan_edits(FileSyntax(target, texts[target]), startup, shutdown, functions=names)
            _take(found, target, edits, notes)
        if here:
            _take(lifespan_edits(file, startup, shutdown, events_elsewhere=elsewhere), path, edits, notes)
    if not paths:
        notes.append("no application was found")
    if not notes:
        return Wiring(edits)
    what = (
        "by hand: call startup() and shutdown() of the broker where the application starts and stops"
        if startup
        else "by hand: call what closes the shared clients where the application stops"
    )
    return Wiring(edits, (f"{what} ({'; '.join(dict.fromkeys(notes))})",))


def _take(
    found: tuple[Edit, ...] | Reason, path: str, edits: dict[str, list[Edit]], notes: list[str]
) -> None:
    if isinstance(found, Reason):
        notes.append(f"{path}: {found.text}")
    else:
        edits[path].extend(edit for edit in found if edit not in edits[path])


def _lifespans(program: Program, file: FileSyntax) -> tuple[bool, dict[str, tuple[str, ...]]]:
    """Is something to be done in this file; and functions of other files that are the lifespan of an app made
    here."""
    here, others = False, defaultdict(list)
    for app in apps(file):
        home = _imported_from(program, file, lifespan_value(file, app))
        if home is None:
            here = True
        else:
            others[home.path].append(home.name)
    return here, {path: tuple(dict.fromkeys(names)) for path, names in others.items()}


class _Home(NamedTuple):
    path: str
    name: str


def _imported_from(program: Program, file: FileSyntax, value: ast.expr | None) -> _Home | None:
    """The file of the project that `lifespan` or `events.lifespan` comes from, and its name there."""
    owner = value.value if isinstance(value, ast.Attribute) else value
    if not isinstance(owner, ast.Name) or function_named(file, owner.id) is not None:
        return None
    for binding in program.modules[file.path].names[0].get(owner.id, ()):
        if not isinstance(binding.value, Import):
            continue
        module, name = program.absolute(binding.value, file.path), binding.value.name
        if isinstance(value, ast.Attribute):
            module, name = ".".join(filter(None, (module, name))), value.attr
        path = program.module_path(module, file.path)
        return _Home(path, name) if path is not None and name else None
    return None


def _that_load(program: Program, users: frozenset[str], paths: Sequence[str]) -> Sequence[str]:
    """Of several applications in one repository those that load one of the files; all of them where a file
    is loaded in a way that nobody sees."""
    graph = ImportGraph(program, late=True)
    loaded = {path: graph.behind((path,)) for path in paths}
    if not users <= frozenset[str]().union(*loaded.values()):
        return paths
    return [path for path in paths if loaded[path] & users]


def _application_files(analysis: Analysis) -> list[str]:
    """Files in which a FastAPI or Starlette application is made."""
    found: set[str] = set()
    program = analysis.program
    for name in ("FastAPI", "Starlette"):
        for spelled in (name, *program.aliases.get(name, ())):
            for call in program.calls_by_name.get(spelled, ()):
                if program.modules[call.path].facts.is_test:
                    continue
                kinds = analysis.reach.effects.inference.callees(CallKey(*call))
                if any(isinstance(kind, Ext) and kind.name in APPLICATIONS for kind in kinds):
                    found.add(call.path)
    return sorted(found)
