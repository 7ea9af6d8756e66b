"""What ruff (`ASYNC`) and flake8-async find in real code before and after `apply`, code by code.

python tests/benchmarks/linters.py [--venv FOLDER] ROOT [PATH ...]   # the paths of the API layer, below ROOT

The code base is copied, and the files that `apply` changes are looked at before and after. flake8-async is
asked for all of its codes; those that are off by default are told apart. It is installed into a virtual
environment, that of FOLDER, whose Python must read the files, or one that is thrown away.

Rules on async functions have nothing to say about the `def` that a function was. So what is found afterwards
is told apart: in functions that are async only now or in files that are new, and everywhere else. A code that
is found more often elsewhere is marked, and some of its findings are shown. The column `alone` tells what
they find in the old files when the same functions are written with `async` and nothing else is done.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FINDING = re.compile(r"(?P<path>.+?):(?P<line>\d+):\d+: (?P<code>ASYNC\d+)")
_NOT_OURS = shutil.ignore_patterns(".git", "node_modules", ".venv", "web", "__pycache__")
_OFF = {"ASYNC106", "ASYNC900", "ASYNC910", "ASYNC911", "ASYNC912", "ASYNC913"}
_SHOWN = 8
_PEERS = ("flake8", "flake8-async", "ruff")


class Found(NamedTuple):
    """A finding, and the function that it is in, by its names from the outermost; empty outside of all."""

    code: str
    path: str
    function: str
    is_async: bool
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--venv", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("paths", nargs="*", default=["."])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        programs = _installed((given.venv or Path(scratch, "venv")).resolve())
        old, new, alone = Path(scratch, "old"), Path(scratch, "new"), Path(scratch, "alone")
        for copy in (old, new, alone):
            shutil.copytree(given.root, copy, ignore=_NOT_OURS, symlinks=True)
        subprocess.run([sys.executable, "-m", "async_fix", "apply", *given.paths], cwd=new, check=True)
        changed = [path for path in _files(new) if not _is_same(old / path, new / path)]
        for path in changed:
            _write_async_alone(alone / path, new / path)
        before, between, after = (_found(programs, root, changed) for root in (old, alone, new))
        were_async = _async_functions(old, changed)
        for tool in before:
            title = f"{given.root.resolve().name}, {tool}"
            _table(title, before[tool], between[tool], after[tool], were_async)


def _files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py") if path.is_file())


def _is_same(old: Path, new: Path) -> bool:
    return old.is_file() and old.read_bytes() == new.read_bytes()


def _write_async_alone(old: Path, new: Path) -> None:
    """The functions that are async in the new file become so in the old one, whatever they do on the loop."""
    turned = {name for _, _, name, is_async in _functions(new) if is_async}
    lines = old.read_text(encoding="utf-8").splitlines(keepends=True) if turned and old.is_file() else []
    for first, last, name, is_async in _functions(old) if lines else ():
        if name in turned and not is_async:
            place = next(n for n in range(first - 1, last) if lines[n].lstrip().startswith("def "))
            lines[place] = lines[place].replace("def ", "async def ", 1)
    if lines:
        old.write_text("".join(lines), encoding="utf-8")
        _functions.cache_clear()


def _installed(folder: Path) -> Path:
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "-q", *_PEERS], check=True)
    return programs


def _found(programs: Path, root: Path, changed: list[str]) -> Mapping[str, list[Found]]:
    files = [path for path in changed if (root / path).is_file()]
    ruff = ["check", "--isolated", "--no-cache", "--select", "ASYNC", "--output-format", "concise"]
    checker = [str(programs / "flake8"), "--isolated", "--asyncio"]
    commands = {
        "ruff ASYNC": [str(programs / "ruff"), *ruff],
        "flake8-async": [*checker, "--select=ASYNC"],
    }
    found: dict[str, list[Found]] = {}
    for tool, command in commands.items():
        # without files they would look at everything
        ran = subprocess.run([*command, *files], cwd=root, capture_output=True, text=True) if files else None
        lines = ran.stdout.splitlines() if ran is not None else []
        found[tool] = [_finding(root, match) for line in lines if (match := _FINDING.match(line))]
    return found


def _finding(root: Path, match: re.Match[str]) -> Found:
    line, around, is_async = int(match["line"]), "", False
    for first, last, name, turned in _functions(root / match["path"]):
        if first <= line <= last:
            around, is_async = name, turned
    return Found(match["code"], match["path"], around, is_async, match.string)


def _async_functions(root: Path, changed: list[str]) -> frozenset[tuple[str, str]]:
    """By path and name: those that are `async def`, and all that stands outside of functions."""
    return frozenset(
        (path, name)
        for path in changed
        if (root / path).is_file()
        for name in ("", *(name for _, _, name, is_async in _functions(root / path) if is_async))
    )


@cache
def _functions(path: Path) -> tuple[tuple[int, int, str, bool], ...]:
    """First line, last line, name and colour, from the outermost to the innermost."""
    try:
        return tuple(_functions_in(ast.parse(path.read_bytes()), ""))
    except (OSError, SyntaxError, ValueError):
        return ()


def _functions_in(node: ast.AST, above: str) -> Iterator[tuple[int, int, str, bool]]:
    for child in ast.iter_child_nodes(node):
        name = above
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{above}.{child.name}"
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min((each.lineno for each in child.decorator_list), default=child.lineno)
            yield first, child.end_lineno or first, name, isinstance(child, ast.AsyncFunctionDef)
        yield from _functions_in(child, name)


def _table(
    title: str,
    before: list[Found],
    between: list[Found],
    after: list[Found],
    were_async: frozenset[tuple[str, str]],
) -> None:
    turned = [each for each in after if (each.path, each.function if each.is_async else "") not in were_async]
    others = [each for each in after if each not in turned]
    found = (before, between, turned, others)
    old, alone, new, elsewhere = (Counter(each.code for each in some) for some in found)
    print(f"{title}: {len(before)} before, {len(between)} with `async` alone, {len(after)} after")
    if before or between or after:
        print("             before  alone  elsewhere  async only now")
    for code in sorted({*old, *alone, *new, *elsewhere}):
        rises = elsewhere[code] > old[code]
        remarks = "  more" * rises + "  off by default" * (title.endswith("flake8-async") and code in _OFF)
        print(f"  {code:9} {old[code]:8} {alone[code]:6} {elsewhere[code]:10} {new[code]:15}{remarks}")
        for each in [each for each in others if rises and each.code == code][:_SHOWN]:
            print(f"      {each.text}")


if __name__ == "__main__":
    main()
