"""However many processes read the files, and in whatever order, what they find is the same."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from async_fix.codemods.engine import workers
from async_fix.codemods.engine.indexing import index_all
from async_fix.codemods.engine.run import file_infos, start
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.engine.workers import AUTOMATIC, spread

PROJECTS = Path(__file__).parents[2] / "testdata" / "projects"
SHOP = PROJECTS / "legacy_shop" / "before"


def test_facts_and_problems_do_not_depend_on_the_number_of_workers() -> None:
    run = start([SHOP / "app" / "api"], Config())
    files = file_infos(run.project)
    texts = {**run.texts, files[3].path: "def (\n", files[5].path: "x = '\\ud800'\n", files[6].path: "\0"}
    facts, problems = index_all(files, texts)
    assert len(facts) == len(files) - 2
    assert [problem.path for problem in problems] == [files[3].path, files[6].path]
    for jobs in (2, 4):
        assert index_all(files, texts, jobs=jobs) == (facts, problems)
    shuffled = random.Random(7).sample(files, len(files))
    other, _ = index_all(shuffled, texts, jobs=2)
    assert [each.path for each in other] == [f.path for f in shuffled if f.path in {e.path for e in facts}]
    assert sorted(other, key=lambda each: each.path) == sorted(facts, key=lambda each: each.path)


def test_what_is_known_already_is_not_handed_out() -> None:
    run = start([SHOP / "app" / "api"], Config())
    files = file_infos(run.project)
    facts, _ = index_all(files, run.texts)
    known = {each.path: each for each in facts[1:]}
    again, _ = index_all(files, run.texts, known, jobs=2)
    assert again == facts
    assert all(one is other for one, other in zip(again[1:], facts[1:], strict=True))


def _die_elsewhere(number: int) -> int:
    if os.environ["HERE"] != str(os.getpid()):
        os._exit(1)
    return number * 2


def test_work_of_a_worker_that_dies_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", str(os.getpid()))
    assert spread(_die_elsewhere, [1, 2, 3], 2) == [2, 4, 6]


def test_where_only_some_can_be_started_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    real, started = os.fork, []

    def fork() -> int:
        if started:
            raise BlockingIOError
        started.append(True)
        return real()

    monkeypatch.setattr(os, "fork", fork)
    assert spread(abs, [-1, -2, -3], 3) == [1, 2, 3]
    assert started
    for child in multiprocessing.active_children():
        child.join()  # or it would wait for ever


ENDLESS = """
import os
import signal
import sys
import time

from async_fix.codemods.engine.workers import spread


def work(number):
    sys.stdout.write(f"{os.getpid()}\\n")
    sys.stdout.flush()
    time.sleep(600)


# a job in the background of a shell would ignore it
signal.signal(signal.SIGINT, signal.default_int_handler)
spread(work, [1, 2, 3], 2)
"""


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform != "linux", reason="there are no workers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_who_started_it(number: signal.Signals) -> None:
    """Nor does an interrupt wait for what it has begun."""
    command = [sys.executable, "-c", ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        assert running.stdout.readline()
        running.send_signal(number)
        # comes to its end when the last worker has let go of it
        assert running.stdout.read() == b""
    assert running.returncode != 0


@pytest.mark.parametrize("error", [PermissionError(), FileNotFoundError("/dev/shm"), BlockingIOError()])
def test_where_no_processes_can_be_had_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr("concurrent.futures.process.ProcessPoolExecutor", refused)
    assert spread(abs, [-1, -2], 2) == [1, 2]


def test_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert workers.workers(3) == 3
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert workers.workers(AUTOMATIC) == 8
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    assert workers.workers(AUTOMATIC) == 1


PROGRAM = """
import sys
from pathlib import Path
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import Config

for jobs in (1, 3):
    run = pipeline.start([Path(sys.argv[1])], Config(), jobs=jobs)
    print(repr(pipeline.apply(run).files))
    print(repr(pipeline.check(run)))
"""


def test_what_is_found_and_written_does_not_depend_on_the_number_of_workers() -> None:
    command = [sys.executable, "-c", PROGRAM, str(PROJECTS / "clinic_api" / "before" / "routers")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert "CHANGED" in lines[0]
    assert len(set(lines[::2])) == len(set(lines[1::2])) == 1
