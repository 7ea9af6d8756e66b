"""What each checker finds in a tree, without the lines, which the migration moves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .roots import import_roots

_TIME_LIMIT = 900
_GRAMMAR = "3.14"
# a hop takes the place of the function: the same error has another name
_CALLED = re.compile(r"(?:to|of) (?:function|bound method|class) `[^`]*`| in function \"[^\"]*\"$")
_PLACE = re.compile(r"(?<=\bline) \d+|(?<=\.py):\d+:\d+")
_WIDTH = re.compile(r"^line[-_]length *= *(\d+)", re.MULTILINE)
_RULES = "F,E9,ASYNC,RUF006,RUF029,B,I,UP"


@dataclass(frozen=True)
class Finding:
    path: str
    """Relative to the tree."""
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.rule}: {self.text}"


Findings = Counter[Finding]


def findings(checker: str, tree: Path, python: Path) -> Findings:
    """`python` has the libraries that the tree imports.

    Raises `SystemExit` where there is no such checker.
    """
    tree = tree.resolve()
    found = CHECKERS[checker](tree, python)
    return Counter(
        Finding(os.path.relpath(tree / one.path, tree), one.rule, _plain(one.text, tree)) for one in found
    )


def _plain(text: str, tree: Path) -> str:
    first = text.replace(f"{tree}/", "").partition("\n")[0]
    return _PLACE.sub("", _CALLED.sub("", first)).strip()


def _mypy(tree: Path, python: Path) -> Iterator[Finding]:
    command = ("-m", "mypy", "--config-file=", "--no-error-summary", "--check-untyped-defs", "--output=json")
    unawaited = ("--enable-error-code=unused-awaitable", "--enable-error-code=unused-coroutine")
    where = (f"--cache-dir={os.devnull}", f"--python-executable={python}", "--explicit-package-bases", ".")
    for line in _output([sys.executable, *command, *unawaited, *where], tree).splitlines():
        if line.startswith("{"):
            said = json.loads(line)
            yield Finding(said["file"], said["code"] or said["severity"], said["message"])


def _pyright(tree: Path, python: Path) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as name:
        settings = {
            "include": [os.path.relpath(tree, name)],
            "extraPaths": [os.path.relpath(root, name) for root in import_roots(tree)],
            "pythonVersion": _GRAMMAR,
            "reportUnusedCoroutine": "error",
            "reportUnnecessaryComparison": "warning",
        }
        config = Path(name, "pyrightconfig.json")
        config.write_text(json.dumps(settings))
        command = ["pyright", "--outputjson", "--pythonpath", str(python), "--project", str(config)]
        for said in json.loads(_output(command, tree))["generalDiagnostics"]:
            yield Finding(said["file"], said.get("rule", "syntax"), said["message"])


def _ty(tree: Path, python: Path) -> Iterator[Finding]:
    roots = (part for root in import_roots(tree) for part in ("--extra-search-path", str(root)))
    options = ("--output-format", "gitlab", "--no-progress", "--exit-zero", "--warn", "unused-awaitable")
    with tempfile.TemporaryDirectory() as name:
        config = Path(name, "ty.toml")
        config.write_text("")
        where = ("--config-file", str(config), "--python-version", _GRAMMAR, "--python", str(python))
        for said in json.loads(_output(["ty", "check", *options, *where, *roots, "."], tree)):
            text = said["description"].removeprefix(f"{said['check_name']}: ")
            yield Finding(said["location"]["path"], said["check_name"], text)


def _ruff(tree: Path, python: Path) -> Iterator[Finding]:
    """By the rules that tell of a careless change, by those that the project has chosen, and by its width."""
    target = "--target-version=py310"
    explicit = ("--preview", "--config=lint.explicit-preview-rules=true")
    sources = json.dumps([str(root) for root in import_roots(tree)])
    texts = (config.read_text(errors="replace") for config in tree.rglob("pyproject.toml"))
    width = next((found[1] for found in map(_WIDTH.search, texts) if found), None)
    rules = _RULES if width is None else f"{_RULES},E501"
    length = () if width is None else (f"--line-length={width}",)
    isolated = ("--isolated", *explicit, f"--config=src={sources}", "--select", rules, *length, target)
    runs: tuple[Sequence[str], ...] = (isolated, ())
    for found in {one: None for options in runs for one in _ruff_run(tree, options)}:
        yield found[1]


def _ruff_run(tree: Path, options: Sequence[str]) -> Iterator[tuple[object, Finding]]:
    """Each with its place, as two runs may find the same."""
    common = ["ruff", "check", "--output-format=json", "--no-cache", "--exit-zero", "--quiet"]
    for said in json.loads(_output([*common, *options, "."], tree, fails=True) or "[]"):
        place = (said["location"]["row"], said["location"]["column"])
        yield place, Finding(said["filename"], said["code"] or "syntax", said["message"])


def _output(command: Sequence[str], tree: Path, fails: bool = False) -> str:
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=_TIME_LIMIT)
    if done.returncode not in (0, 1) and not fails:
        sys.exit(f"{command[0]} does not run: {done.stderr or done.stdout}")
    return done.stdout


def as_json(found: Findings) -> str:
    rows = [[one.path, one.rule, one.text, count] for one, count in sorted(found.items(), key=str)]
    return json.dumps(rows)


def of_json(text: str) -> Findings:
    rows: list[list[Any]] = json.loads(text)
    return Counter({Finding(path, rule, said): count for path, rule, said, count in rows})


CHECKERS: dict[str, Callable[[Path, Path], Iterator[Finding]]] = {
    "mypy": _mypy,
    "pyright": _pyright,
    "ty": _ty,
    "ruff": _ruff,
}
