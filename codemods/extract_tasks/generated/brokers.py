"""The Taskiq broker that a project has, and the modules in which it makes tasks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import msgspec

from ...analysis.scopes import FUNCTIONS, frame_nodes, own_nodes
from ...model import ImportNeed
from ..finding.work import called

_TASK = re.compile(r"@\w+(\.\w+)*\.task\b")
_STARTS = re.compile(r"await \w+(\.\w+)*\.startup\(")
_TRIES_AGAIN = re.compile(r"RetryMiddleware\b|\bdef on_error\(.*\.(kick|kiq)", re.DOTALL)
"""Whatever file of the project adds it to the broker: of Taskiq, or a middleware of its own."""
_OF_AN_EARLIER_RUN = "TASKIQ_BROKER_URL"
IN_MEMORY = "InMemoryBroker"
_SERVERS = {"AioPikaBroker": "rabbitmq", "JetStreamBroker": "nats"}


class Broker(msgspec.Struct, frozen=True):
    """A module-level name of the project that is a Taskiq broker."""

    need: ImportNeed
    kind: str
    """The class, as far as it can be seen: `RedisStreamBroker`; `AsyncBroker` where a function chooses."""
    is_ours: bool = False
    """Made by an earlier run."""
    keeps_results: bool = False
    tries_again: bool = False
    """A task that fails may be run once more."""
    queue: str = "redis"
    """The server that holds what is queued."""

    def __str__(self) -> str:
        return f"{self.need.module}:{self.need.name}"


def find_broker(texts: Mapping[str, str], modules: Mapping[str, str]) -> Broker | None:
    """The one that has tasks, if there are several; `modules` maps paths to dotted names."""
    found = list(_brokers(texts, modules))
    used = {need for path in texts for need in _task_brokers(path, texts, modules)}
    return next((broker for broker in found if broker.need in used), found[0] if found else None)


def task_modules(texts: Mapping[str, str], modules: Mapping[str, str], broker: ImportNeed) -> tuple[str, ...]:
    """Paths of the modules in which `broker` decorates tasks."""
    return tuple(path for path in sorted(texts) if broker in _task_brokers(path, texts, modules))


def is_started(texts: Mapping[str, str]) -> bool:
    """Does the project start a broker itself?"""
    return any("taskiq" in text or "roker" in text for text in texts.values() if _STARTS.search(text))


def _brokers(texts: Mapping[str, str], modules: Mapping[str, str]) -> Iterator[Broker]:
    for path in sorted(texts):
        text = texts[path]
        tree = _parsed(text) if path in modules and "taskiq" in text and "roker" in text else None
        for name, kinds in _named(tree).items() if tree is not None else ():
            kind = next((each for each in kinds if each != IN_MEMORY), kinds[0])
            is_ours, keeps_results = _OF_AN_EARLIER_RUN in text, "result_backend" in text
            queue = next((server for word, server in _SERVERS.items() if word in text), "redis")
            tries_again = any(_TRIES_AGAIN.search(each) for each in texts.values())
            yield Broker(ImportNeed(modules[path], name), kind, is_ours, keeps_results, tries_again, queue)


def _named(tree: ast.Module) -> dict[str, list[str]]:
    """The brokers of a module by name, each with the classes that it may have: tests often have another."""
    found: dict[str, list[str]] = {}
    for node in frame_nodes(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            kinds = list(_made(tree, node.value))
            if isinstance(target, ast.Name) and kinds:
                found.setdefault(target.id, []).extend(kinds)
    return found


def _made(tree: ast.Module, value: ast.expr) -> Iterator[str]:
    """`RedisStreamBroker(..).with_result_backend(..)`, or a call of a function here that returns a broker."""
    node: ast.AST = value
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Attribute):
            node = node.value
            continue
        name = called(node)
        if kinds := [name] if name.endswith("Broker") else list(_returned(tree, name)):
            yield from kinds
            return
        node = node.func
    if isinstance(node, ast.IfExp):
        yield from _made(tree, node.body)
        yield from _made(tree, node.orelse)


def _returned(tree: ast.Module, name: str) -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name != name:
            continue
        written = ast.unparse(node.returns).strip("'").rpartition(".")[2] if node.returns is not None else ""
        if written.endswith("Broker"):
            yield written
            continue
        others = ast.Module([each for each in tree.body if each is not node], [])
        for each in own_nodes(node):
            if isinstance(each, ast.Return) and each.value is not None:
                yield from _made(others, each.value)


def _task_brokers(path: str, texts: Mapping[str, str], modules: Mapping[str, str]) -> Iterator[ImportNeed]:
    """The names, as others import them, of the objects that decorate tasks in a module."""
    text = texts[path]
    tree = _parsed(text) if path in modules and _TASK.search(text) else None
    if tree is None:
        return
    package = modules[path] if path.endswith("/__init__.py") else modules[path].rpartition(".")[0]
    imported = _imported(tree, package)
    for node in tree.body:
        for decorator in node.decorator_list if isinstance(node, FUNCTIONS) else ():
            callee = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not isinstance(callee, ast.Attribute) or callee.attr != "task":
                continue
            owner = ast.unparse(callee.value)
            head, _, rest = owner.partition(".")
            if not rest:
                yield imported.get(owner, ImportNeed(modules[path], owner))
            elif head in imported and "." not in rest:
                need = imported[head]
                yield ImportNeed(f"{need.module}.{need.name}".rstrip("."), rest)


def _imported(tree: ast.Module, package: str) -> dict[str, ImportNeed]:
    found: dict[str, ImportNeed] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found.update({a.asname or a.name: ImportNeed(module, a.name) for a in node.names})
        elif isinstance(node, ast.Import):
            found.update({a.asname: ImportNeed(a.name) for a in node.names if a.asname})
    return found


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None
