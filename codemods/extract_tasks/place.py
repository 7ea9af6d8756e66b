"""Where the tasks module lies, and which broker its tasks belong to."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model import ImportNeed

DEFAULT = "domain.tasks"


@dataclass(frozen=True, slots=True)
class TasksPlace:
    path: str
    module: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def broker_path(self) -> str:
        return f"{self.folder}/broker.py" if self.folder else "broker.py"

    @property
    def broker_module(self) -> str:
        return f"{self.module.rpartition('.')[0]}.broker".lstrip(".")


def tasks_module_place(
    api: Sequence[str], modules: Mapping[str, str], roots: Mapping[str, str], tasks_module: str = DEFAULT
) -> TasksPlace:
    """`domain/` beside the package of the API layer; a module named in the config counts from the root.

    `api` are the paths of the API layer; `modules` maps each project path to its dotted module, `roots` to
    its import root.
    """
    first = min(api, default="")
    root = roots.get(first, "")
    inner = tasks_module
    if tasks_module == DEFAULT and not _is_there(tasks_module, modules):
        beside = _beside(api, root)
        candidate = ".".join([*beside, tasks_module])
        if all(
            modules.get(_path(root, [*beside[: n + 1], "__init__"])) is not None for n in range(len(beside))
        ):
            inner = candidate
    return TasksPlace(_path(root, inner.split(".")), inner)


def _is_there(module: str, modules: Mapping[str, str]) -> bool:
    package = module.rpartition(".")[0]
    return any(name in (module, package) or name.startswith(f"{package}.") for name in modules.values())


def _path(root: str, parts: Sequence[str]) -> str:
    return "/".join([*([root] if root else []), *parts]) + ".py"


def _beside(api: Sequence[str], root: str) -> list[str]:
    """The packages above the folder of the API layer."""
    folders = [path.split("/")[:-1] for path in api]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    depth = len(root.split("/")) if root else 0
    return common[depth:-1] if len(common) > depth else []


def find_broker(texts: Mapping[str, str], modules: Mapping[str, str]) -> ImportNeed | None:
    """A module-level name of the project that is a Taskiq broker; `modules` maps paths to dotted names."""
    for path in sorted(texts):
        text = texts[path]
        if path not in modules or "taskiq" not in text or "roker" not in text:
            continue
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in tree.body:
            if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
                continue
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and _makes_broker(tree, node.value):
                return ImportNeed(modules[path], target.id)
    return None


def _makes_broker(tree: ast.Module, value: ast.expr) -> bool:
    """`RedisStreamBroker(..).with_result_backend(..)`, or a call of a function here that returns a broker."""
    node: ast.AST = value
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.endswith("Broker") or _returns_broker(tree, name):
                return True
            node = node.func
        else:
            node = node.value
    return False


def _returns_broker(tree: ast.Module, name: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef)
        and node.name == name
        and node.returns is not None
        and ast.unparse(node.returns).endswith("Broker")
        for node in tree.body
    )
