"""What a project says that it needs and ships: dependency files, and the list of its packages."""

from __future__ import annotations

import codecs
import contextlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .declaring import declaring_files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOR_DEVELOPERS = re.compile(r"(dev|test|lint|doc|ci|build)", re.IGNORECASE)
_OWN_TABLES = re.compile(r"^\[tool\.async-fix\b.*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
"""A driver that the config names is not one that the project has."""
_OF_PYTEST = ("pytest.ini", ".pytest.ini", "tox.ini")
_MODE = re.compile(r"^asyncio_mode\b.*$", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Declared(msgspec.Struct, frozen=True):
    runtime: frozenset[str]
    """Canonical names of the distributions that the application itself is installed with."""
    anywhere: frozenset[str]
    """The same, with those for tests and development."""
    text: str
    """All dependency files one behind the other, for version limits, and how pytest-asyncio is set up."""
    packages: frozenset[str] | None
    """The packages that `[tool.setuptools]` lists one by one; None when they are found automatically."""
    name: str = ""
    """What the others of a workspace call it; empty where no `pyproject.toml` gives it a name."""


def read_declared(folders: Iterable[Path], installed: Callable[[], Iterable[str]] = tuple) -> Declared:
    """Files that cannot be read or parsed say nothing; where none says anything, requirements that are
    `installed` without one count."""
    runtime: set[str] = set()
    others: set[str] = set()
    texts: list[str] = []
    packages: frozenset[str] | None = None
    name = ""
    folders = tuple(folders)
    for path in (path for folder in folders for path in declaring_files(folder)):
        with contextlib.suppress(OSError):
            text = text_of(path)
            texts.append(_OWN_TABLES.sub("", text))
            if path.name == "pyproject.toml":
                with contextlib.suppress(tomllib.TOMLDecodeError):
                    table = tomllib.loads(text)
                    runtime.update(_of_runtime(table))
                    others.update(_of_groups(table))
                    packages = packages or _listed_packages(table)
                    name = name or _name(table)
            elif path.suffix in (".txt", ".in"):
                (others if FOR_DEVELOPERS.search(path.stem) else runtime).update(names_in_lines(text))
            else:
                # names in a program or an ini file: better too many than one too few
                runtime.update(canonicalize_name(name) for name in _NAME.findall(text))
    for path in (folder / name for folder in folders for name in _OF_PYTEST):
        with contextlib.suppress(OSError):
            texts.extend(_MODE.findall(text_of(path)))
    if not runtime | others:
        texts.append("\n".join(sorted(installed())))
        runtime.update(names_in_lines(texts[-1]))
    return Declared(frozenset(runtime), frozenset(runtime | others), "\n".join(texts), packages, name)


def text_of(path: Path) -> str:
    """The text of a dependency file: UTF-8, or UTF-16 as PowerShell writes `pip freeze > file`."""
    data = path.read_bytes()
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf_16 else "utf-8-sig", errors="replace")


def _name(table: Mapping[str, Any]) -> str:
    found = _at(table, "project", "name") or _at(table, "tool", "poetry", "name")
    return canonicalize_name(found) if isinstance(found, str) else ""


def _of_runtime(table: Mapping[str, Any]) -> Iterator[str]:
    yield from _of_requirements(_at(table, "project", "dependencies"))
    poetry = _at(table, "tool", "poetry", "dependencies")
    yield from (canonicalize_name(name) for name in poetry if isinstance(name, str))


def _of_groups(table: Mapping[str, Any]) -> Iterator[str]:
    for groups in (_at(table, "project", "optional-dependencies"), _at(table, "dependency-groups")):
        for requirements in groups.values() if isinstance(groups, Mapping) else ():
            yield from _of_requirements(requirements)
    poetry = _at(table, "tool", "poetry", "group")
    for group in poetry.values() if isinstance(poetry, Mapping) else ():
        yield from (canonicalize_name(name) for name in _at(group, "dependencies") if isinstance(name, str))


def _at(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key, ()) if isinstance(table, Mapping) else ()
    return table


def _of_requirements(requirements: Any) -> Iterator[str]:
    for requirement in requirements if isinstance(requirements, (list, tuple)) else ():
        if isinstance(requirement, str):
            yield from names_in_lines(requirement)


def names_in_lines(text: str) -> Iterator[str]:
    """The canonical names of requirements, one a line."""
    for line in text.splitlines():
        line = line.partition(" #")[0].strip()
        if line and not line.startswith(("#", "-")):
            with contextlib.suppress(InvalidRequirement):
                yield canonicalize_name(Requirement(line.split(" --")[0].rstrip("\\ ")).name)


def _listed_packages(table: Mapping[str, Any]) -> frozenset[str] | None:
    listed = _at(table, "tool", "setuptools", "packages")
    return frozenset(map(str, listed)) if isinstance(listed, list) else None
