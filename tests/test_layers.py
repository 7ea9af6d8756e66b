"""Imports point one way: the contracts of `pyproject.toml`, held by import-linter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_imports_point_one_way() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=CHECKOUT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
