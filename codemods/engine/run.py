"""read -> index -> link -> judge -> plan: one run, with all that was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .. import catalogue as catalogues
from ..catalogue import Catalogue
from ..model import Problem
from . import generated
from .analysis import Analysis, FileInfo, Settings, analyse, index_all
from .config import Config
from .exported import Exported
from .project import Project, read_project
from .text.lines import SourceText, UndecodableSource, decode

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    project: Project
    sources: Mapping[str, SourceText]
    data: Mapping[str, bytes]
    settings: Settings
    catalogue: Catalogue
    before: Analysis

    @cached_property
    def exported(self) -> Exported:
        return Exported(self.before)

    @property
    def texts(self) -> Mapping[str, str]:
        return {path: source.text for path, source in self.sources.items()}


def start(paths: Sequence[Path], config: Config, progress: Progress = lambda phase: None) -> Run:
    """Everything up to the plan. Raises `ProjectError` where there is nothing to read."""
    progress("reading")
    project = read_project(paths, config)
    data: dict[str, bytes] = {}
    sources: dict[str, SourceText] = {}
    problems: list[Problem] = []
    for file in project.files:
        try:
            data[file.path] = (project.root / file.path).read_bytes()
            sources[file.path] = decode(data[file.path])
        except UndecodableSource as error:
            problems.append(Problem(error.message, file.path, error.line))
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror}", file.path))
    progress("indexing")
    catalogue = catalogues.load(config.catalogue)
    texts = {path: source.text for path, source in sources.items()}
    facts, unparsed = index_all(file_infos(project), texts)
    progress("linking and judging")
    settings = generated.settings(project, texts, config)
    before = analyse(facts, texts.__getitem__, catalogue, settings, (*problems, *unparsed))
    return Run(project, sources, data, settings, catalogue, before)


def file_infos(project: Project) -> list[FileInfo]:
    return [FileInfo(f.path, f.module, f.root, f.is_package, f.is_test) for f in project.files]
