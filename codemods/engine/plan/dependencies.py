"""What the changed project must be installed with: what of it is missing, and writing that down."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ...async_clients.http.generated.client_module import MARK
from ...extract_tasks.generated.queues import QUEUES
from ...model import ChangeGroup, Dependency, FileResult, Status
from ..read import dependency_files
from ..read.declared import text_of
from ..read.declaring import REQUIREMENTS
from ..read.dependency_files import NoPlaceError, Place
from ..read.project import Project
from ..settings.resolved import Settings
from ..text.lines import SourceText, UndecodableSource, decode, encode, newline_of
from . import support

_RANGES = {"httpx": ">=0.27,<1", "httpx2": ">=2,<3"}
_INSTALL = (
    ("uv.lock", "uv sync"),
    ("poetry.lock", "poetry lock && poetry install"),
    ("pdm.lock", "pdm lock && pdm install"),
)


class Written(msgspec.Struct, frozen=True):
    """Dependency files with what was missing, and what a person has to do."""

    files: tuple[FileResult, ...] = ()
    steps: tuple[str, ...] = ()


def missing(
    project: Project, settings: Settings, groups: Sequence[ChangeGroup], texts: Mapping[str, str]
) -> tuple[Dependency, ...]:
    """What the groups need, and what generated files of an earlier run need, as far as it is not declared."""
    clients, tasks, wanted = support.wanted(groups)
    declared = project.declared
    library = settings.http_library
    if any(client.library == library for client in clients) or MARK in texts.get(
        settings.http_place.path, ""
    ):
        limit = "" if library in declared.anywhere else _RANGES[library]
        wanted.append(Dependency(library, limit, "the shared HTTP client"))
    has_broker = settings.broker is not None and settings.broker.is_ours
    if (tasks and settings.broker is None) or has_broker:
        wanted += QUEUES[settings.queue].dependencies(declared.text)
    return tuple(each for each in dict.fromkeys(wanted) if _name(each) not in declared.runtime)


def step(dependency: Dependency, project: Project) -> str:
    """What to do by hand about one that is missing."""
    is_for_tests = _name(dependency) in project.declared.anywhere
    where = "; it is only declared for tests and development" if is_for_tests else ""
    return f"add the dependency {dependency.distribution}{dependency.specifier} ({dependency.why}{where})"


def write_down(root: Path, homes: Sequence[Path], dependencies: Sequence[Dependency]) -> Written:
    """The files of the `homes` that declare FastAPI, with the dependencies too; nothing is written yet."""
    if not dependencies:
        return Written()
    texts = _texts(root, homes)
    chosen, left = _chosen(texts)
    files: list[FileResult] = []
    steps: list[str] = []
    wanted = ", ".join(f"{each.distribution}{each.specifier}" for each in dependencies)
    for place in chosen:
        data = (root / place.path).read_bytes()
        new = [each for each in dependencies if _name(each) not in place.names]
        try:
            source = _source(data)
            text = dependency_files.added(source.text, place, new)
            if new:
                files.append(FileResult(place.path, Status.CHANGED, data, encode(source, text)))
        except (NoPlaceError, UndecodableSource) as why:
            steps.append(f"add {wanted} to {place.path} by hand: {why}")
    if not chosen:
        steps.append(f"add {wanted} where your project declares what it needs: no file was found to write to")
    if files:
        steps.append(_install(root, [file.path for file in files]))
    steps += [f"{path} is generated: bring it up to date with the tool that wrote it" for path in left]
    return Written(tuple(files), tuple(steps))


def _source(data: bytes) -> SourceText:
    """Requirements may be UTF-16, as PowerShell writes them; pip reads both."""
    if data.startswith(codecs.BOM_UTF16_LE):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode("utf-16")
            return SourceText(text, "utf-16", bom=False, newline=newline_of(text))
    return decode(data)


def _texts(root: Path, homes: Sequence[Path]) -> dict[str, str]:
    """The dependency files, by path from the root."""
    found: dict[str, str] = {}
    for home in homes:
        for path in (home / "pyproject.toml", *(p for each in REQUIREMENTS for p in sorted(home.glob(each)))):
            if path.is_file():
                name = path.relative_to(root).as_posix()
                found[name] = text_of(path)
    return found


def _chosen(texts: Mapping[str, str]) -> tuple[list[Place], list[str]]:
    """One list of each file that declares FastAPI, else the first that is there; and generated files."""
    lists = {
        path: dependency_files.best([*dependency_files.places(path, text)]) for path, text in texts.items()
    }
    found = [place for place in lists.values() if place is not None]
    beside = [place for place in found if dependency_files.holds_framework(place)]
    generated = {
        place.path
        for place in beside
        if dependency_files.is_generated(texts[place.path])
        or f"{place.path.removesuffix('.txt')}.in" in {other.path for other in beside}
    }
    chosen = [place for place in beside or found[:1] if place.path not in generated]
    return chosen, sorted(generated)


def _install(root: Path, paths: Sequence[str]) -> str:
    folder, _, name = paths[0].rpartition("/")
    for lock, command in _INSTALL:
        if name == "pyproject.toml" and (root / folder / lock).exists():
            return f"install what was added to {paths[0]}: {command}"
    command = f"pip install {folder or '.'}" if name == "pyproject.toml" else f"pip install -r {paths[0]}"
    return f"install what was added to {', '.join(paths)}, for example with {command}"


def _name(dependency: Dependency) -> str:
    return canonicalize_name(Requirement(dependency.distribution).name)
