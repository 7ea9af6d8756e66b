"""What the files would become when some change groups are carried out; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec

from ..beside import put_back
from ..model import ChangeGroup, Edit, FileResult, Status
from .analysis import Analysis
from .away import away
from .indexing import FileInfo, held, index_all
from .plan import generated, support
from .prove.failure import Failure
from .rewrite import RewriteError, rewrite
from .run import Run, file_infos
from .text import unnamed
from .text.lines import encode
from .workers import AUTOMATIC, spread, workers

_PAYS = 200_000
"""Characters of files to be rewritten: about a second of work."""


class Outcome(msgspec.Struct, frozen=True, dict=True):
    run: Run
    groups: tuple[ChangeGroup, ...]
    texts: Mapping[str, str]
    """New texts of the files that change or are new."""
    edits: Mapping[str, Sequence[Edit]]
    notes: tuple[str, ...]
    """What could not be wired up, for a person to do."""
    failures: tuple[Failure, ...]
    """Files that could not be rewritten."""

    @cached_property
    def created(self) -> tuple[str, ...]:
        return tuple(sorted(path for path in self.texts if path not in self.run.sources))

    @cached_property
    def after(self) -> Analysis:
        """The analysis of the new program; facts of unchanged files are used again."""
        run = self.run
        infos = [*file_infos(run.project), *(generated.file_info(path, run.project) for path in self.created)]
        texts = {**run.texts, **self.texts}
        stale = self.texts.keys() | run.before.staged.keys()
        known = {m.path: m.facts for m in run.before.program.modules.values() if m.path not in stale}
        trees = held(self.texts)
        facts, problems = index_all(infos, texts, known)
        found = run.analysed(facts, texts, problems, run.before.unread)
        found.judged()  # looks at statements
        del trees
        return found

    def results(self) -> tuple[FileResult, ...]:
        found = []
        for path, text in sorted(self.texts.items()):
            if path in self.run.sources:
                new = encode(self.run.sources[path], text)
                found.append(FileResult(path, Status.CHANGED, self.run.data[path], new))
            else:
                found.append(FileResult(path, Status.CREATED, None, text.encode()))
        return tuple(found)


def carry_out(run: Run, groups: tuple[ChangeGroup, ...]) -> Outcome:
    edits = support.by_path(groups)
    made = generated.files(run.project, run.settings, groups, run.before, run.staged)
    for path, more in made.edits.items():
        edits[path].extend(edit for edit in more if edit not in edits[path])
    infos: dict[str, FileInfo] = {info.path: info for info in file_infos(run.project)}
    first_party = frozenset(info.module.partition(".")[0] for info in infos.values()) | made.packages
    limit = run.project.line_limit
    without_framework = run.settings.apart | away(run.before.program, run.before.entries)
    is_unnamed = unnamed.is_unnamed(
        (
            unnamed.Module(run.sources[path].text, info.module, info.is_package)
            for path, info in infos.items()
            if path in run.sources
        ),
        first_party,
    )
    texts: dict[str, str] = {**run.before.staged, **made.texts}
    for path in made.texts if is_unnamed else ():
        texts[path] = unnamed.relative(
            texts[path], generated.file_info(path, run.project).module, first_party
        )
    tasks = [
        _Task(
            path,
            texts[path] if path in texts else run.sources[path].text,
            tuple(found),
            _module(info, texts.get(path) or run.sources[path].text, first_party, is_unnamed=is_unnamed)
            if (info := infos.get(path))
            else "",
            info.is_package if info else False,
            first_party,
            limit,
            run.exported.of(path) if info else frozenset(),
            path not in without_framework,
        )
        for path, found in sorted(edits.items())
        if found
    ]
    results = _carried_out(tasks, run.jobs)
    failures = tuple(each for each in results if isinstance(each, Failure))
    texts.update(
        (task.path, each) for task, each in zip(tasks, results, strict=True) if isinstance(each, str)
    )
    for path, names in run.before.twins.known.items():
        if path in texts:
            texts[path] = put_back(texts[path], run.sources[path].text, names)
    changed = {
        path: text
        for path, text in texts.items()
        if path not in run.sources or text != run.sources[path].text
    }
    return Outcome(run, groups, changed, edits, made.notes, failures)


def _module(info: FileInfo, text: str, first_party: frozenset[str], *, is_unnamed: bool) -> str:
    return unnamed.inside(text, info.module, first_party) if is_unnamed else info.module


class _Task(NamedTuple):
    """One file to be rewritten, with all that must be known for it."""

    path: str
    text: str
    edits: Sequence[Edit]
    module: str
    is_package: bool
    first_party: frozenset[str]
    line_length: int | None
    exported: frozenset[str]
    has_fastapi: bool


def _carried_out(tasks: Sequence[_Task], jobs: int) -> list[str | Failure]:
    if jobs == AUTOMATIC and sum(len(task.text) for task in tasks) < _PAYS:
        jobs = 1
    # the largest first, so that nobody waits for one that began last
    order = sorted(range(len(tasks)), key=lambda number: -len(tasks[number].text))
    done = dict(
        zip(order, spread(_rewritten, [tasks[number] for number in order], workers(jobs)), strict=True)
    )
    return [done[number] for number in range(len(tasks))]


def _rewritten(task: _Task) -> str | Failure:
    try:
        return rewrite(
            task.text,
            task.edits,
            module=task.module,
            is_package=task.is_package,
            first_party=task.first_party,
            line_length=task.line_length,
            exported=task.exported,
            has_fastapi=task.has_fastapi,
        )
    except RewriteError as error:
        return Failure("it can be rewritten", task.path, str(error))
    except Exception as error:  # whatever goes wrong in one file must not take the others along
        return Failure("it can be rewritten", task.path, f"{type(error).__name__}: {error}")
