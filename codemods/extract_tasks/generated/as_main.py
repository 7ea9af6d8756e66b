"""A file that is run by its name, and that a task imports: the task gets what runs there, and nothing twice.

if __name__ == "__main__":
    # what tasks import is this module; a second one would run all of it again
    sys.modules["main"] = sys.modules[__name__]
    uvicorn.run(app)
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, is_main_guard, last_name, span_of
from ...model import Code, Edit, ImportNeed, InsertStatements, TaskDefinition, slot
from .code import plain

_SYS = ImportNeed("sys")
_RUNS = ("Config", "Granian", "run", "serve")


def imported_inside(tasks: Iterable[TaskDefinition]) -> frozenset[str]:
    """The modules that tasks import when they run."""
    found: set[str] = set()
    for task in tasks:
        for node in walk(ast.parse(plain(task.source))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
    return frozenset(found)


def named_as_imported(file: FileSyntax, module: str) -> Edit | None:
    """None where the file is not run, or a server there loads the application by its name, as tasks do."""
    guard = next(filter(is_main_guard, file.tree.body), None)
    name = f'{slot(0)}.modules["{module}"]'
    if guard is None or f'sys.modules["{module}"]' in file.text or not _runs_here(file):
        return None
    text = "# what tasks import is this module; a second one would run all of it again"
    code = Code(f"{text}\n{name} = {slot(0)}.modules[__name__]", (_SYS,))
    return InsertStatements(span_of(guard.body[0]), code)


def _runs_here(file: FileSyntax) -> bool:
    """`uvicorn.run(app)`, and not `uvicorn.run("main:app")`"""
    calls = (node for node in walk(file.tree) if isinstance(node, ast.Call) and node.args)
    given = (call.args[0] for call in calls if last_name(call.func) in _RUNS)
    return not all(isinstance(each, ast.Constant) for each in given)
