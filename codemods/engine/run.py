"""read -> index -> link -> judge -> plan: one run, each phase when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..model import Problem, Template
from .read.contents import Contents
from .read.project import Project, read_project
from .read.templates import templates_of
from .settings.config import Config, in_use
from .text.lines import SourceText, UndecodableSource, decode

if TYPE_CHECKING:
    from ..analysis.index.facts import ModuleFacts
    from ..analysis.index.unread import Unread
    from ..catalogue import Catalogue
    from .analysis import Analysis
    from .exported import Exported
    from .indexing import FileInfo
    from .settings.resolved import Settings
    from .strategies.relocate import Lines

Progress = Callable[[str], None]


class Run(msgspec.Struct, frozen=True, dict=True):
    """The files as they were read. What judges them is imported when it is needed: a report that is still
    true needs none of it."""

    project: Project
    sources: Mapping[str, SourceText]
    data: Mapping[str, bytes]
    problems: tuple[Problem, ...] = ()
    """Files that cannot be read."""
    jobs: int = 1
    """Processes that may work at once."""
    facts: Path | None = None
    """Where the facts of files are kept for the next run, those of the catalogue beside them."""

    @cached_property
    def catalogue(self) -> Catalogue:
        from .. import catalogue
        from .kept.libraries import kept_library
        from .settings.earlier import earlier_tables

        tables = [*earlier_tables(self.project.declared.text), *self.project.config.catalogue]
        if self.facts is None:
            return catalogue.load(tables)
        return catalogue.load(tables, partial(kept_library, self.facts.with_name("catalogue")))

    @cached_property
    def settings(self) -> Settings:
        from .plan import generated

        return generated.settings(self.project, self.texts, self.templates, self.catalogue)

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        return templates_of(self.project.root, self.texts.values())

    @cached_property
    def before(self) -> Analysis:
        from ..analysis.index.unread import runs_nowhere, unread
        from .indexing import held, index_all
        from .kept.facts import FactsCache

        files, trees = file_infos(self.project), held(self.texts)
        if self.facts is None:
            facts, unparsed = index_all(files, self.texts, jobs=self.jobs)
        else:
            cache = FactsCache(self.facts, self.project.root)
            facts, unparsed = cache.index_all(files, self.texts, self.data, self.jobs)
        problems = (*self.problems, *unparsed)
        strange = {problem.path: self.data.get(problem.path, b"") for problem in problems}
        running = {path: data for path, data in strange.items() if not runs_nowhere(data)}
        unseen = unread(running, self.project.named)
        found = self.analysed(facts, self.texts, problems, unseen)
        found.judged()  # looks at statements
        del trees
        return found

    def analysed(
        self,
        facts: Sequence[ModuleFacts],
        texts: Mapping[str, str],
        problems: Sequence[Problem],
        unread: Unread,
    ) -> Analysis:
        """These texts, with the settings of this run."""
        from .analysis import analyse
        from .strategies.beside import Beside
        from .strategies.mains import analyse_with_mains
        from .strategies.mixed_with import analyse_with_split
        from .strategies.out_of_threads import analyse_out_of_threads
        from .strategies.through_map import analyse_through_map
        from .strategies.workers import Workers

        given = (self.catalogue, self.settings, tuple(problems), unread, self.project.line_limit)
        if in_use(self.project.config) in ("beside", "run-sync"):
            return Beside(*given).analyse(facts, texts)

        def analysed(facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
            return analyse(facts, texts.__getitem__, self.catalogue, self.settings, problems, unread)

        def native(facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
            return Workers(*given).analyse(analysed(facts, texts), facts, texts)

        def run(facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
            return analyse_with_mains(native, facts, texts)

        def split(facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
            return analyse_with_split(run, facts, texts)

        def mapped(facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
            return analyse_through_map(split, facts, texts)

        return analyse_out_of_threads(mapped, facts, texts, self.project.line_limit)

    def with_sync_database(self) -> Run:
        """The same run, in which the database stays sync."""
        config = replace(self.project.config, database="leave", databases={})
        return replace(self, project=replace(self.project, config=config))

    @property
    def staged(self) -> Mapping[str, str]:
        """The texts to which the edits refer: those that were read, with copies that will be async twins."""
        return {**self.texts, **self.before.staged}

    @cached_property
    def exported(self) -> Exported:
        from .exported import Exported

        return Exported(self.before)

    @cached_property
    def lines(self) -> Lines:
        """Where the lines of the staged texts stand in the files."""
        from .strategies.relocate import lines_of

        twins = self.before.twins.twins
        return {
            path: lines_of(self.texts[path], text, twins.get(path, {}))
            for path, text in self.before.staged.items()
        }

    @cached_property
    def texts(self) -> Mapping[str, str]:
        return {path: source.text for path, source in self.sources.items()}


def start(paths: Sequence[Path], config: Config, *, jobs: int = 1, facts: Path | None = None) -> Run:
    """Read everything. Raises `ProjectError` where there is nothing to read."""
    contents = Contents()
    project = read_project(paths, config, contents)
    data: dict[str, bytes] = {}
    sources: dict[str, SourceText] = {}
    problems: list[Problem] = []
    for file in project.files:
        try:
            data[file.path] = contents.read(project.root, file.path)
            sources[file.path] = decode(data[file.path])
        except UndecodableSource as error:
            problems.append(Problem(error.message, file.path, error.line))
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror}", file.path))
    return Run(project, sources, data, tuple(problems), jobs, facts)


def file_infos(project: Project) -> list[FileInfo]:
    from .indexing import FileInfo

    return [FileInfo(f.path, f.module, f.root, f.is_package, f.is_test) for f in project.files]
