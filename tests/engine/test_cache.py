"""A report of an earlier run is given again when nothing has changed, and never when something has."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.kept import reports as cache_module
from async_fix.codemods.engine.kept.reports import ReportCache
from async_fix.codemods.engine.run import Run
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.model import Report
from msgspec.structs import replace

MAIN = """\
import time

import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/pay")
def pay(n: int):
    time.sleep(n)
    return requests.get("http://bank").json()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "app").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "app" / "__init__.py").write_text("")
    (root / "app" / "main.py").write_text(MAIN)
    (root / "app" / "other.py").write_text("x = 1\n")
    (root / "requirements.txt").write_text("fastapi\n")
    return root


@pytest.fixture
def cache(tmp_path: Path) -> ReportCache:
    return ReportCache(tmp_path / "cache" / "reports")


def read(root: Path, config: Config | None = None, *paths: str) -> Run:
    return pipeline.start([root / path for path in paths or ("app",)], config or Config())


def kept(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "cache" / "reports").iterdir()
    return file


def test_nothing_is_judged_twice(root: Path, cache: ReportCache, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pipeline.check(read(root), cache)
    assert len(first.handlers) == 1
    assert len(first.findings) == 3
    again = read(root)
    monkeypatch.setattr(Run, "before", property(lambda self: pytest.fail("it was judged again")))
    assert pipeline.check(again, cache) == first


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda root: (root / "app" / "other.py").write_text("x = 2\n"),
    "a new file": lambda root: (root / "app" / "third.py").write_text(""),
    "a file that is gone": lambda root: (root / "app" / "other.py").unlink(),
    "a file outside of the paths": lambda root: (root / "script.py").write_text("import app.main\n"),
    "another name": lambda root: (root / "app" / "other.py").rename(root / "app" / "name.py"),
    "a file that cannot be decoded": lambda root: (root / "app" / "other.py").write_bytes(b"x = '\xff'\n"),
    "a dependency": lambda root: (root / "requirements.txt").write_text("fastapi\nhttpx\n"),
    "a dependency of its own file": lambda root: (root / "pyproject.toml").write_text("[project]\n"),
    "the length of a line": lambda root: (root / ".flake8").write_text("[flake8]\nmax-line-length = 60\n"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_is_judged_again(root: Path, cache: ReportCache, what: str) -> None:
    cache.store(read(root), Report(next_steps=("old",)))
    assert cache.load(read(root)) is not None
    CHANGES[what](root)
    assert cache.load(read(root)) is None


def test_other_paths_and_another_config_are_another_run(root: Path, cache: ReportCache) -> None:
    cache.store(read(root), Report())
    assert cache.load(read(root, None, "app/main.py")) is None
    assert cache.load(read(root, replace(Config(), trusted=("requests.*",)))) is None
    assert cache.load(read(root)) is not None


def test_another_version_of_the_tool_is_another_run(
    root: Path, cache: ReportCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store(read(root), Report())
    monkeypatch.setattr(cache_module, "tool", lambda: b"newer")
    assert cache.load(read(root)) is None


RUN: list[str] = []


class Evil:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return run_code, ("by a pickle",)


def run_code(why: str) -> Report:
    RUN.append(why)
    return Report()


def sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "no checksum": pickle.dumps(Report()),
    "cut off": sealed(pickle.dumps(Report(next_steps=("x",) * 50)))[:-9],
    "no pickle": sealed(b"hello"),
    "no report": sealed(pickle.dumps(("a", "b"))),
    "code": sealed(pickle.dumps(Evil())),
    "code in a report": sealed(pickle.dumps(Report(next_steps=(Evil(),)))),  # type: ignore[arg-type]
    "another type": sealed(pickle.dumps(Path("x"))),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_or_forged_file_counts_for_nothing(
    root: Path, cache: ReportCache, tmp_path: Path, what: str
) -> None:
    cache.store(read(root), Report())
    kept(tmp_path).write_bytes(BROKEN[what])
    assert cache.load(read(root)) is None
    assert RUN == []
    found = pipeline.check(read(root), cache)
    assert cache.load(read(root)) == found


def test_files_that_others_can_write_count_for_nothing(
    root: Path, cache: ReportCache, tmp_path: Path
) -> None:
    cache.store(read(root), Report())
    kept(tmp_path).chmod(0o620)
    assert cache.load(read(root)) is None
    kept(tmp_path).chmod(0o600)
    assert cache.load(read(root)) is not None
    (tmp_path / "cache" / "reports").chmod(0o777)
    assert cache.load(read(root)) is None


def test_a_link_counts_for_nothing(root: Path, cache: ReportCache, tmp_path: Path) -> None:
    cache.store(read(root), Report())
    file = kept(tmp_path)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert cache.load(read(root)) is None


def test_only_the_owner_can_read_it(root: Path, cache: ReportCache, tmp_path: Path) -> None:
    cache.store(read(root), Report())
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600
    assert kept(tmp_path).parent.stat().st_mode & 0o777 == 0o700


def test_where_nothing_can_be_kept_everything_is_judged(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = ReportCache(tmp_path / "file" / "reports")
    assert len(pipeline.check(read(root), cache).handlers) == 1


def test_old_reports_are_forgotten(
    root: Path, cache: ReportCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "_KEPT", 2)
    for number in range(4):
        (root / "app" / "other.py").write_text(f"x = {number}\n")
        cache.store(read(root), Report())
        os.utime(next(iter((tmp_path / "cache" / "reports").iterdir())))
    assert len(list((tmp_path / "cache" / "reports").iterdir())) == 2
    assert cache.load(read(root)) is not None
