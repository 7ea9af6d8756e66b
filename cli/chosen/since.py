"""`check --since REV`: what was found already in the commit at which the branch began."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from ...codemods.engine import pipeline
from ...codemods.engine.read import git
from ...codemods.engine.read.project import ProjectError
from ...codemods.engine.settings.config import Config
from ..shared.guard import fail
from ..shared.places import Places
from .fingerprints import Mark, marks
from .view import Suppressed, Wanted, view

_NAMES = frozenset(
    {".gitignore", "Pipfile", "async-fix.toml", "pyproject.toml", "requirements.txt", "setup.cfg"}
)
"""Beside the Python files: what says where a project begins, and what is no part of it."""


def marks_at(revision: str, given: Sequence[Path], config: Config, wanted: Wanted) -> Counter[Mark]:
    """Judged by the rules of today, in a temporary copy; under the names that the files have now."""
    paths = [path.resolve() for path in given]
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    try:
        top = git.top(folder).resolve()
        commit = git.fork_point(folder, revision)
        moved = git.renamed_since(top, commit)
        inside = [path.relative_to(top) for path in paths if path.is_relative_to(top)]
        inside += [Path(old) for old, new in moved.items() if any(map(Path(new).is_relative_to, inside))]
        with tempfile.TemporaryDirectory(prefix="async-fix-") as copy:
            found = _marks_in(Path(copy).resolve(), top, commit, inside, config, wanted)
    except git.GitError as error:
        fail(f"--since {revision}: {error}")
    counts: Counter[Mark] = Counter()
    for mark in found:
        counts[mark._replace(path=moved.get(mark.path, mark.path))] += 1
    return counts


def _marks_in(
    copy: Path, top: Path, commit: str, paths: Sequence[Path], config: Config, wanted: Wanted
) -> list[Mark]:
    (copy / ".git").mkdir()  # the mark of a repository's root
    for name, content in git.files_at(top, commit, ".py", _NAMES):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(content)
    there = [copy / path for path in paths if (copy / path).exists()]
    if not there:
        return []
    if config.folder is not None and config.folder.resolve().is_relative_to(top):
        config = replace(config, folder=copy / config.folder.resolve().relative_to(top))
    try:
        run = pipeline.start(there, config)
    except ProjectError:  # nothing to check there at that time
        return []
    report = pipeline.check(run)
    lines = {path: source.text.splitlines() for path, source in run.sources.items()}
    shown = view(report, Suppressed(run, report.findings), wanted)
    return list(marks(shown, Places(run.project.root), lines).values())
