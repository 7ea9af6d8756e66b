"""Takes a module through the whole pipeline and looks for anything that came out wrong."""

from __future__ import annotations

import ast
import builtins
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config
from async_fix.codemods.model import Report
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from sweep.damage import damages, syntax_error

from .modules import modules
from .spelling import spelled

PATH = "app/main.py"
_LIMITS = (0, 0, 40, 79, 120)
"""Characters of a line; 0: the project says nothing of it."""
_REFUSED = (
    "a form feed at the start of a line",
    "LibCST wants a space between a keyword and a bracket",
)
"""What the tool says it does not rewrite."""


class WrongError(AssertionError):
    """The module, what became of it, and what is wrong with that."""


@dataclass
class Seen:
    modules: int = 0
    changed: int = 0
    lines: int = 0

    def __str__(self) -> str:
        return f"{self.modules} modules, {self.changed} of them changed, {self.lines:,} lines"


def check(examples: int, number: int, *, shrink: bool) -> Seen:
    """The same modules for the same numbers. Raises `WrongError`."""
    seen = Seen()
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(spelled(modules()), st.sampled_from(_LIMITS))
    def examine(data: bytes, limit: int) -> None:
        assume(not syntax_error(data))
        seen.modules += 1
        seen.lines += data.count(b"\n")
        seen.changed += is_changed_well(data, limit)

    examine()
    return seen


def is_changed_well(data: bytes, limit: int = 0) -> bool:
    """Is it changed, where lines have that many characters at most? Raises `WrongError` when that went
    wrong."""
    config = f"[tool.black]\nline-length = {limit}\n".encode() if limit else b""
    try:
        report = _applied({PATH: data}, config)
        after = {file.path: file.new or b"" for file in report.files}
        wrong = [*_dropped(report), *_wrong(data, after.get(PATH, data))]
        wrong += [f"{path}: {e}" for path, text in after.items() if (e := syntax_error(text))]
        if after and not wrong:
            again = _applied({PATH: data, **after}, config)
            wrong += [f"a second run changes {file.path}" for file in again.files]
            wrong += _dropped(again)
    except Exception as error:
        raise WrongError(f"{data!r}\n\n{data.decode(errors='replace')}") from error
    if wrong:
        new = after.get(PATH, data).decode(errors="replace")
        raise WrongError(
            "\n".join(
                [repr(data), f"{limit} characters", data.decode(errors="replace"), "AFTER", new, *wrong]
            )
        )
    return bool(after)


def _applied(files: dict[str, bytes], config: bytes) -> Report:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        for path, data in {"pyproject.toml": config, "app/__init__.py": b"", **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        here = os.getcwd()
        report = pipeline.apply(pipeline.start([root / "app"], load_config(root)))
        assert os.getcwd() == here
        return report


def _dropped(report: Report) -> Iterator[str]:
    for _, words in report.dropped:
        if not any(each in words for each in _REFUSED):
            yield f"failed a proof: {words}"
    yield from (f"problem: {problem}" for problem in report.problems if problem.path == PATH)


def _wrong(old: bytes, new: bytes) -> Iterator[str]:
    if syntax_error(new):
        return
    yield from damages(old, new)
    yield from (f"nothing binds {name}" for name in sorted(_unbound(new) - _unbound(old)))
    lost = _comments(old) - _comments(new)
    yield from (f"lost: {comment}" for comment in sorted(lost))


def _unbound(data: bytes) -> set[str]:
    nodes = list(ast.walk(ast.parse(data)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | set(dir(builtins))
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            bound.add(node.name or "")
    return {node.id for node in names} - bound


def _comments(data: bytes) -> set[bytes]:
    return {line.partition(b"#")[2].strip() for line in data.splitlines() if line.lstrip().startswith(b"#")}
