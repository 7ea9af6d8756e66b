"""The text of a new tasks module, and what an existing one gets in addition."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...model import AppendCode, Code, Edit, ImportNeed, InsertStatements, TaskDefinition, slot
from .code import CodeBuilder, import_line, member_order, natural, plain, spelled
from .layout import LINE_LENGTH

_DOCSTRING = '"""Slow work, done by Taskiq workers."""'
_LOGGER = "logger = {0}.getLogger(__name__)"


def new_module(
    tasks: Sequence[TaskDefinition], first_party: frozenset[str], line_length: int = LINE_LENGTH
) -> str:
    """One task below the other, in the order given."""
    spelling = _spelling(tasks)
    needs = set(spelling)
    parts = [_text(task.source, spelling) for task in tasks]
    head = [_DOCSTRING]
    if _uses_logger(tasks):
        needs.add(ImportNeed("logging"))
        head.append(_imports(needs, spelling, first_party, line_length))
        head.append(_LOGGER.format("logging"))
    else:
        head.append(_imports(needs, spelling, first_party, line_length))
    return "\n\n".join(head) + "\n" + "".join(f"\n\n{part}" for part in parts)


def added(existing: str, tasks: Sequence[TaskDefinition]) -> tuple[Edit, ...]:
    """The tasks that the module lacks, at its end, and its `logger` where they need one."""
    tree = ast.parse(existing)
    present = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    missing = [task for task in tasks if task.name not in present]
    if not missing:
        return ()
    builder = CodeBuilder()
    text = "\n\n".join(builder.add(task.source) for task in missing)
    edits: list[Edit] = [AppendCode(builder.code(text))]
    if _uses_logger(missing) and "logger" not in _bound(tree):
        logger = Code(f"\n{_LOGGER.format(slot(0))}", (ImportNeed("logging"),))
        anchor = _last_import(tree)
        if anchor is None:
            edits[0] = AppendCode(
                builder.code(f"{_LOGGER.format(builder.need(ImportNeed('logging')))}\n\n\n{text}")
            )
        else:
            edits.append(InsertStatements(span_of(anchor), logger, after=True))
    return tuple(edits)


def _last_import(tree: ast.Module) -> ast.stmt | None:
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return imports[-1] if imports else None


def _bound(tree: ast.Module) -> frozenset[str]:
    names = {
        n.id
        for node in tree.body
        for n in walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    imports = {
        (alias.asname or alias.name).split(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    return frozenset(names | imports)


def _uses_logger(tasks: Sequence[TaskDefinition]) -> bool:
    """Whether a task logs through the name that stands for the module's own logger."""
    for task in tasks:
        if "logger" in {spelled(need) for need in (*task.source.needs, *task.late_imports)}:
            continue
        tree = ast.parse(plain(task.source))
        if any(isinstance(node, ast.Name) and node.id == "logger" for node in walk(tree)):
            return True
    return False


def _spelling(tasks: Sequence[TaskDefinition]) -> dict[ImportNeed, str]:
    """Plain names; of two things with one name the second goes by its module: `sms.send`."""
    found: dict[ImportNeed, str] = {}
    needs = {need for task in tasks for need in task.source.needs}
    own = {task.name for task in tasks}
    names = own | {spelled(need) for need in needs}
    modules: dict[str, str] = {}
    for need in sorted(needs):
        name = spelled(need)
        is_taken = name in found.values() or name in own
        if is_taken and not need.name:
            name = need.module
        elif is_taken:
            short = need.module.rpartition(".")[2]
            is_free = short not in names and modules.setdefault(short, need.module) == need.module
            name = f"{short if is_free else need.module}.{need.name}"
        found[need] = name
    return found


def _text(code: Code, spelling: dict[ImportNeed, str]) -> str:
    text = code.text
    for index, need in enumerate(code.needs):
        text = text.replace(slot(index), spelling[need])
    return text


def _imports(
    needs: set[ImportNeed], spelling: dict[ImportNeed, str], first_party: frozenset[str], line_length: int
) -> str:
    """Sorted as ruff and isort do: standard library, third party, the project; `import x` first."""
    whole = {n: spelling.get(n, n.name).rpartition(".")[0] if n.name else n.module for n in needs}
    plain_imports = sorted(
        {
            (need.module, need.module if need.name else spelling.get(need, need.module))
            for need, module in whole.items()
            if module == need.module
        }
    )
    names: dict[str, list[str]] = {}
    for need, module in sorted(whole.items()):
        parent, _, short = need.module.rpartition(".")
        if not module:
            names.setdefault(need.module, []).append(need.name)
        elif module != need.module:
            names.setdefault(parent, []).append(short)
    sections: dict[int, list[str]] = {}
    for module, name in plain_imports:
        sections.setdefault(_section(module, first_party), []).append(import_line(module, name))
    for module in sorted(names, key=natural):
        line = _from_import(module, sorted(set(names[module]), key=member_order), line_length)
        sections.setdefault(_section(module, first_party), []).append(line)
    return "\n\n".join("\n".join(sections[number]) for number in sorted(sections))


def _section(module: str, first_party: frozenset[str]) -> int:
    root = module.partition(".")[0]
    if root in first_party:
        return 2
    return 0 if root in sys.stdlib_module_names else 1


def _from_import(module: str, names: Sequence[str], line_length: int) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= line_length:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
