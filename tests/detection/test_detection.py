"""Every blocking call of the benchmark is found, in whatever form it is written, and no look-alike is."""

from __future__ import annotations

import shutil
from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config
from detection import BLOCKING, LOOKALIKES, marked, ours

_AT_LEAST = {"blocks": 150, "quiet": 150}


def test_there_are_enough_lines() -> None:
    assert len(marked(BLOCKING, "blocks")) >= _AT_LEAST["blocks"]
    assert len(marked(LOOKALIKES, "quiet")) >= _AT_LEAST["quiet"]
    assert not marked(BLOCKING, "quiet")
    assert not marked(LOOKALIKES, "blocks")


def test_every_blocking_line_is_found_and_no_other() -> None:
    blocking, found = marked(BLOCKING, "blocks"), ours(BLOCKING)
    assert [str(line) for line in sorted(blocking - found)] == []
    alarms = ours(BLOCKING, unsure=True) - blocking - marked(BLOCKING, "either")
    assert [str(line) for line in sorted(alarms)] == []


def test_nothing_is_said_of_look_alikes() -> None:
    alarms = ours(LOOKALIKES, unsure=True) - marked(LOOKALIKES, "either")
    assert [str(line) for line in sorted(alarms)] == []


def test_all_of_it_is_mended_at_once(tmp_path: Path) -> None:
    """Every library beside every other: no change fails a proof, whatever stands beside it."""
    copied = Path(shutil.copytree(BLOCKING, tmp_path / "benchmark"))
    report = pipeline.apply(pipeline.start([copied / "app"], load_config(copied)))
    assert [words for _, words in report.dropped] == []
    assert len(report.files) > 20
