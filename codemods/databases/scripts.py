"""What runs as a script: under the main guard, or in a module that nobody imports."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from functools import partial

from ..analysis.index.bindings import Scope
from ..analysis.index.expr import Name
from ..analysis.index.facts import ModuleFacts, Use
from ..analysis.link.import_graph import ImportGraph
from ..analysis.link.program import Program
from ..analysis.nodes import bound_plainly, walk
from ..analysis.scopes import local_names
from ..analysis.syntax import FunctionNode, is_main_guard, last_name
from ..analysis.view import View
from ..frameworks.applications import application_names, is_application
from ..frameworks.routers import Routers

_PACKAGE = "__init__.py"
_AT_ONCE = frozenset(
    {"TaskGroup", "as_completed", "create_task", "create_task_group", "ensure_future", "gather", "wait"}
)
"""What has several coroutines run side by side."""


def is_script(view: View, node: ast.AST) -> bool:
    """Does `node`, at the top of its file, run by a person's hand alone?"""
    if in_main_guard(view, node):
        return True
    return not (makes_app(view) or _serves(view) or view.path.endswith(_PACKAGE) or is_imported(view))


def makes_app(view: View) -> bool:
    """Does a server import it?"""
    return any(_apps(view))


def factory_around(view: View, node: ast.AST) -> FunctionNode | None:
    """The function of the file that holds `node` and makes its one application: `def create_app()`."""
    function = view.function(node)
    if not isinstance(function, ast.FunctionDef) or function not in view.file.tree.body:
        return None
    if next(_apps_among(view, walk(function)), None) is None:  # few functions make one: the file comes after
        return None
    made = list(_apps(view))
    return function if len(made) == 1 and view.function(made[0]) is function else None


def starts_with_app(view: View, statement: ast.stmt) -> bool:
    """Does it stand among those that make the application, and need nothing that they have made before?"""
    factory = factory_around(view, statement)
    if factory is None:
        return view.file.parents[statement] is view.file.tree
    read = {node.id for node in walk(statement) if isinstance(node, ast.Name)}
    return statement in factory.body and read.isdisjoint(local_names(factory))


def _apps(view: View) -> Iterator[ast.Call]:
    return _apps_among(view, view.file.of_kind(ast.Call))


def _apps_among(view: View, nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    names = application_names(view.program)
    if any(map(view.file.mentions, names)):
        calls = (node for node in nodes if isinstance(node, ast.Call) and last_name(node.func) in names)
        yield from (call for call in calls if makes_application(view, call))


def makes_application(view: View, call: ast.Call) -> bool:
    return any(is_application(view.inference, kind) for kind in view.callees(call))


def _serves(view: View) -> bool:
    """`app = create_app()` or `router = APIRouter()` at the top."""
    routers = Routers(view.inference)
    bound = [pair for statement in view.file.tree.body for pair in bound_plainly(statement)]
    return any(isinstance(target, ast.Name) and routers.is_router(view.kinds(target)) for target, _ in bound)


def is_loaded_with_app(view: View) -> bool:
    """Does a module that makes an application load it, when it is loaded itself?"""
    return view.path in loaded_with_apps(view.program)


def loaded_with_apps(program: Program) -> frozenset[str]:
    """The files with which an application is made, and all that is loaded with them."""
    return ImportGraph(program).behind(_without_tests(program, _makers(program)))


def _makers(program: Program) -> set[str]:
    names = application_names(program)
    return {call.path for name in names for call in program.calls_by_name.get(name, ())}


def _without_tests(program: Program, paths: Collection[str]) -> set[str]:
    return {path for path in paths if not program.modules[path].facts.is_test}


def run_by_hand(program: Program, serving: Collection[str]) -> frozenset[str]:
    """Files with a main guard in which one thing is done after the other, and which nothing `serving` loads:
    neither at its start nor, inside a function, with a request."""
    loading = _without_tests(program, {*serving, *_makers(program)})
    served = ImportGraph(program, late=True).behind(loading) | set(serving)
    busy = {call.path for name in _AT_ONCE for call in program.calls_by_name.get(name, ())}
    return frozenset(
        path
        for path, module in program.modules.items()
        if path not in served | busy
        and any(call.use & Use.MAIN_GUARD for call in module.facts.calls)
        and not any(map(partial(_is_for_others, module.facts), module.facts.scopes))
    )


def _is_for_others(facts: ModuleFacts, scope: Scope) -> bool:
    """Is it a coroutine function that others may run beside each other: `@bot.event`, `consume(handle)`?"""
    if not scope.is_async:
        return False
    return bool(scope.decorators) or any(
        isinstance(each.expr, Name) and each.expr.id == scope.name for each in facts.references
    )


def in_main_guard(view: View, node: ast.AST) -> bool:
    return any(map(is_main_guard, view.file.above(node)))


def is_imported(view: View) -> bool:
    """Does another module of the project import this one?"""
    return bool(view.program.imported_in.get(view.module.module, frozenset()) - {view.path})
