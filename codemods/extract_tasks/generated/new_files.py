"""The files that tasks need: broker, tasks module, test environment; and what is left for the user to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources

import msgspec

from ...analysis.syntax import FileSyntax
from ...model import Code, Edit, ImportNeed, TaskDefinition, slot
from . import tasks_module
from .app_files import BeforeTeardown, First
from .as_main import imported_inside, named_as_imported
from .brokers import IN_MEMORY, Broker, find_broker, is_started
from .conftests import conftest_files
from .layout import LINE_LENGTH
from .lifespan import lifespan_edits
from .place import TasksPlace, serving, tasks_module_place
from .queues import QUEUES, Queue
from .task_tests import tests_of

__all__ = [
    "DEPLOYMENTS",
    "BeforeTeardown",
    "Broker",
    "First",
    "TaskFiles",
    "TasksPlace",
    "broker_text",
    "find_broker",
    "lifespan_edits",
    "next_steps",
    "serving",
    "task_files",
    "tasks_module_place",
]


PROCFILE = "Procfile"
DEPLOYMENTS = (PROCFILE, "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


class TaskFiles(msgspec.Struct, frozen=True):
    """Texts of new files, edits of existing ones, and the statements that start and stop the broker."""

    texts: Mapping[str, str] = msgspec.field(default_factory=dict)
    edits: Mapping[str, tuple[Edit, ...]] = msgspec.field(default_factory=dict)
    startup: tuple[Code, ...] = ()
    shutdown: tuple[Code, ...] = ()


def task_files(
    place: TasksPlace,
    tasks: Sequence[TaskDefinition],
    texts: Mapping[str, str],
    tests: Sequence[str] = (),
    *,
    idle_tests: frozenset[str] = frozenset(),
    declared: str = "",
    broker: Broker | None = None,
    queue: Queue = QUEUES["redis"],
    line_length: int = LINE_LENGTH,
    with_tests: bool = False,
    uploads: str = "",
) -> TaskFiles:
    """`texts` are all files of the project, `tests` the paths of its tests, of which `idle_tests` reach no
    task, `declared` its dependency files.

    `broker` is one that the project has: then none is made, and if the project starts it, nothing else does.
    `uploads` is the folder for uploads that tasks read.
    """
    path, module = place.path, place.module
    own_broker, results, stored = map(place.beside, ("broker", "results", "uploads"))
    made: dict[str, str] = {}
    edits: dict[str, tuple[Edit, ...]] = {}
    tops = _tops(path, module, texts)
    if path in texts and texts[path].strip():
        edits[path] = tasks_module.added(texts[path], tasks)
    else:
        made[path] = tasks_module.new_module(tasks, tops, line_length)
    for inside in sorted(imported_inside(tasks)):
        home = place.file_of(inside)
        if home in texts and (edit := named_as_imported(FileSyntax(home, texts[home]), inside)) is not None:
            edits[home] = (edit,)
    own = broker.need if broker is not None else ImportNeed(own_broker.module, "broker")
    if broker is None and own_broker.path not in texts:
        made[own_broker.path] = broker_text(place, queue, declared)
    if any(task.gives_result for task in tasks) and results.path not in texts:
        made[results.path] = _template("results").format(broker_module=own.module, broker=own.name)
    needed = {need.module for task in tasks for need in task.source.needs}
    if stored.module in needed and stored.path not in texts:
        made[stored.path] = _template("uploads").format(folder=_quoted(uploads))
    made.update(_package_files(place, texts))
    conftest_texts, conftest_edits = conftest_files(tests, texts, tops, idle_tests)
    if broker is None or broker.is_ours:
        made.update(conftest_texts)
        edits.update(conftest_edits)
    if with_tests and (text := tests_of(tasks, module)):
        made.setdefault(_tests_path(tests, texts), text)
    is_theirs = broker is not None and is_started(texts)
    startup, shutdown = ((), ()) if is_theirs else (_startup(own), _shutdown(own))
    return TaskFiles(made, edits, startup, shutdown)


def _tests_path(tests: Sequence[str], texts: Mapping[str, str]) -> str:
    """In the outermost folder that holds tests."""
    folders = [path.rpartition("/")[0] for path in tests if path.endswith("conftest.py")] or [
        path.rpartition("/")[0] for path in tests
    ]
    folder = min(folders, key=lambda each: (each.count("/"), each), default="tests")
    names = ("test_tasks.py", "test_domain_tasks.py", "test_taskiq_tasks.py")
    paths = [f"{folder}/{name}" if folder else name for name in names]
    return next((path for path in paths if path not in texts), paths[-1])


def _startup(broker: ImportNeed) -> tuple[Code, ...]:
    text = f"if not {slot(0)}.is_worker_process:\n    await {slot(0)}.startup()"
    return (Code(text, (broker,)),)


def _shutdown(broker: ImportNeed) -> tuple[Code, ...]:
    text = f"if not {slot(0)}.is_worker_process:\n    await {slot(0)}.shutdown()"
    return (BeforeTeardown(text, (broker,)),)


def _template(name: str) -> str:
    return (resources.files(__package__) / "templates" / f"{name}.txt").read_text(encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def broker_text(place: TasksPlace, queue: Queue, declared: str = "") -> str:
    return _template("broker").format(
        worker=place.worker(f"{place.beside('broker').module}:broker"),
        url=queue.url,
        schemes=queue.schemes,
        made=queue.lines(declared),
    )


def _package_files(place: TasksPlace, texts: Mapping[str, str]) -> dict[str, str]:
    """`__init__.py` for a new package, where the packages beside it have one."""
    if not place.folder or any(path.startswith(f"{place.folder}/") for path in texts):
        return {}
    parent = place.folder.rpartition("/")[0]
    prefix = f"{parent}/" if parent else ""
    inits = [path for path in texts if path.startswith(prefix) and path.endswith("/__init__.py")]
    beside = [path for path in inits if path[len(prefix) :].count("/") == 1]
    return {f"{place.folder}/__init__.py": ""} if beside else {}


def _tops(path: str, module: str, texts: Mapping[str, str]) -> frozenset[str]:
    """The names under which the project's own packages and modules are imported."""
    root = path.removesuffix(module.replace(".", "/") + ".py")
    inner = [each[len(root) :] for each in texts if each.startswith(root)]
    return frozenset(
        {each.partition("/")[0].removesuffix(".py") for each in inner} | {module.partition(".")[0]}
    )


_STOPS_WITH_ITS_ANSWER = re.compile(r"""\bMangum\([^)]*lifespan\s*=\s*["']off["']""")
_READ_ENV_FILES = {
    "BaseSettings": "your settings class reads",
    "load_dotenv": "your application loads, and not the worker before it starts,",
}


def next_steps(
    place: TasksPlace,
    broker: Broker | None = None,
    texts: Mapping[str, str] | None = None,
    queue: Queue = QUEUES["redis"],
    deployed: Sequence[str] = (),
) -> tuple[str, ...]:
    """What is printed after a run that made tasks at `place`; `broker` is one that the project has.

    `deployed` are the names of the files that say which processes there are.
    """
    if broker is not None and not broker.is_ours:
        return _with_their_broker(place, broker)
    made = str(broker) if broker is not None else f"{place.beside('broker').module}:broker"
    steps = [
        f"set TASKIQ_BROKER_URL={queue.url} for the web process and the worker; "
        "without it tasks run in the web process",
        f"run the worker, and deploy it before the web process: {place.worker(made)}",
    ]
    for name in deployed:
        command = place.worker(made)
        line = f"worker: {command}" if name == PROCFILE else f"a service with `command: {command}`"
        steps.append(f"add to {name}: {line}")
    written = "\n".join((texts or {}).values())
    if _STOPS_WITH_ITS_ANSWER.search(written):
        steps.append(
            'on AWS Lambda with lifespan="off" a task in the web process stops with the answer: '
            "there must be a TASKIQ_BROKER_URL, and a worker elsewhere"
        )
    reader = next((reader for word, reader in _READ_ENV_FILES.items() if word in written), "")
    if reader:
        where = f"a .env file that only {reader} does not set it"
        steps.append(f"TASKIQ_BROKER_URL is read from the environment: {where}")
    return tuple(steps)


def _with_their_broker(place: TasksPlace, broker: Broker) -> tuple[str, ...]:
    if broker.kind == IN_MEMORY:
        return (
            f"{broker} is an InMemoryBroker: the new tasks run in the web process, and no worker takes them",
        )
    command = place.worker(str(broker))
    return (f"the worker must know the new tasks; deploy it before the web process: {command}",)
