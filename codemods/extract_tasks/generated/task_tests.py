"""Tests for generated tasks: what is sent must arrive as it was, through JSON, typed by the annotations."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...model import TaskDefinition
from .code import plain

_SAMPLES = {
    "str": '"x"',
    "int": "1",
    "float": "1.5",
    "bool": "True",
    "UUID": "UUID(int=1)",
    "Decimal": 'Decimal("1.50")',
    "date": "date(2026, 1, 2)",
    "datetime": "datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)",
    "timedelta": "timedelta(minutes=1)",
    "Path": 'Path("x")',
}
_MODULES = {"datetime": ("date", "datetime", "timedelta"), "decimal": ("Decimal",), "pathlib": ("Path",)}
_TEXT = '''\
"""What a task is sent arrives as it was."""

{imports}

import pytest

from {package}import {module}

SENT = [
{sent}
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize(("task", "sent"), SENT)
async def test_arguments_arrive_as_they_were_sent(task, sent, monkeypatch):
    received = []

    @wraps(task.original_func)
    def receive(*arguments):
        received.extend(arguments)

    monkeypatch.setattr(task, "original_func", receive)
    queued = await task.kiq(*sent)
    result = await queued.wait_result(timeout=5)
    result.raise_for_error()
    assert received == list(sent)
'''


def tests_of(tasks: Sequence[TaskDefinition], module: str) -> str:
    """The text of a test module; empty when no task takes what an example can be made of."""
    used: set[str] = set()
    lines: list[str] = []
    package, _, last = module.rpartition(".")
    for task in tasks:
        values = _values(task, used)
        if values:
            sent = f"({values[0]},)" if len(values) == 1 else f"({', '.join(values)})"
            lines.append(f"    ({last}.{task.name}, {sent}),")
    head = {"imports": _imports(used), "package": f"from {package} " if package else "", "module": last}
    text = _TEXT.replace("from {package}import", "{package}import").format(sent="\n".join(lines), **head)
    return text if lines else ""


def _imports(used: set[str]) -> str:
    modules: dict[str, list[str]] = {"functools": ["wraps"]}
    for module, names in {**_MODULES, "uuid": ("UUID",)}.items():
        found = [name for name in names if name in used]
        found += ["timezone"] if "datetime" in found else []
        if found:
            modules[module] = found
    return "\n".join(f"from {module} import {', '.join(names)}" for module, names in sorted(modules.items()))


def _values(task: TaskDefinition, used: set[str]) -> list[str]:
    function = ast.parse(plain(task.source)).body[0]
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    arguments = [*function.args.posonlyargs, *function.args.args]
    found = [_sample(argument.annotation, used) for argument in arguments]
    required = any(default is None for default in function.args.kw_defaults)
    return [] if required or not all(found) else found


def _sample(annotation: ast.expr | None, used: set[str]) -> str:
    if isinstance(annotation, ast.Name) and annotation.id in _SAMPLES:
        used.add(annotation.id)
        return _SAMPLES[annotation.id]
    if isinstance(annotation, ast.BinOp):
        return _sample(annotation.left, used)
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name):
        if annotation.value.id == "list":
            inner = _sample(annotation.slice, used)
            return f"[{inner}]" if inner else ""
        if annotation.value.id == "dict" and isinstance(annotation.slice, ast.Tuple):
            key, value = (_sample(part, used) for part in annotation.slice.elts)
            return f"{{{key}: {value}}}" if key and value else ""
    return ""
