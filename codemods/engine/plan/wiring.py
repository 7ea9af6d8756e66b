"""Starting and stopping what is new, where the project's applications start and stop."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ...analysis.index.bindings import Import
from ...analysis.link.infer import Inference
from ...analysis.link.program import Key, Program
from ...analysis.syntax import FileSyntax, span_of
from ...databases import OBSTACLE
from ...extract_tasks.generated.app_files import First
from ...extract_tasks.generated.apps import apps, function_named, lifespan_value
from ...extract_tasks.generated.lifespan import lifespan_edits
from ...extract_tasks.generated.pins import newest
from ...extract_tasks.sites import NO_LIFESPAN
from ...frameworks.events import files_with_events
from ...model import Code, Edit, Reason, Span, Startup, Support
from .applications import application_files, strays, that_load

_LIFESPAN_SINCE = (0, 93)
"""The version of FastAPI from which on it takes a `lifespan`; before, it said nothing and did nothing."""


class Wiring(msgspec.Struct, frozen=True):
    edits: Mapping[str, Sequence[Edit]] = msgspec.field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    """Why something could not be wired up; without a place where no application was found."""

    def notes(self, *, starts: bool, closes: bool) -> tuple[str, ...]:
        """What a person has to do: a broker `starts`, and clients are to be closed."""
        broker = "call startup() and shutdown() of the broker where the application starts and stops"
        clients = "call what closes the shared clients where the application stops"
        steps = ", and ".join([*([broker] if starts else ()), *([clients] if closes else ())])
        found = [f"{r.location.path}: {r.text}" if r.location else r.text for r in self.reasons]
        return (f"by hand: {steps} ({'; '.join(dict.fromkeys(found))})",) if found else ()


class Users(msgspec.Struct, frozen=True):
    """Who comes to use what is new."""

    files: frozenset[str] = frozenset()
    serving: frozenset[str] = frozenset()
    """Those of them that hold handlers."""
    is_changed: Callable[[Key], bool] = lambda handler: True
    """Does the handler come to use it?"""


def not_started(
    inference: Inference, file: Callable[[str], FileSyntax], supports: Iterable[Support], declared: str
) -> tuple[Reason, ...]:
    """What keeps applications from doing at their start what their modules did at import: it would be done by
    nobody."""
    moved = [each for each in supports if isinstance(each, Startup)]
    homes = ", ".join(sorted({each.home for each in moved}))
    text = f"what {homes} does at import would have to wait until the application starts"
    return tuple(
        Reason(OBSTACLE, f"{text}: {reason.text}", reason.location)
        for reason in wire(inference, file, moved, (), (), Users(), declared).reasons
    )


def wire(
    inference: Inference,
    file: Callable[[str], FileSyntax],
    moved: Sequence[Startup],
    startup: Sequence[Code],
    shutdown: Sequence[Code],
    users: Users,
    declared: str = "",
    finds: Callable[[str, str], bool] = lambda path, module: True,
) -> Wiring:
    """`moved`: what modules did at import, for the applications that load them; all else is for those that
    load one of `users`, of those where the file `finds` the modules that it needs."""
    if not [*moved, *startup, *shutdown]:
        return Wiring()
    edits: dict[str, list[Edit]] = defaultdict(list)
    reasons: list[Reason] = []
    program = inference.program
    paths = application_files(inference, file)
    needed = {need.module for code in (*startup, *shutdown) for need in code.needs}
    finding = [path for path in paths if all(finds(path, module) for module in needed)]
    using = that_load(program, users.files, finding, users.serving)
    moved_to = {each: that_load(program, frozenset({each.home}), paths) for each in moved}
    pinned = newest("fastapi", declared)
    is_too_old = pinned is not None and pinned < _LIFESPAN_SINCE
    with_events = files_with_events(inference)
    for path in paths:
        first: list[Code] = [
            First(each.code.text, each.code.needs) for each in moved if path in moved_to[each]
        ]
        first += startup if path in using else ()
        last = shutdown if path in using else ()
        if not first and not last:
            continue
        elsewhere = is_too_old or bool(with_events - {path})
        has_moved = any(path in moved_to[each] for each in moved)
        without = strays(program, file(path), users.is_changed) if not has_moved else frozenset()
        here, functions = _lifespans(program, file(path), without)
        for target, names in functions.items():
            new, left = lifespan_edits(file(target), first, last, functions=names)
            edits[target].extend(new)
            reasons.extend(left)
        if here:
            new, left = lifespan_edits(file(path), first, last, events_elsewhere=elsewhere, without=without)
            edits[path].extend(new)
            reasons.extend(left)
    if not finding:
        reasons.append(Reason(NO_LIFESPAN, "no application was found"))
    return Wiring({path: found for path, found in edits.items() if found}, tuple(dict.fromkeys(reasons)))


def _lifespans(
    program: Program, file: FileSyntax, without: frozenset[Span]
) -> tuple[bool, dict[str, tuple[str, ...]]]:
    """Is something to be done in this file; and functions of other files that are the lifespan of an app made
    here."""
    here, others = False, defaultdict(list)
    for app in (each for each in apps(file) if span_of(each.call) not in without):
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
