"""The applications that a file makes, and how each says what runs at start-up and at shut-down."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, FunctionNode
from ...frameworks.names import EVENT_LISTS, REGISTERS_EVENTS
from ...model import ImportNeed

_CLASSES = {
    "FastAPI": ("fastapi", ImportNeed("fastapi", "FastAPI")),
    "Starlette": ("starlette", ImportNeed("starlette.applications", "Starlette")),
}


class App(msgspec.Struct, frozen=True):
    call: ast.Call
    name: str
    """The variable; empty when it is not assigned to one."""
    made_by: ImportNeed


def apps(file: FileSyntax) -> list[App]:
    """In the order of the file, without those that are mounted in another: their lifespans do not run."""
    mounted = set(_mounted(file))
    found = []
    for node in walk(file.tree):
        if not isinstance(node, ast.Call) or (need := _made_by(file, node.func)) is None:
            continue
        above = file.parents[node]
        target = above.targets[0] if isinstance(above, ast.Assign) else getattr(above, "target", None)
        name = target.id if isinstance(target, ast.Name) else ""
        if name not in mounted or not name:
            found.append(App(node, name, need))
    return sorted(found, key=lambda app: (app.call.lineno, app.call.col_offset))


def _made_by(file: FileSyntax, callee: ast.expr) -> ImportNeed | None:
    if isinstance(callee, ast.Attribute) and callee.attr in _CLASSES and isinstance(callee.value, ast.Name):
        return _CLASSES[callee.attr][1] if callee.value.id == _CLASSES[callee.attr][0] else None
    if not isinstance(callee, ast.Name):
        return None
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                package = (node.module or "").partition(".")[0]
                name = callee.id if alias.name == "*" else alias.name
                known = _CLASSES.get(name)
                if (alias.asname or name) == callee.id and known and package == known[0]:
                    return known[1]
    return None


def _mounted(file: FileSyntax) -> Iterator[str]:
    for node in walk(file.tree):
        if isinstance(node, ast.Call) and (
            (isinstance(node.func, ast.Attribute) and node.func.attr == "mount")
            or (isinstance(node.func, ast.Name) and node.func.id == "Mount")
        ):
            given = [*node.args[1:], *(k.value for k in node.keywords if k.arg == "app")]
            yield from (argument.id for argument in given if isinstance(argument, ast.Name))


def handlers(file: FileSyntax, app: App, event: str) -> list[ast.stmt]:
    """Statements that register a handler on the app: `@app.on_event(..)`, `add_event_handler(..)`."""
    found: list[ast.stmt] = []
    for node in walk(file.tree):
        calls: list[ast.expr] = []
        if isinstance(node, FUNCTIONS):
            calls = list(node.decorator_list)
        elif isinstance(node, ast.Expr):
            calls = [node.value]
        if isinstance(node, ast.stmt) and any(_registers(call, app, event) for call in calls):
            found.append(node)
    return sorted(found, key=lambda statement: statement.lineno)


def _registers(call: ast.expr, app: App, event: str) -> bool:
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or not call.args:
        return False
    argument = call.args[0]
    is_event = isinstance(argument, ast.Constant) and argument.value == event
    return is_event and call.func.attr in REGISTERS_EVENTS and _owner(call.func.value) == app.name


def _owner(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def has_events(file: FileSyntax, app: App) -> bool:
    """Are handlers registered on the app or on a router, which a `lifespan=` would silence?"""
    made = apps(file)
    others = {other.name for other in made} - {app.name}
    calls = {other.call for other in made}
    return any(
        (_adds_handler(node.func) and _owner(node.func) not in others)
        or (node not in calls and any(keyword.arg in EVENT_LISTS for keyword in node.keywords))
        for node in walk(file.tree)
        if isinstance(node, ast.Call)
    )


def _adds_handler(called: ast.expr) -> bool:
    """`router.on_event`, `app.router.on_startup.append`"""
    if not isinstance(called, ast.Attribute):
        return False
    is_kept = isinstance(called.value, ast.Attribute) and called.value.attr in EVENT_LISTS
    return called.attr in REGISTERS_EVENTS or (called.attr == "append" and is_kept)


def lifespan_value(file: FileSyntax, app: App) -> ast.expr | None:
    """`lifespan=` of the app, or what is assigned to `app.router.lifespan_context`."""
    for keyword in app.call.keywords:
        if keyword.arg == "lifespan":
            is_none = isinstance(keyword.value, ast.Constant) and keyword.value.value is None
            return None if is_none else keyword.value
    for node in walk(file.tree):
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == f"{app.name}.router.lifespan_context"
        ):
            return node.value
    return None


def function_named(file: FileSyntax, name: str) -> FunctionNode | None:
    return next((node for node in walk(file.tree) if isinstance(node, FUNCTIONS) and node.name == name), None)


def imported_from(file: FileSyntax, name: str) -> str:
    """The module (with its dots) that a name is imported from; empty when it is not."""
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            return "." * node.level + (node.module or "")
    return ""
