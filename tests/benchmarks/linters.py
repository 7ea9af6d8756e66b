"""What ruff (`ASYNC`) and flake8-async find in real code before and after `apply`, code by code.

python tests/benchmarks/linters.py [--venv FOLDER] ROOT [PATH ...]   # the paths of the API layer, below ROOT

The code base is copied. flake8-async is asked twice: as it is by default, and for all of its codes (106, 900
and 910 to 913 are off by default). It is installed into a virtual environment, that of FOLDER, whose Python
must read the files, or one that is thrown away. Where a code is found more often than before, some are shown.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

_FINDING = re.compile(r"(?P<path>.+?):\d+:\d+: (?P<code>ASYNC\d+)")
_NOT_OURS = shutil.ignore_patterns(".git", "node_modules", ".venv", "web", "__pycache__")
_SHOWN = 8
_PEERS = ("flake8", "flake8-async", "ruff")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--venv", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("paths", nargs="*", default=["."])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        programs = _installed((given.venv or Path(scratch, "venv")).resolve())
        copy = Path(scratch, given.root.resolve().name)
        shutil.copytree(given.root, copy, ignore=_NOT_OURS, symlinks=True)
        before = _found(programs, copy)
        subprocess.run([sys.executable, "-m", "async_fix", "apply", *given.paths], cwd=copy, check=True)
        after = _found(programs, copy)
        for tool in before:
            _table(tool, before[tool], after[tool], copy)


def _installed(folder: Path) -> Path:
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "-q", *_PEERS], check=True)
    return programs


def _found(programs: Path, root: Path) -> Mapping[str, list[str]]:
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    ruff = ["check", "--isolated", "--no-cache", "--select", "ASYNC", "--output-format", "concise"]
    checker = [str(programs / "flake8"), "--isolated", "--asyncio"]
    commands = {
        "ruff ASYNC": [str(programs / "ruff"), *ruff],
        "flake8-async, default": [*checker, "--extend-ignore=E,W,F,C9"],
        "flake8-async, all codes": [*checker, "--select=ASYNC"],
    }
    return {
        tool: subprocess.run([*command, *files], cwd=root, capture_output=True, text=True).stdout.splitlines()
        for tool, command in commands.items()
    }


def _table(tool: str, before: list[str], after: list[str], root: Path) -> None:
    old, new = _by_code(before), _by_code(after)
    print(f"{root.name}, {tool}: {old.total()} before, {new.total()} after")
    for code in sorted({*old, *new}):
        print(f"  {code}  {old[code]:5} {new[code]:5}")
        if new[code] > old[code]:
            for line in [line for line in after if f" {code}" in line][:_SHOWN]:
                print(f"      {line}")


def _by_code(lines: list[str]) -> Counter[str]:
    return Counter(match["code"] for line in lines if (match := _FINDING.match(line)))


if __name__ == "__main__":
    main()
