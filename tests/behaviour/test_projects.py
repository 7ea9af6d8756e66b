"""Whole projects before and after: the same to their clients, and the event loop is free.

The trees that should come out are kept in `testdata/projects/<name>/after`. When a change of the tool changes
them for the better, write them anew and read the difference before it is committed:

    ASYNC_FIX_REGENERATE=legacy_shop python -m pytest tests/behaviour -k expected_tree
"""

from __future__ import annotations

import difflib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from replaying.processes import Project, content

REGENERATE = "ASYNC_FIX_REGENERATE"
# one step of the loop may compute this long, in seconds of the processor
COMPUTING = 0.04
# the neighbours of the probed project take `probe.latency` for an answer: who waits for one on the loop shows
WAITING = 0.6
# the machine may be busy with something else
ATTEMPTS = 3


def test_own_suite_passes_before(project: Project) -> None:
    _own_suite_passes(project, project.before)


def test_own_suite_passes_after(project: Project) -> None:
    _own_suite_passes(project, project.after)


def _own_suite_passes(project: Project, tree: Path) -> None:
    done = project.own_suite(tree)
    assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"


def test_every_handler_is_asked(project: Project) -> None:
    """Guards the case file: what is not asked is not compared."""
    assert project.answers_before["never_asked"] == []
    assert bool(project.answers_before["unraisable"]) == project.case.forgets_awaits


def test_clients_get_the_same_answers(project: Project) -> None:
    asked = zip(project.case.exchanges, project.answers_before["exchanges"], strict=True)
    expected = [{**answer, **exchange.changed} for exchange, answer in asked]
    for before, after in zip(expected, project.answers_after["exchanges"], strict=True):
        assert after == before


@pytest.mark.parametrize("kind", ["mails", "calls", "files", "keys"])
def test_the_world_sees_the_same(project: Project, kind: str) -> None:
    before, after = project.answers_before[kind], project.answers_after[kind]
    assert _unchanged(project, after) == _unchanged(project, before)


def _unchanged(project: Project, seen: Any) -> Any:
    """Without what was seen during exchanges whose answer is meant to change."""
    changed = {exchange.name for exchange in project.case.exchanges if exchange.changed}
    return seen if isinstance(seen, dict) else [item for item in seen if item["during"] not in changed]


def test_no_coroutine_is_dropped(project: Project) -> None:
    assert project.answers_after["unraisable"] == []


def test_nothing_blocks_the_loop(project: Project) -> None:
    probe = project.probe_after
    assert probe["blocking"] == []
    assert probe["finished"]
    assert probe["async_handlers"] > 0


def test_the_loop_keeps_turning(project: Project) -> None:
    """One request after the other, then all at once with slow neighbours."""
    for attempt in range(ATTEMPTS):
        probe = project.probe_after if attempt == 0 else project.probe(project.after)
        if not _pauses(project, probe):
            return
    raise AssertionError(f"the loop stood still: {_pauses(project, probe)}")


def _pauses(project: Project, probe: dict[str, Any]) -> dict[str, Any]:
    limits = {"processor": COMPUTING, "wall": WAITING * project.case.probe_latency}
    found = {
        f"{when}, {clock}": f"{probe[when][clock]:.3f} s during {probe[when][f'{clock}_during']}"
        for when, clock in (("alone", "processor"), ("together", "wall"))
        if probe[when][clock] > limits[clock]
    }
    return found


def test_a_crowd_is_told_what_one_alone_is_told(project: Project) -> None:
    crowd = project.probe_after["crowd"]
    assert crowd["asked"] == project.case.probe_crowd
    assert crowd["worst"] < 500
    assert crowd["different"] == []


@pytest.mark.parametrize("project", ["clinic_api", "legacy_shop", "library_sqlmodel"], indirect=True)
def test_probe_catches_the_naive_conversion(project: Project) -> None:
    """Guards the probe: `async ` in front of every handler, and nothing else, must not get through.

    Of all that it can block on: Redis and WebSockets, files and mail and others' answers, a database alone.
    """
    probe = project.probe_naive
    if probe is None:
        return  # it did not even stand
    assert probe["sync_handlers"] == 0
    assert len(probe["blocking"]) > 5
    if project.case.answers:  # somebody slow to wait for
        assert "together, wall" in _pauses(project, probe)


def test_expected_tree(project: Project) -> None:
    expected = project.folder / "after"
    if project.name in os.environ.get(REGENERATE, "").split(","):
        shutil.rmtree(expected, ignore_errors=True)
        for name, data in content(project.after).items():
            target = expected / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        pytest.fail(f"{expected} is written anew: read the difference, then run again without {REGENERATE}")
    assert expected.is_dir(), f"{project.name} has no expected tree yet; see the docstring of this file"
    before, after = content(expected), content(project.after)
    assert "".join(_difference(before, after)) == ""


def _difference(expected: dict[str, bytes], found: dict[str, bytes]) -> list[str]:
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        if (name in expected) != (name in found):
            lines.append(f"only {'expected' if name in expected else 'found'}: {name}\n")
        elif expected[name] != found[name]:
            old, new = (tree[name].decode().splitlines(True) for tree in (expected, found))
            lines += [f"not equal: {name}\n", *difflib.unified_diff(old, new, "expected", "found")]
    return lines


def test_second_run_changes_nothing(project: Project) -> None:
    before = content(project.after)
    times = {name: (project.after / name).stat().st_mtime_ns for name in before}
    project.convert(project.after)
    assert content(project.after) == before
    assert {name: (project.after / name).stat().st_mtime_ns for name in before} == times
