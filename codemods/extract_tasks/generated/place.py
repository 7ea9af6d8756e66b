"""Where the tasks module lies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, count

import msgspec
from msgspec.structs import replace

from ...frameworks.names import API_LAYER
from ...model import ImportNeed
from .brokers import task_modules

DEFAULT = "domain.tasks"
_OF_AN_EARLIER_RUN = ("TASKIQ_BROKER_URL", "async def result_of(", "def opened_upload(")
"""By these the modules are known that an earlier run made beside the tasks."""
_SERVING = ("FastAPI(", "APIRouter(", "Starlette(")
_SERVES = re.compile(r"\b(FastAPI|APIRouter|Starlette)\(")


class TasksPlace(msgspec.Struct, frozen=True):
    path: str
    module: str
    taken: frozenset[str] = frozenset()
    """Names of modules and packages beside it that are the user's."""

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    def worker(self, broker: str) -> str:
        """The command that runs a worker: in a `src` layout it is told where the modules lie."""
        where = "--app-dir src " if f"/{self._root}".endswith("/src/") else ""
        return f"taskiq worker {where}{broker} {self.module}"

    def file_of(self, module: str) -> str:
        """Where a module lies that tasks import."""
        return f"{self._root}{module.replace('.', '/')}.py"

    @property
    def _root(self) -> str:
        return self.path.removesuffix(f"{self.module.replace('.', '/')}.py")

    def beside(self, name: str) -> TasksPlace:
        """Where `broker`, `results` or `uploads` lies: under another name if that one is the user's."""
        others = (f"task_{name}{number}" for number in count(2))
        free = next(each for each in chain((name, f"task_{name}"), others) if each not in self.taken)
        package = self.module.rpartition(".")[0]
        return TasksPlace(f"{self.folder}/{free}.py".lstrip("/"), f"{package}.{free}".lstrip("."))


def serving(api: Sequence[str], roots: Mapping[str, str], texts: Mapping[str, str]) -> Sequence[str]:
    """The files of the API layer, without scripts that lie beside it where the whole repository is given.

    All of `api` where one package holds it; else those that make routers or applications, below the import
    root of most of them.
    """
    found = [path for path in api if _serves(texts.get(path, ""))] or list(api)
    counted = Counter(roots.get(path, "") for path in found)
    root = min(counted, key=lambda each: (-counted[each], each), default="")
    if all(roots.get(path, "") == root for path in api) and _own_folder(api, root):
        return api
    return [path for path in found if roots.get(path, "") == root]


def _serves(text: str) -> bool:
    """Most files hold none of the words, which is seen at once without the expression."""
    return any(word in text for word in _SERVING) and _SERVES.search(text) is not None


def tasks_module_place(
    api: Sequence[str],
    modules: Mapping[str, str],
    roots: Mapping[str, str],
    texts: Mapping[str, str],
    tasks_module: str = DEFAULT,
    broker: ImportNeed | None = None,
) -> TasksPlace:
    """What the project has comes first: `domain/tasks.py` from the API layer's folder upwards, a module in
    which its `broker` makes tasks, a `domain` package. Else `domain/` beside the package of the API layer.

    `api` are the paths of the API layer; `modules` maps each project path to its dotted module, `roots` to
    its import root. A module named in the config counts from the root.
    """
    found = _tasks_module(api, modules, roots, texts, tasks_module, broker)
    return replace(found, taken=_taken(found.folder, texts))


def _taken(folder: str, texts: Mapping[str, str]) -> frozenset[str]:
    prefix = f"{folder}/" if folder else ""
    beside = {path.removeprefix(prefix): text for path, text in texts.items() if path.startswith(prefix)}
    packages = {
        path.partition("/")[0] for path in beside if path.endswith("/__init__.py") and path.count("/") == 1
    }
    files = {
        path.removesuffix(".py")
        for path, text in beside.items()
        if "/" not in path and not any(mark in text for mark in _OF_AN_EARLIER_RUN)
    }
    return frozenset(packages | files)


def _tasks_module(
    api: Sequence[str],
    modules: Mapping[str, str],
    roots: Mapping[str, str],
    texts: Mapping[str, str],
    tasks_module: str,
    broker: ImportNeed | None,
) -> TasksPlace:
    root = roots.get(min(api, default=""), "")
    if tasks_module != DEFAULT:
        return _place(root, tasks_module)
    own = _own_folder(api, root)
    upwards = [".".join([*own[:length], DEFAULT]) for length in range(len(own), -1, -1)]
    known = {module: path for path, module in modules.items() if roots.get(path, "") == root}
    for module in upwards:
        if module in known:
            return TasksPlace(known[module], module)
    elsewhere = _with_tasks(api, modules, texts, broker) if broker is not None else ""
    if elsewhere:
        return TasksPlace(elsewhere, modules[elsewhere])
    for module in upwards:
        package = module.rpartition(".")[0]
        if package in known or any(name.startswith(f"{package}.") for name in known):
            return _place(root, module)
    return _place(root, ".".join([*_beside(own, api, root, modules, texts), DEFAULT]))


def _with_tasks(
    api: Sequence[str], modules: Mapping[str, str], texts: Mapping[str, str], broker: ImportNeed
) -> str:
    """The module that holds the project's tasks, one named `tasks` first; routes are no place for them."""
    found = [
        path for path in task_modules(texts, modules, broker) if path not in api or path.endswith("tasks.py")
    ]
    return min(found, key=lambda path: (not path.endswith("tasks.py"), path), default="")


def _own_folder(api: Sequence[str], root: str) -> list[str]:
    """The innermost package that holds all of the API layer."""
    common: list[str] = []
    for parts in zip(*(path.split("/")[:-1] for path in api), strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return common[len(root.split("/")) if root else 0 :]


def _beside(
    own: list[str], api: Sequence[str], root: str, modules: Mapping[str, str], texts: Mapping[str, str]
) -> list[str]:
    """The package above the layer; a folder that holds other things than routes is the application itself."""
    folder = list(own)
    while folder and API_LAYER.fullmatch(folder[-1]):
        folder.pop()
    if folder != own or not folder:
        return folder
    inside = "/".join([*([root] if root else []), *folder]) + "/"
    others = [p for p in modules if p.startswith(inside) and p not in api and not p.endswith("__init__.py")]
    is_application = others or any("FastAPI(" in texts.get(path, "") for path in api)
    return folder if is_application else folder[:-1]


def _place(root: str, module: str) -> TasksPlace:
    return TasksPlace("/".join([*([root] if root else []), *module.split(".")]) + ".py", module)
