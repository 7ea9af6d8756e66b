"""`--jobs` changes how long it takes, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_project import Run


@pytest.mark.parametrize("option", ["-j", "--jobs"])
def test_check_says_the_same(run: Run, project: Path, option: str) -> None:
    assert run("check", "app/api", "--no-cache", option, "2") == run("check", "app/api", "--no-cache")


@pytest.mark.parametrize("option", ["-j", "--jobs"])
def test_apply_makes_the_same(run: Run, project: Path, option: str) -> None:
    found = run("apply", "--dry-run", "app/api", option, "2")
    assert "+async def " in found.out
    assert found == run("apply", "--dry-run", "app/api")


@pytest.mark.parametrize("number", ["-1", "1.5", "many"])
def test_it_is_a_number(run: Run, project: Path, number: str) -> None:
    found = run("check", "app/api", f"--jobs={number}")
    assert found.code == 2
    assert "--jobs" in found.err
