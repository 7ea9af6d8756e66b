"""What scripts, containers and pipelines name of the code."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.engine.read.commands import commands


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("clean.sh", 'python -c "from app.cache import read, clean; clean()"', "app.cache.clean"),
        ("Dockerfile", 'CMD ["uvicorn", "app.main:create_app", "--factory"]', "app.main.create_app"),
        ("deploy/crontab", "0 3 * * * rq enqueue app.cache.clean", "app.cache.clean"),
        (".github/workflows/x.yml", "run: python -m flask app.cache:clean", "app.cache.clean"),
        ("Procfile", "release: python -m app.cache clean", "app.cache"),
    ],
)
def test_what_a_file_may_run(tmp_path: Path, name: str, text: str, path: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert path in commands(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.async-fix.functions]\n"app.cache:clean" = "async"'),
        ("notes.md", "app.cache.clean"),
        ("node_modules/x.yml", "app.cache.clean"),
        ("data.yml", "app.cache.clean\n" + "x" * 200_000),
        ("x.yml", "clean the app"),
    ],
)
def test_what_runs_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert commands(tmp_path) == frozenset()
