"""The same program in other words becomes the same: with annotations, names for answers, other imports."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import libcst as cst
import pytest
from rewritings import REWRITINGS, rewritten
from small_projects import Migrated, migrate

PROJECTS = Path(__file__).parents[2] / "testdata" / "projects"
NAMES = ("booking_uow", "helpdesk_services", "mini_async", "parcel_desk")


@cache
def files_of(name: str) -> dict[str, str]:
    folder = PROJECTS / name / "before"
    paths = [path for path in folder.rglob("*") if path.suffix in {".py", ".toml", ".txt", ".ini"}]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@cache
def as_written(name: str) -> Migrated:
    return migrate(files_of(name), (".",))


def outcome(done: Migrated) -> tuple[object, ...]:
    rows = [(row.entry.label, row.before, row.after) for row in done.report.handlers]
    remedies = Counter((finding.code, finding.remedy) for finding in done.report.findings)
    dropped = [words for _, words in done.report.dropped]
    return sorted(rows), remedies, len(done.report.groups), dropped


@pytest.mark.parametrize("how", REWRITINGS)
@pytest.mark.parametrize("name", NAMES)
def test_it_becomes_the_same(name: str, how: type[cst.CSTTransformer]) -> None:
    files = rewritten(files_of(name), how)
    assert files != files_of(name)
    assert outcome(migrate(files, (".",))) == outcome(as_written(name))
