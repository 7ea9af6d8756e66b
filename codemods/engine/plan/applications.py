"""Which of the applications in a repository comes to use what is new."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from itertools import islice

from ...analysis.index.bindings import Import
from ...analysis.link.import_graph import ImportGraph
from ...analysis.link.infer import Inference
from ...analysis.link.program import Key, Program
from ...analysis.nodes import walk
from ...analysis.scopes import parameter_names
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...extract_tasks.generated.apps import App, apps
from ...frameworks.applications import application_calls
from ...frameworks.names import APPLICATIONS, METHODS
from ...model import Span

_RUNS = ("uvicorn.run", "TestClient")
_BRING = {
    "callbacks", "dependencies", "exception_handlers", "lifespan", "middleware", "on_shutdown", "on_startup",
    "routes",
}  # fmt: skip
"""What an application, or a route, is told to run beside its handlers."""


def application_files(inference: Inference, file: Callable[[str], FileSyntax]) -> list[str]:
    """Files that say how a FastAPI or Starlette application is made."""
    program = inference.program
    found = {call.path for call in application_calls(inference)}
    bases = [name.rpartition(".")[2] for name in APPLICATIONS]
    found |= {cls.path for name in bases for cls in program.classes_by_base.get(name, ())}
    return sorted(path for path in found if not program.modules[path].facts.is_test and apps(file(path)))


def that_load(
    program: Program, users: frozenset[str], paths: Sequence[str], serving: frozenset[str] = frozenset()
) -> Sequence[str]:
    """Of several applications in one repository those that load one of the files; all of them where nobody
    sees who does. Of files with handlers (`serving`) that are loaded unseen, by plugins, the nearest one."""
    graph = ImportGraph(program, late=True)
    loaded = {path: graph.behind((path,)) for path in paths}
    unseen = users - frozenset[str]().union(*loaded.values())
    found = {path for path in paths if loaded[path] & users}
    for user in unseen & serving:
        shared = {path: _shared_folders(path, user) for path in paths}
        found |= {path for path in paths if shared[path] == max(shared.values())}
    return [path for path in paths if path in found] or paths


def _shared_folders(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count


def strays(program: Program, file: FileSyntax, is_changed: Callable[[Key], bool]) -> frozenset[Span]:
    """The calls that make applications whose handlers, all in this file, have nothing to do with the change,
    beside another application that may have."""
    made = apps(file)
    found = [
        app
        for number, app in enumerate(made)
        if _is_replaced(file, app, made[number + 1 :]) or _is_stray(program, file, app, is_changed)
    ]
    return frozenset(span_of(app.call) for app in found) if len(found) < len(made) else frozenset()


def _is_replaced(file: FileSyntax, app: App, later: Sequence[App]) -> bool:
    """Does another application get its name before anything is done with it?"""
    following = next((each for each in later if each.name == app.name), None)
    if following is None or any(
        file.parents[file.parents[each.call]] is not file.tree for each in (app, following)
    ):
        return False
    uses = [n for n in walk(file.tree) if isinstance(n, ast.Name) and n.id == app.name]
    return all(n.lineno > following.call.lineno for n in uses if isinstance(n.ctx, ast.Load))


def _is_stray(program: Program, file: FileSyntax, app: App, is_changed: Callable[[Key], bool]) -> bool:
    if not app.name or _brings_more(app.call) or _is_imported(program, file.path, app.name):
        return False
    for node in walk(file.tree):
        if not isinstance(node, ast.Name) or node.id != app.name or not isinstance(node.ctx, ast.Load):
            continue
        around = file.parents[node]
        if isinstance(around, ast.Call) and ast.unparse(around.func).endswith(_RUNS):
            continue
        handler = _handler(file, node)
        if handler is None:
            return False
        own = program.functions_of(file.path)
        key = next((key for key in own if program.scope(key).span == span_of(handler)), None)
        if key is None or not _takes_nothing(handler) or is_changed(key):
            return False
    return True


def _handler(file: FileSyntax, app: ast.Name) -> FunctionNode | None:
    """What `@app.get("/")` stands on, for the `app` of that line."""
    match [*islice(file.above(app), 3)]:
        case [
            ast.Attribute(attr=method),
            ast.Call() as call,
            ast.FunctionDef() | ast.AsyncFunctionDef() as handler,
        ] if method in METHODS and call in handler.decorator_list and not _brings_more(call):
            return handler
    return None


def _brings_more(call: ast.Call) -> bool:
    """Is it told of more that runs, or of what cannot be read: `FastAPI(**settings)`?"""
    return any(keyword.arg is None or keyword.arg in _BRING for keyword in call.keywords)


def _takes_nothing(handler: FunctionNode) -> bool:
    """Else a dependency may come to use it."""
    return not any(parameter_names(handler.args))


def _is_imported(program: Program, path: str, name: str) -> bool:
    """By its name, or with all of its module: `from app import main`, and then `main.app`."""
    for user, module in program.modules.items():
        imports = (b.value for s in module.facts.scopes for b in s.bindings if isinstance(b.value, Import))
        for each in imports:
            home = program.absolute(each, user)
            whole = f"{home}.{each.name}" if each.name else home
            if program.module_path(whole, user) == path:
                return True
            if each.name in (name, "*") and program.module_path(home, user) == path:
                return True
    return False
