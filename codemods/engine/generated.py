"""Generated and extended files of a run: where they lie, what they hold, and what the user must do about them."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..analysis.kinds import Ext
from ..analysis.program import CallKey
from ..analysis.syntax import FileSyntax
from ..extract_tasks import generate
from ..model import ChangeGroup, Code, Edit, NewFile, Reason, Startup
from . import support
from .analysis import Analysis, FileInfo, Settings
from .config import Config
from .project import Project
from .support import Place

_NO_LIFESPAN = re.compile(r"(?mi)^\W*fastapi(?:\[[^\]]*\])?\W*==\W*0\.(?:\d|[1-8]\d|9[0-2])\b")
"""FastAPI took a `lifespan` and said nothing before 0.93."""
_DEPENDENCY_FILES = ("pyproject.toml", "requirements*.txt", "requirements/*.txt", "setup.py", "setup.cfg", "Pipfile")


@dataclass(frozen=True)
class Made:
    """New texts of generated modules, edits that wire them up, and the top-level packages they bring."""

    texts: Mapping[str, str] = field(default_factory=dict)
    edits: Mapping[str, list[Edit]] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def settings(project: Project, texts: Mapping[str, str], config: Config) -> Settings:
    modules = {file.path: file.module for file in project.files}
    roots = {file.path: file.root for file in project.files}
    api = frozenset(path for path in project.api if path in texts)
    return Settings(
        config=config,
        api=api,
        http_library=_http_library(project.root, config),
        http_place=_http_place(modules, api, roots, texts),
        tasks_place=generate.tasks_module_place(sorted(api), modules, roots, config.tasks_module),
        broker=generate.find_broker(texts, modules),
        declared=_declared(project.root),
    )


def _http_place(
    modules: Mapping[str, str], api: frozenset[str], roots: Mapping[str, str], texts: Mapping[str, str]
) -> Place:
    """The module of an earlier run is used again; a module of the user's of that name is not touched."""
    from ..async_clients.client_module import MARK

    theirs = {path: module for path, module in modules.items() if MARK not in texts.get(path, "")}
    return support.http_client_place(theirs, sorted(api), roots)


def _http_library(root: Path, config: Config) -> str:
    """Whichever the project declares; httpx2 when it has neither."""
    if config.http_client != "auto":
        return config.http_client
    declared = _declared(root)
    if re.search(r"(?mi)\bhttpx2\b", declared):
        return "httpx2"
    return "httpx" if re.search(r"(?mi)\bhttpx\b(?!-)", declared) else "httpx2"


def file_info(path: str, project: Project) -> FileInfo:
    """How a new file is known to the program."""
    roots = sorted({file.root for file in project.files}, key=len, reverse=True)
    root = next((r for r in roots if not r or path.startswith(f"{r}/")), "")
    inner = path[len(root) + 1 :] if root else path
    module = inner[: -len(".py")].replace("/", ".")
    is_package = module.endswith("__init__")
    return FileInfo(path, module.removesuffix(".__init__"), root, is_package, False)


def files(
    project: Project, settings_: Settings, groups: Sequence[ChangeGroup], analysis: Analysis, texts: Mapping[str, str]
) -> Made:
    clients, tasks, _ = support.wanted(groups)
    made: dict[str, str] = {s.path: s.text for group in groups for s in group.support if isinstance(s, NewFile)}
    edits: dict[str, list[Edit]] = defaultdict(list)
    packages: set[str] = set()
    startup: list[Code] = [
        generate.First(s.code.text, s.code.needs) for group in groups for s in group.support if isinstance(s, Startup)
    ]
    shutdown: list[Code] = []
    if tasks:
        task_files = generate.task_files(
            settings_.tasks_place.path,
            settings_.tasks_place.module,
            tasks,
            texts,
            _tests(project),
            declared=_declared(project.root),
            broker=settings_.broker,
        )
        made.update(task_files.texts)
        for path, more in task_files.edits.items():
            edits[path].extend(more)
        packages.add(settings_.tasks_place.module.partition(".")[0])
        startup.extend(task_files.startup)
        shutdown.extend(task_files.shutdown)
    if clients:
        place = settings_.http_place
        made[place.path] = support.http_client_text(place, texts.get(place.path), clients)
        packages.add(place.module.partition(".")[0])
        shutdown.append(support.closing(place))
    notes: list[str] = []
    if startup or shutdown:
        for path in _application_files(analysis):
            old = bool(_NO_LIFESPAN.search(_declared(project.root)))
            found = generate.lifespan_edits(FileSyntax(path, texts[path]), startup, shutdown, events_elsewhere=old)
            if isinstance(found, Reason):
                notes.append(f"{path}: {found.text}")
            else:
                edits[path].extend(found)
    return Made(made, edits, frozenset(packages), tuple(notes))


def _application_files(analysis: Analysis) -> list[str]:
    """Files in which a FastAPI or Starlette application is made."""
    found: set[str] = set()
    program = analysis.program
    for name in ("FastAPI", "Starlette"):
        for call in program.calls_by_name.get(name, ()):
            if program.modules[call.path].facts.is_test:
                continue
            kinds = analysis.reach.effects.inference.callees(CallKey(*call))
            if any(isinstance(k, Ext) and k.name in ("fastapi.FastAPI", "starlette.applications.Starlette") for k in kinds):
                found.add(call.path)
    return sorted(found)


def _tests(project: Project) -> tuple[str, ...]:
    return tuple(file.path for file in project.files if file.is_test)


def next_steps(project: Project, settings_: Settings, groups: Sequence[ChangeGroup]) -> tuple[str, ...]:
    clients, tasks, dependencies = support.wanted(groups)
    steps: list[str] = []
    if clients and not _declares(project.root, settings_.http_library):
        steps.append(f"add the dependency {settings_.http_library}")
    if tasks:
        dependencies += generate.dependencies(_declared(project.root))
    steps.extend(
        f"add the dependency {d.distribution}{d.specifier} ({d.why})"
        for d in dependencies
        if not _declares(project.root, d.distribution)
    )
    if tasks:
        steps.extend(generate.next_steps(settings_.tasks_place.module))
    return tuple(dict.fromkeys(steps))


def _declares(root: Path, distribution: str) -> bool:
    return bool(re.search(rf"(?mi)\b{re.escape(distribution)}\b(?!-)", _declared(root)))


def _declared(root: Path) -> str:
    """The text of the files that name the project's dependencies."""
    found: list[str] = []
    for pattern in _DEPENDENCY_FILES:
        for path in sorted(root.glob(pattern)):
            with contextlib.suppress(OSError):
                found.append(path.read_text(encoding="utf-8", errors="replace"))
    return "\n".join(found)
