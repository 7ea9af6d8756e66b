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
    mounted = [*_mounted(file)]
    names = {each.id for each in mounted if isinstance(each, ast.Name)}
    found = []
    for node in walk(file.tree):
        if not isinstance(node, ast.Call) or node in mounted:
            continue
        if (need := _made_by(file, node.func)) is None:
            continue
        above = file.parents[node]
        target = above.targets[0] if isinstance(above, ast.Assign) else getattr(above, "target", None)
        name = target.id if isinstance(target, ast.Name) else ""
        if name not in names:
            found.append(App(node, name, need))
    return sorted(found, key=lambda app: (app.call.lineno, app.call.col_offset))


def _made_by(file: FileSyntax, callee: ast.expr) -> ImportNeed | None:
    """The class of the framework; of a class over it, made here, where that hands its arguments on, and else
    where it calls `super().__init__(..)`."""
    if isinstance(callee, ast.Name):
        own = next((c for c in file.tree.body if isinstance(c, ast.ClassDef) and c.name == callee.id), None)
        if own is not None:
            return _over(file, own) if _hands_on(own) else None
    elif isinstance(callee, ast.Attribute) and callee.attr == "__init__" and _is_super(callee.value):
        above = [each for each in file.above(callee) if isinstance(each, (ast.ClassDef, *FUNCTIONS))]
        match above:
            case [ast.FunctionDef(name="__init__"), ast.ClassDef() as own, *_] if not _hands_on(own):
                return _over(file, own)
        return None
    return _imported(file, callee)


def _over(file: FileSyntax, own: ast.ClassDef) -> ImportNeed | None:
    return next((need for base in own.bases if (need := _imported(file, base)) is not None), None)


def _hands_on(own: ast.ClassDef) -> bool:
    """`App(lifespan=..)` reaches the framework."""
    made = next(
        (each for each in own.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None
    )
    if made is None:
        return True
    passed = [k.value for n in walk(made) if isinstance(n, ast.Call) for k in n.keywords if k.arg is None]
    return made.args.kwarg is not None and made.args.kwarg.arg in {
        getattr(value, "id", "") for value in passed
    }


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _imported(file: FileSyntax, name: ast.expr) -> ImportNeed | None:
    """`FastAPI`, `fastapi.FastAPI`, under whatever name it was imported."""
    for node in file.tree.body:
        if isinstance(node, ast.Import) and isinstance(name, ast.Attribute):
            known = _CLASSES.get(name.attr)
            owner = ast.unparse(name.value)
            for alias in node.names:
                if (
                    known
                    and owner == (alias.asname or alias.name)
                    and alias.name in (known[0], known[1].module)
                ):
                    return known[1]
        if isinstance(node, ast.ImportFrom) and not node.level and isinstance(name, ast.Name):
            for alias in node.names:
                package = (node.module or "").partition(".")[0]
                original = name.id if alias.name == "*" else alias.name
                known = _CLASSES.get(original)
                if (alias.asname or original) == name.id and known and package == known[0]:
                    return known[1]
    return None


def _mounted(file: FileSyntax) -> Iterator[ast.expr]:
    for node in walk(file.tree):
        if isinstance(node, ast.Call) and (
            (isinstance(node.func, ast.Attribute) and node.func.attr == "mount")
            or (isinstance(node.func, ast.Name) and node.func.id == "Mount")
        ):
            yield from (*node.args[1:], *(k.value for k in node.keywords if k.arg == "app"))


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
