"""Python hashes texts anew in each process: what is reported and written does not depend on it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PROJECTS = Path(__file__).parents[2] / "testdata" / "projects"
NAMES = ("legacy_shop", "crm_generic", "helpdesk_services", "library_sqlmodel")
# a process for each, which finds the tool imported
EACH = """
import os, sys

import async_fix.codemods.engine.outcome
from async_fix.cli.main import main

arguments, folder, *names = sys.argv[1:]
for name in names:
    child = os.fork()
    if not child:
        for number in (1, 2):
            os.dup2(os.open(f"{name}.{number}", os.O_WRONLY | os.O_CREAT), number)
        sys.argv = ["async-fix", *arguments.split(), f"{folder}/{name}/before"]
        sys.exit(main())
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))
"""


@cache
def seeded(seed: int, folder: Path) -> dict[str, tuple[int, str, str]]:
    """Exit code and what is said of each project; the caches of the tool are in the folder, too."""
    folder.mkdir()
    environ = {**os.environ, "PYTHONHASHSEED": str(seed), "XDG_CACHE_HOME": str(folder), "COLUMNS": "120"}
    command = [sys.executable, "-c", EACH, "apply --dry-run", PROJECTS, *NAMES]
    done = subprocess.run(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True, timeout=240, check=True
    )
    codes = zip(NAMES, map(int, done.stdout.split()), strict=True)
    return {name: (code, *((folder / f"{name}.{n}").read_text() for n in (1, 2))) for name, code in codes}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seeds")


@pytest.mark.parametrize("name", NAMES)
def test_every_seed_gives_the_same(folder: Path, name: str) -> None:
    first, *others = [seeded(seed, folder / str(seed))[name] for seed in (1, 2, 3)]
    assert "+async def " in first[1] or "+    async def " in first[1], first[2]
    assert others == [first, first]
