"""`check`, `apply` and `apply` again over one tree, and everything that came out wrong."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .damage import damages, syntax_error
from .imports import unresolved
from .processes import Done, run, run_tool

TIME_LIMIT = 1800
_LINE = re.compile(r" from line \d+")
_NOTHING = ("no FastAPI or Starlette route", "no Python files")
"""What the tool says of a package that has nothing for it."""
_DECLARING = ("pyproject.toml", "requirements*.txt", "Pipfile", "setup.*")
_ADD = "add the dependency "
_TOO_LONG = "characters, and no more than"
_SERVED = """from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def root() -> None:
    return None
"""
"""Beside a library: where nothing is served, the tool does not rewrite anything."""


@dataclass
class Result:
    """The lists must be empty; each holds one line a fault."""

    name: str
    files: int = 0
    lines: int = 0
    handlers: int = 0
    converted: int = 0
    changed_files: int = 0
    unreadable: int = 0
    """Files that this Python does not take either, and those of more characters than the tool reads."""
    crashes: list[str] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    not_compiling: list[str] = field(default_factory=list)
    undefined: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    second_run: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """Of `check`, `apply`, `apply`."""
    megabytes: int = 0


def examine(name: str, tree: Path, paths: tuple[str, ...] = (".",)) -> Result:
    result = Result(name)
    (tree / "served_by_the_sweep.py").write_text(_SERVED)
    before = _content(tree)
    result.files = len(before)
    result.lines = sum(data.count(b"\n") for data in before.values())
    checked = _run(result, tree, "check", *paths, "--format", "json")
    added = _check(result, checked, before)
    applied = _run(result, tree, "apply", *paths)
    result.dropped += [line.strip() for line in applied.out.splitlines() if "failed a proof" in line]
    after = _content(tree)
    _compare(result, before, after)
    result.unresolved += unresolved(before, after, "\n".join([*added, _declared(tree)]))
    if result.changed_files:
        # else the second run would be the first one once more
        _run(result, tree, "apply", *paths)
        again = _content(tree)
        everything = again.keys() | after.keys()
        result.second_run += sorted(path for path in everything if again.get(path) != after.get(path))
    return result


def _content(tree: Path) -> dict[str, bytes]:
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in sorted(tree.rglob("*.py"))
        if path.is_file() and not path.is_symlink()
    }


def _declared(tree: Path) -> str:
    files = (path for pattern in _DECLARING for path in sorted(tree.rglob(pattern)) if path.is_file())
    return "\n".join(path.read_text(errors="replace") for path in files)


def _run(result: Result, tree: Path, *arguments: str) -> Done:
    done = run_tool(arguments, tree, TIME_LIMIT)
    result.seconds.append(round(done.seconds, 1))
    result.megabytes = max(result.megabytes, done.megabytes)
    words = done.err.strip().splitlines()
    said = " ".join(words[-1:])
    is_noisy = any(word in done.err for word in ("internal error", "Traceback", "Warning: "))
    if done.code not in (0, 1, 2) or is_noisy:
        result.crashes.append(f"{arguments[0]}: exit code {done.code}: {said}")
    elif done.code == 2 and not any(words in done.err for words in _NOTHING) and arguments[-1] != "json":
        result.crashes.append(f"{arguments[0]}: {said}")
    return done


def _check(result: Result, checked: Done, before: dict[str, bytes]) -> list[str]:
    """Gives the dependencies to add: all words of the report would name the modules of the tree, too."""
    try:
        report: dict[str, Any] = json.loads(checked.out)
    except ValueError:
        if not result.crashes and not any(words in checked.err for words in _NOTHING):
            result.crashes.append(f"check: no JSON: {checked.err.strip()[-300:]}")
        return []
    handlers = report["handlers"]
    result.handlers = len(handlers) - 1
    result.converted = sum(row["before"] == "sync" and row["after"] == "async" for row in handlers)
    for problem in report["problems"]:
        data = before.get(problem["path"])
        if data is None:
            continue
        result.unreadable += 1
        if not syntax_error(data) and _TOO_LONG not in problem["message"]:
            result.unparsed.append(f"{problem['path']}:{problem['line']}: {problem['message']}")
    steps = report["next_steps"]
    return [step.removeprefix(_ADD).partition(" ")[0] for step in steps if step.startswith(_ADD)]


def _compare(result: Result, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    changed = sorted(path for path in after if after[path] != before.get(path))
    result.changed_files = len(changed)
    result.damaged += [f"{path}: is gone" for path in sorted(before.keys() - after.keys())]
    for path in changed:
        error = syntax_error(after[path])
        if error:
            result.not_compiling.append(f"{path}: {error}")
        elif path in before:
            result.damaged += [f"{path}: {words}" for words in damages(before[path], after[path])]
    new = _undefined(changed, after) - _undefined(changed, before)
    result.undefined += sorted(f"{path}: {words}" for path, words in new)


def _undefined(paths: list[str], content: dict[str, bytes]) -> set[tuple[str, str]]:
    """Undefined and overwritten names, as ruff sees them."""
    there = [path for path in paths if path in content]
    if not there:
        return set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for path in there:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content[path])
        command = ["-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F811,F821,F823"]
        done = run([*command, "--output-format", "json", "--", *there], folder, TIME_LIMIT)
        return {
            (
                Path(entry["filename"]).resolve().relative_to(folder).as_posix(),
                _LINE.sub("", entry["message"]),
            )
            for entry in json.loads(done.out or "[]")
        }
