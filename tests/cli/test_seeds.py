"""Python hashes texts anew in each process: what is reported and written does not depend on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECTS = Path(__file__).parents[2] / "testdata" / "projects"


def seeded(seed: int, *arguments: str, cache: Path) -> tuple[int, str, str]:
    environ = {**os.environ, "PYTHONHASHSEED": str(seed), "XDG_CACHE_HOME": str(cache), "COLUMNS": "120"}
    command = [sys.executable, "-m", "async_fix", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["legacy_shop", "crm_generic", "helpdesk_services", "library_sqlmodel"])
def test_every_seed_gives_the_same(tmp_path: Path, name: str) -> None:
    arguments = ("apply", "--dry-run", str(PROJECTS / name / "before"))
    first, *others = [seeded(seed, *arguments, cache=tmp_path / str(seed)) for seed in (1, 2, 3)]
    assert "+async def " in first[1] or "+    async def " in first[1], first[2]
    assert others == [first, first]
