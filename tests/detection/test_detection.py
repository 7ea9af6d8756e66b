"""Every blocking call of the benchmark is found, in whatever form it is written, and no look-alike is."""

from __future__ import annotations

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
