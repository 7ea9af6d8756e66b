"""What the files would become when some change groups are carried out; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..beside import put_back
from ..model import ChangeGroup, Edit, FileResult, Status
from . import generated, support
from .analysis import Analysis, FileInfo, index_all
from .failure import Failure
from .rewrite import RewriteError, rewrite
from .run import Run, file_infos
from .text.lines import encode, line_limit


@dataclass(frozen=True)
class Outcome:
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
        facts, problems = index_all(infos, texts, known)
        return run.analysed(facts, texts, problems, run.before.unread)

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
    limit = line_limit(*run.project.homes)
    texts: dict[str, str] = {**run.before.staged, **made.texts}
    failures: list[Failure] = []
    for path, found in sorted(edits.items()):
        if not found:
            continue
        info = infos.get(path)
        try:
            texts[path] = rewrite(
                texts[path] if path in texts else run.sources[path].text,
                found,
                module=info.module if info else "",
                is_package=info.is_package if info else False,
                first_party=first_party,
                line_length=limit,
                exported=run.exported.of(path) if info else frozenset(),
            )
        except RewriteError as error:
            failures.append(Failure("it can be rewritten", path, str(error)))
        except Exception as error:  # whatever goes wrong in one file must not take the others along
            failures.append(Failure("it can be rewritten", path, f"{type(error).__name__}: {error}"))
    for path, names in run.before.twins.known.items():
        if path in texts:
            texts[path] = put_back(texts[path], run.sources[path].text, names)
    changed = {
        path: text
        for path, text in texts.items()
        if path not in run.sources or text != run.sources[path].text
    }
    return Outcome(run, groups, changed, edits, made.notes, tuple(failures))
