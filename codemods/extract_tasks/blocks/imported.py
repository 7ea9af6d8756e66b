"""Names in a run of statements that the tasks module imports."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ...model import ImportNeed
from ..finding.work import BUILTINS, Work
from ..generated.code import spelled
from ..hazards.objects.objects import changed_by, root_of
from ..sites import MUTATES, NOT_IMPORTABLE, ValueKind
from .elsewhere import lacking, of_the_process, replaced
from .parameters import Inputs, Missing
from .runs import Run


def bound_by(run: Run) -> set[str]:
    return {n.id for n in run.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}


def imported_by(work: Work, run: Run, names: list[str], inner: frozenset[str]) -> Inputs | Missing:
    imports: dict[str, ImportNeed] = {}
    late: dict[str, ImportNeed] = {}
    loggers: set[str] = set()
    bound, changed = bound_by(run), {root_of(changed_by(node)) for node in run.nodes}
    names = [*names]
    for name in names:
        if name in work.locals or (name in inner and work.context.module_name(name) is None):
            continue
        if name in bound:
            text = f"{name} is a name of the module, which a task in another process cannot change"
            return Missing(name, work.reason(MUTATES, text, run.moved[0]))
        if name in work.logs.loggers:
            loggers.add(name)
            continue
        need = work.context.module_name(name)
        if need is None and name in BUILTINS and not name.startswith("__"):
            continue
        if need is None and name not in inner and (parts := _parts_of(work, run, name)):
            names += parts  # each is looked at as a name of its own
            continue
        if need is None or name in work.context_variables or name in inner:
            text = f"the tasks module cannot import {name} with the value it has here"
            return Missing(name, work.reason(NOT_IMPORTABLE, text, run.moved[0], "pass it as an argument"))
        if work.context.kind(name) is ValueKind.SESSION:
            return Missing(name, of_the_process(work, run.moved[0], name))
        reason = replaced(work, need, name, run.moved[0])
        if reason is not None:
            return Missing(name, reason)
        (late if work.context.imports_late(need) else imports)[name] = need
    roots = {name.partition(".")[0] for name in imports | late}
    for node in run.nodes:
        name = root_of(node.func if isinstance(node, ast.Call) else node)
        is_changed = isinstance(node, ast.Name) and name in changed
        if name in roots and (reason := lacking(work, node, is_changed=is_changed)) is not None:
            return Missing(name, reason)
    if clash := _clash(imports):
        text = f"two modules are imported as {clash}"
        return Missing(clash, work.reason(NOT_IMPORTABLE, text, run.moved[0]))
    return Inputs((), imports, late, frozenset(loggers))


def _parts_of(work: Work, run: Run, name: str) -> list[str]:
    """`email.message` of `import email.message`, where the run names `email` for nothing but such modules."""
    found: dict[str, None] = {}
    for node in run.nodes:
        if isinstance(node, ast.Name) and node.id == name:
            part: ast.AST = node
            while isinstance(above := work.file.parents[part], ast.Attribute):
                part = above
            chain = work.file.source(part).split(".")
            starts = (".".join(chain[:length]) for length in range(len(chain), 1, -1))
            module = next((each for each in starts if work.context.module_name(each) is not None), None)
            if module is None:
                return []
            found[module] = None
    return [*found]


def _clash(imports: Mapping[str, ImportNeed]) -> str:
    seen: dict[str, ImportNeed] = {}
    for need in imports.values():
        if seen.setdefault(spelled(need), need) != need:
            return spelled(need)
    return ""
