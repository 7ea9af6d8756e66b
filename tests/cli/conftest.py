"""The fixtures of this folder; makes the modules beside them importable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from async_fix.cli.main import main
from async_fix.cli.shared import guard

sys.path.insert(0, str(Path(__file__).parent))

from cli_project import GATEWAY, PAY, Result, Run, commit, git, write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    write(root / "app" / "api" / "pay.py", PAY)
    write(root / "app" / "gateway.py", GATEWAY)
    write(root / "pyproject.toml", "[project]\nname = 'shop'\ndependencies = ['httpx']\n")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def committed(project: Path) -> Path:
    git(project, "init", "-q")
    commit(project)
    return project


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "ASYNC_FIX_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str | Path) -> Result:
        guard.state.debug, guard.state.verbose = False, False
        guard.state.outcome = "nothing was written"
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        assert isinstance(end.value.code, int)
        return Result(end.value.code, captured.out, captured.err.decode())

    return call
