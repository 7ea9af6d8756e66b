"""Generated and extended files of a run: where they lie, what they hold, and what the user must do about
them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from ...analysis.link.import_graph import ImportGraph
from ...analysis.syntax import FileSyntax
from ...analysis.template_names import TemplateNames
from ...catalogue import Catalogue
from ...extract_tasks.generated import new_files
from ...extract_tasks.generated.hoisted import hoisted
from ...extract_tasks.generated.layout import LINE_LENGTH
from ...extract_tasks.generated.queues import QUEUES
from ...model import (
    ChangeGroup,
    Code,
    Edit,
    EntryKind,
    HttpClient,
    ImportNeed,
    NewFile,
    Startup,
    TaskDefinition,
    Template,
)
from ..analysis import Analysis
from ..indexing import FileInfo
from ..read.distributions import libraries
from ..read.import_roots import folder_of
from ..read.project import Project
from ..read.requests_settings import set_in
from ..settings.resolved import Settings
from ..text.wrap import wrap_long_lines
from . import support
from .client_place import http_client_place
from .out_of_sight import Sight, generated_roots
from .wiring import Users, wire

_HTTP_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+(httpx2?)\b", re.MULTILINE)


class Made(msgspec.Struct, frozen=True):
    """New texts of generated modules, edits that wire them up, and the top-level packages they bring."""

    texts: Mapping[str, str] = msgspec.field(default_factory=dict)
    edits: Mapping[str, list[Edit]] = msgspec.field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    """What no application could be made to do when it starts and stops."""


def settings(
    project: Project, texts: Mapping[str, str], templates: tuple[Template, ...], catalogue: Catalogue
) -> Settings:
    config = project.config
    modules = {file.path: file.module for file in project.files}
    roots = {file.path: file.root for file in project.files}
    apart = libraries(project.root, texts)
    api = frozenset(path for path in project.api if path in texts) - apart
    broker = new_files.find_broker(texts, modules)
    queue = broker.queue if broker else config.broker
    keeps_results = broker.keeps_results if broker else QUEUES[queue].keeps_results
    stores_uploads = config.uploads and not (broker and broker.tries_again)
    serving = new_files.serving(sorted(api), roots, texts)
    place = new_files.tasks_module_place(
        serving, modules, roots, texts, config.tasks_module, broker.need if broker else None
    )
    return Settings(
        config=config,
        api=api,
        http_library=_http_library(project, texts),
        http_place=http_client_place(project, serving, texts, catalogue.has_shared_clients),
        tasks_place=place,
        broker=broker,
        queue=queue,
        results=config.results if keeps_results else "offload",
        uploads=place.beside("uploads").module if stores_uploads else "",
        declared=project.declared.text,
        templates=TemplateNames(templates),
        commands=frozenset(project.named),
        databases=project.surroundings.databases,
        of_requests=_of_requests(project, texts),
        apart=apart,
        line_length=project.line_limit or LINE_LENGTH,
    )


def _http_library(project: Project, texts: Mapping[str, str]) -> str:
    """The one that the application imports already, or else declares, or its tests import; httpx2 when it has
    neither."""
    if project.config.http_client != "auto":
        return project.config.http_client
    declared = project.declared
    tests = set(_tests(project))
    served = frozenset(_imported_http(text for path, text in texts.items() if path not in tests))
    tested = frozenset(_imported_http(texts[path] for path in tests & texts.keys()))
    for names in (served, declared.runtime, declared.anywhere, tested):
        for library in ("httpx2", "httpx"):
            if library in names:
                return library
    return "httpx2"


def _of_requests(project: Project, texts: Mapping[str, str]) -> str:
    tests = set(_tests(project))
    in_code = {path: set_in(text) for path, text in texts.items() if "_CA_BUNDLE" in text or "NETRC" in text}
    found = {**project.surroundings.of_requests, **in_code}
    places = [
        f"{name} is set in {path}" for path, name in sorted(found.items()) if name and path not in tests
    ]
    return places[0] if places else ""


def _imported_http(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if "httpx" in text:
            yield from _HTTP_IMPORT.findall(text)


def file_info(path: str, project: Project) -> FileInfo:
    """How a new file is known to the program."""
    roots = sorted({file.root for file in project.files}, key=len, reverse=True)
    root = next((r for r in roots if not r or path.startswith(f"{r}/")), "")
    inner = path[len(root) + 1 :] if root else path
    module = inner[: -len(".py")].replace("/", ".")
    is_package = module.endswith("__init__")
    return FileInfo(path, module.removesuffix(".__init__"), root, is_package, False)


def files(
    project: Project,
    settings_: Settings,
    groups: Sequence[ChangeGroup],
    analysis: Analysis,
    texts: Mapping[str, str],
) -> Made:
    clients, tasks, _ = support.wanted(groups)
    supports = [support for group in groups for support in group.support]
    made: dict[str, str] = {each.path: each.text for each in supports if isinstance(each, NewFile)}
    edits: dict[str, list[Edit]] = defaultdict(list)
    packages: set[str] = set()
    moved = [each for each in supports if isinstance(each, Startup)]
    startup: list[Code] = []
    shutdown: list[Code] = []
    if tasks:
        tasks = [hoisted(task, _is_circular(settings_, analysis)) for task in tasks]
        task_files = new_files.task_files(
            settings_.tasks_place,
            tasks,
            {**texts, **made},
            (*_tests(project), *made),  # a conftest that a suite needs gets the line of the tasks as well
            idle_tests=_idle_tests(project, analysis),
            declared=project.declared.text,
            broker=settings_.broker,
            queue=QUEUES[settings_.queue],
            with_tests=settings_.config.with_tests,
            uploads=settings_.config.uploads,
            line_length=settings_.line_length,
        )
        limit = project.line_limit
        made.update((path, wrap_long_lines("", text, limit)) for path, text in task_files.texts.items())
        for path, more in task_files.edits.items():
            edits[path].extend(more)
        packages.add(settings_.tasks_place.module.partition(".")[0])
        startup.extend(task_files.startup)
        shutdown.extend(task_files.shutdown)
    closing: list[Code] = []
    for place, own in support.client_modules(settings_.http_place, clients):
        made[place.path] = support.http_client_text(texts.get(place.path), own)
        packages.add(place.module.partition(".")[0])
        code = support.closing(place, own)
        closing.extend([code] if code is not None else [])
    wired = wire(
        analysis.reach.effects.inference,
        lambda path: FileSyntax(path, texts[path]),
        moved,
        startup,
        [*shutdown, *closing],
        _users(groups, analysis),
        project.declared.text,
        Sight(analysis.program, generated_roots(settings_)).finds,
    )
    for path, found in wired.edits.items():
        edits[path].extend(found)
    return Made(made, edits, frozenset(packages), wired.notes(starts=bool(startup), closes=bool(closing)))


def _is_circular(settings_: Settings, analysis: Analysis) -> Callable[[ImportNeed], bool]:
    """Does an import load a file that imports the tasks module, or may, when all groups are carried out, and
    those of other handlers in later runs?"""
    routes = {entry.location.path for entry in analysis.entries if entry.kind is EntryKind.ROUTE}
    if not routes <= settings_.api:
        return lambda need: True
    graph = ImportGraph(analysis.program, within=settings_.tasks_place.path)
    queue = {settings_.tasks_place.path, *_queuing(analysis)}
    return lambda need: not queue.isdisjoint(graph.loads(f"{need.module}.{need.name}".rstrip(".")))


def _users(groups: Sequence[ChangeGroup], analysis: Analysis) -> Users:
    """The code that comes to use what starts and stops with an application."""
    program = analysis.program
    using = [g for g in groups if any(isinstance(each, (HttpClient, TaskDefinition)) for each in g.support)]
    paths = {path for group in using for path in group.edits if path in program.modules}
    files = frozenset(path for path in paths if not program.modules[path].facts.is_test)
    serving = {entry.location.path for entry in analysis.entries if entry.kind is EntryKind.ROUTE}
    changed = frozenset(program.key(function) for group in using for function in group.functions)
    return Users(files, files & serving, lambda key: not changed.isdisjoint(analysis.reach.below(key)))


def _tests(project: Project) -> tuple[str, ...]:
    return tuple(file.path for file in project.files if file.is_test)


def _idle_tests(project: Project, analysis: Analysis) -> frozenset[str]:
    """Those that load nothing that queues tasks; what one loads that cannot be read is not known."""
    graph, queuing = ImportGraph(analysis.program, late=True), _queuing(analysis)
    readable = (path for path in _tests(project) if path in analysis.program.modules)
    return frozenset(path for path in readable if queuing.isdisjoint(graph.behind([path])))


def _queuing(analysis: Analysis) -> frozenset[str]:
    groups = (g for g in analysis.plan.groups if any(isinstance(s, TaskDefinition) for s in g.support))
    return frozenset(path for group in groups for path in group.edits)


def _guessed_root(project: Project, texts: Mapping[str, str], created: Sequence[str]) -> Iterator[str]:
    """Where nobody tells from where the application starts, new modules may not be found."""
    new = [module for path in created if (module := file_info(path, project).module)]
    guessed = (each for each in project.files if each.is_root_guessed and each.path in project.api)
    file = next((each for each in guessed if "FastAPI(" in texts.get(each.path, "")), None)
    if file is not None and new:
        other = folder_of(file.root or file.path)
        module = file.path.removeprefix(f"{other}/")[: -len(".py")].replace("/", ".")
        yield (
            f"start it as `{file.module}`: nobody tells how it starts, and {new[0]} is imported from there; "
            f'for `{module}` apply with src = ["{other or "."}"] in the config'
        )


def next_steps(
    project: Project,
    settings_: Settings,
    groups: Sequence[ChangeGroup],
    texts: Mapping[str, str],
    created: Sequence[str] = (),
) -> tuple[str, ...]:
    """What the user has to do beside dependencies; `texts` are all files as they are, `created` the paths of
    new ones."""
    _, tasks, _ = support.wanted(groups)
    declared = project.declared
    steps: list[str] = []
    packages = {file_info(path, project).module.rpartition(".")[0] for path in created} - {""}
    missing = sorted(packages - declared.packages) if declared.packages is not None else []
    steps.extend(_guessed_root(project, texts, created))
    if missing:
        steps.append(f"add {', '.join(missing)} to `packages` of [tool.setuptools] in pyproject.toml")
    if settings_.results != settings_.config.results:
        keeper = settings_.broker or f"a broker for {settings_.queue}"
        steps.append(f"{keeper} keeps no results: what answers need is done in threads")
    if settings_.config.uploads and not settings_.uploads:
        text = "runs tasks that fail once more, and uploads are removed by the first run"
        steps.append(f"{settings_.broker} {text}: what reads them is done in threads")
    if tasks:
        queue = QUEUES[settings_.queue]
        homes = (project.root, *project.homes)
        deployed = [name for name in new_files.DEPLOYMENTS if any((home / name).is_file() for home in homes)]
        if any(need.module == settings_.uploads for task in tasks for need in task.source.needs):
            folder = settings_.config.uploads
            steps.append(f"let the web process and the workers share {folder}: uploads wait there for tasks")
        place = settings_.tasks_place
        steps.extend(new_files.next_steps(place, settings_.broker, texts, queue, deployed))
    return tuple(dict.fromkeys(steps))
