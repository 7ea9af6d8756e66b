"""Files that the block removes: one that was there before the request is looked for by the next one.

image = cv2.imread(path)
cv2.imwrite(target, image)
os.unlink(path)             # the answer says that it is gone
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ....analysis.nodes import bound_plainly
from ....analysis.scopes import parameter_names
from ....analysis.syntax import span_of
from ....model import Reason
from ...blocks.parameters import Inputs
from ...blocks.runs import Run
from ...finding.work import Work, called, root_name
from ...sites import MUTATES
from ...words import words
from .files import is_made_by, is_made_for

_REMOVES = words("remove unlink rmtree removedirs")
_MODULES = ("os", "shutil", "")
_NAMES_ONLY = words("join Path PurePath str abspath realpath resolve normpath with_name with_suffix joinpath")


def removed_files(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    for node in run.nodes:
        removed = removed_by(node) if isinstance(node, ast.Call) else None
        name = root_name(removed) if removed is not None else ""
        if name in work.locals and not _is_made_here(work, run, name):
            text = f"the block removes {name}, which was there before, and the next request may look for it"
            yield work.reason(MUTATES, text, node)


def removed_by(call: ast.Call) -> ast.expr | None:
    """`path` of `os.remove(path)`, `shutil.rmtree(path)`, `path.unlink()`; not of `items.remove(item)`."""
    if called(call) not in _REMOVES:
        return None
    if call.args:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        return call.args[0] if owner is None or root_name(owner) in _MODULES else None
    return call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "unlink" else None


def _is_made_here(work: Work, run: Run, name: str) -> bool:
    """The function writes the file itself, or has it from one that does more than to put a name together."""
    if name in parameter_names(work.function.args):
        return not work.is_handler
    end = span_of(run.moved[-1])[2:]
    before = [*work.frame, *run.nodes]
    calls = [n for n in before if isinstance(n, ast.Call) and span_of(n)[:2] < end]
    return any(is_made_by(call, name) or is_made_for(work, call, name) for call in calls) or any(
        _makes(work, value) for value in values_of(before, name)
    )


def values_of(nodes: Iterable[ast.AST], name: str) -> Iterator[ast.expr]:
    """What the name is bound to, by an assignment or a `with`."""
    for node in nodes:
        yield from (value for target, value in bound_plainly(node) if _holds(target, name))
        if isinstance(node, (ast.With, ast.AsyncWith)):
            yield from (
                item.context_expr
                for item in node.items
                if item.optional_vars is not None and _holds(item.optional_vars, name)
            )


def _holds(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def _makes(work: Work, value: ast.expr) -> bool:
    """`tempfile.mkdtemp()`, `tmp.name`; not `os.path.join(folder, name)`, nor a function of the project."""
    outer = value.value if isinstance(value, ast.Await) else value
    if isinstance(outer, ast.Attribute):
        return outer.attr == "name"
    if not isinstance(outer, ast.Call) or called(outer) in _NAMES_ONLY:
        return False
    return not work.context.runs_project_code(span_of(outer))
