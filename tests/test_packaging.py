"""What is installed: every package of the two folders, under the one name `async_fix`, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import subprocess
import sys
import tarfile
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import async_fix
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).resolve().parent.parent
NOT_SOURCES = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis", "*.egg-info")


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel, built from a copy: a stale `build/` must not get in."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(CHECKOUT / name, source)
    for name in ("cli", "codemods"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=NOT_SOURCES)
    for name in ("tests", "testdata"):
        (source / name / "deep").mkdir(parents=True)
        (source / name / "deep" / "case.txt").touch()
    (source / "codemods" / ".ruff_cache").mkdir()
    (source / "codemods" / ".ruff_cache" / "stale").touch()
    (source / "codemods" / "leftover.txt").touch()
    script = "from setuptools import build_meta as b; b.build_sdist('out'); b.build_wheel('out')"
    subprocess.run([sys.executable, "-c", script], cwd=source, check=True, capture_output=True)
    return source / "out"


@pytest.fixture(scope="module")
def wheel(built: Path) -> frozenset[str]:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        return frozenset(name for name in archive.namelist() if ".dist-info/" not in name)


@pytest.fixture(scope="module")
def sdist(built: Path) -> frozenset[str]:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        return frozenset(name.partition("/")[2] for name in archive.getnames())


def installed_as(path: str) -> str:
    """The rule for readers, backwards: put `async_fix/` before the path."""
    return path.replace("cli/_root/", "async_fix/") if path.startswith("cli/_root/") else f"async_fix/{path}"


def sources() -> list[str]:
    found = [*(CHECKOUT / "cli").rglob("*"), *(CHECKOUT / "codemods").rglob("*")]
    paths = [path.relative_to(CHECKOUT) for path in found if path.is_file()]
    return sorted(
        path.as_posix()
        for path in paths
        if not any(part == "__pycache__" or part.endswith("_cache") for part in path.parts)
    )


def test_every_folder_with_code_is_a_listed_package(pyproject: dict[str, Any]) -> None:
    folders = {installed_as(path).rpartition("/")[0] for path in sources() if path.endswith(".py")}
    assert sorted(pyproject["tool"]["setuptools"]["packages"]) == sorted(f.replace("/", ".") for f in folders)


def test_every_package_has_a_docstring_to_open_it_with() -> None:
    folders = {path.rpartition("/")[0] for path in sources() if path.endswith(".py")}
    for folder in sorted(folders):
        opening = CHECKOUT / folder / "__init__.py"
        assert opening.is_file(), folder
        assert opening.read_text(encoding="utf-8").startswith('"""'), folder


def test_the_wheel_installs_nothing_outside_of_async_fix(wheel: frozenset[str]) -> None:
    assert {name.partition("/")[0] for name in wheel} == {"async_fix"}


def test_the_wheel_holds_every_source_and_data_file_and_no_more(wheel: frozenset[str]) -> None:
    assert sorted(wheel) == sorted(installed_as(path) for path in sources())


def test_the_sdist_holds_what_the_tests_need_and_no_caches(sdist: frozenset[str]) -> None:
    assert {"tests/deep/case.txt", "testdata/deep/case.txt", "MANIFEST.in", "LICENSE"} <= sdist
    assert not [name for name in sdist if "_cache" in name]


def test_extras_and_dependency_groups_say_the_same(pyproject: dict[str, Any]) -> None:
    extras, groups = pyproject["project"]["optional-dependencies"], pyproject["dependency-groups"]
    for name in ("test", "lint"):
        assert groups[name] == extras[name]


def test_the_version_is_written_the_same_in_both_places(pyproject: dict[str, Any]) -> None:
    from async_fix import __version__

    assert pyproject["project"]["version"] == __version__


_KEPT = tuple(f"async_fix.codemods.{room}" for room in ("analysis.index", "catalogue", "model"))
"""Rooms whose data is kept in the cache."""


def test_no_type_of_what_is_kept_holds_a_text() -> None:
    """`tuple[Effect, "Form | None"]`: msgspec cannot read such a value again on Python 3.10."""
    found = []
    for module in pkgutil.walk_packages(async_fix.__path__, "async_fix."):
        if module.name.startswith(_KEPT):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, types.GenericAlias) and any(isinstance(a, str) for a in _inside(value)):
                    found.append(f"{module.name}.{name}")
    assert found == []


def _inside(alias: types.GenericAlias) -> Iterator[object]:
    for argument in alias.__args__:
        if isinstance(argument, types.GenericAlias):
            yield from _inside(argument)
        yield argument
