"""A project given as texts, taken through the whole pipeline; what became of it is read in its new texts."""

from __future__ import annotations

import ast
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from applied import applied
from async_fix.codemods.analysis.link.program import Key
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.run import Run
from async_fix.codemods.engine.settings.config import load_config
from async_fix.codemods.model import Finding, FunctionId, Reason, Report

APP = """
from fastapi import FastAPI

app = FastAPI()
"""


@dataclass(frozen=True)
class Migrated:
    run: Run
    report: Report
    old: Mapping[str, str]

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Every file afterwards, the unchanged ones too."""
        new = {file.path: (file.new or b"").decode() for file in self.report.files}
        return {**self.old, **new}

    @cached_property
    def turned(self) -> list[str]:
        """`app/main.py:pay` for every `def` that is now `async def`, as the texts have it."""
        found = []
        for path in sorted(self.old):
            if path.endswith(".py") and self.texts[path] != self.old[path]:
                old = self.old[path]
                turned = (coroutines(self.texts[path]) - coroutines(old)) & functions(old)
                found += [f"{path}:{name}" for name in sorted(turned)]
        return found

    @property
    def is_unchanged(self) -> bool:
        return not self.report.files

    def reason(self, function: str) -> Reason:
        """Why `app.main:pay` stays as it is."""
        key = self.key(function)
        judgement = self.run.before.judgement
        verdict = judgement.verdicts.get(key)
        reason = verdict.reason if verdict is not None else judgement.refused.get(key)
        assert reason is not None, f"{function} has no reason to stay"
        return reason

    def key(self, function: str) -> Key:
        key = self.run.before.program.key(FunctionId(function))
        assert key is not None, f"no function {function}"
        return key

    def function(self, path: str, name: str) -> str:
        """The new text of one function (or class), decorators included."""
        return definition(self.texts[path], name)

    @property
    def chains(self) -> list[str]:
        found = self.report.findings
        return [" -> ".join(hop.label for hop in finding.chain) for finding in found if finding.chain]

    def findings(self, code: str) -> list[Finding]:
        return [finding for finding in self.report.findings if finding.code == code]


def start(files: Mapping[str, str], root: Path, api: Sequence[str] = ("app",)) -> Run:
    """The run over `files`, written below `root`, up to the plan."""
    _write(files, root)
    return pipeline.start([root / path for path in api], load_config(root))


def _write(files: Mapping[str, str], root: Path) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    if "pyproject.toml" not in files:
        (root / "pyproject.toml").write_text("", encoding="utf-8")


def migrate(files: Mapping[str, str], api: Sequence[str] = ("app",), *, dropped: bool = False) -> Migrated:
    """`apply` over the texts. No proof may fail on the way, unless `dropped` says so."""
    texts = {path: source(text) for path, text in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        _write(texts, root)
        run, report = applied(root, api)
    assert dropped or not report.dropped, [words for _, words in report.dropped]
    return Migrated(run, report, texts)


def migrate_main(text: str, **others: str) -> Migrated:
    """One file `app/main.py` that has an `app` already; `others` are `app/<name>.py`."""
    files = {"app/__init__.py": "", "app/main.py": APP + textwrap.dedent(text)}
    return migrate({**files, **{f"app/{name}.py": text for name, text in others.items()}})


def source(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def functions(text: str) -> set[str]:
    return {name for name, _ in _functions(ast.parse(text))}


def coroutines(text: str) -> set[str]:
    return {name for name, node in _functions(ast.parse(text)) if isinstance(node, ast.AsyncFunctionDef)}


def definition(text: str, name: str) -> str:
    for found, node in _definitions(ast.parse(text)):
        if found == name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            return textwrap.dedent("\n".join(text.splitlines()[first - 1 : node.end_lineno])) + "\n"
    raise AssertionError(f"no {name} in\n{text}")


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _functions(node: ast.AST) -> Iterator[tuple[str, _Definition]]:
    return ((name, each) for name, each in _definitions(node) if not isinstance(each, ast.ClassDef))


def _definitions(node: ast.AST, outer: str = "") -> Iterator[tuple[str, _Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{outer}{child.name}"
            yield name, child
            yield from _definitions(child, f"{name}.")
        else:
            yield from _definitions(child, outer)
