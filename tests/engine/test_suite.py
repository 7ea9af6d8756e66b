"""What a run of the user's tests says, and when it says that something broke."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from async_fix.codemods.engine.trial.suite import Outcome, Suite, SuiteError, broken, limit_for
from replaying.stubs import wait_until

TESTS = """
import pytest

def test_good(record_property): record_property("asked", "for")
def test_bad(): assert 1 == 2
@pytest.fixture
def lost(): raise LookupError
def test_lost(lost): pass
@pytest.mark.skip(reason="not today")
def test_left(): pass
@pytest.mark.parametrize("x", ["a::b", "c"])
def test_many(x): assert x != "c"
"""


def outcome(passed: str | None, failed: Mapping[str, str] | None = None, code: int = 0) -> Outcome:
    return Outcome(code, "output", 1.0, None if passed is None else frozenset(passed.split()), failed or {})


GOOD = outcome("a b")
BROKEN = {
    "fails": (GOOD, outcome("a", {"b": "1 != 2"}, 1), {"b": "1 != 2"}),
    "is skipped now": (GOOD, outcome("a", {"b": "skipped: no plugin"}), {"b": "skipped: no plugin"}),
    "is gone": (GOOD, outcome("a"), {"b": "output"}),
    "the run crashes": (GOOD, outcome(None, code=4), {"": "output"}),
    "all pass, the command fails": (GOOD, outcome("a b", code=1), {"": "output"}),
    "no report, the command fails": (outcome(None), outcome(None, code=1), {"": "output"}),
    "is gone beside another": (outcome("a b", {"c": ""}), outcome("a", {"c": ""}), {"b": "output"}),
    "its file cannot be imported, where one failed before": (
        outcome("a b", {"c": ""}, 1),
        outcome("a", {"c": "", "file of b": ""}, 2),
        {"b": "output"},
    ),
}
FINE = {
    "all pass": (GOOD, GOOD),
    "failed before": (outcome("a", {"b": "1"}, 1), outcome("a", {"b": "2"}, 1)),
    "is mended": (outcome("a", {"b": "1"}, 1), GOOD),
    "is new and fails, as one did before": (outcome("a", {"b": "1"}, 1), outcome("a", {"c": "1"}, 1)),
    "has another name in every run": (outcome("a b"), outcome("a c")),
    "has another name and is skipped": (outcome("a b"), outcome("a", {"c": ""})),
    "no report, the command passes": (outcome(None), outcome(None)),
    "a report in the second run alone": (outcome(None), GOOD),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken(case: str) -> None:
    before, after, expected = BROKEN[case]
    assert broken(before, after) == expected


@pytest.mark.parametrize("case", FINE)
def test_not_broken(case: str) -> None:
    assert broken(*FINE[case]) == {}


def test_of_some_tests_the_others_do_not_count() -> None:
    after = outcome("a", {"b": "1"}, 1)
    assert broken(outcome("a b c"), after, {"a"}) == {}
    assert broken(outcome("a b c"), after, {"b", "c"}) == {"b": "1", "c": "output"}
    assert broken(GOOD, GOOD, {""}) == {}, "all that was asked for is the run itself"


def test_pytest_is_read_test_by_test(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(TESTS)
    suite = Suite(f'"{sys.executable}" -m pytest -q -p no:cacheprovider', tmp_path)
    found = suite.before()
    assert found.code == 1
    assert found.passed == {"test_x::test_good", "test_x::test_many[a::b]"}
    failed = {"test_x::test_bad", "test_x::test_left", "test_x::test_lost", "test_x::test_many[c]"}
    assert found.failed.keys() == failed
    assert "assert 1 == 2" in found.failed["test_x::test_bad"]
    assert "1 skipped" in found.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test_x.py"]
    some = suite.run(60, {"test_x::test_many[a::b]"})
    assert (some.passed or set()) | some.failed.keys() == {"test_x::test_many[a::b]", "test_x::test_many[c]"}
    whole = suite.run(60, {"test_x::test_good", "cases.yaml::what's asked for"})
    assert (whole.passed, whole.failed.keys()) == (found.passed, failed), "no expression has such a name"


def test_a_command_after_pytest_that_is_not_there_says_nothing_either(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_good(): pass\n")
    for command, code in (("nosuchcommand", 127), ("/", 126)):
        suite = Suite(f'"{sys.executable}" -m pytest -q -p no:cacheprovider; {command}', tmp_path)
        with pytest.raises(SuiteError, match=rf"fails before anything is changed \(exit code {code}\)"):
            suite.before()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("nosuchcommand", "`nosuchcommand` fails before anything is changed (exit code 127): "),
        ("echo; echo why; echo; exit 3", "fails before anything is changed (exit code 3): why"),
        ("echo ERROR why; echo 1 error; exit 3", "(exit code 3): ERROR why"),
        ("echo ERROR why; echo 'E   so'; echo 1 error; exit 3", "(exit code 3): E   so"),
        ("exit 5", "fails before anything is changed (exit code 5)"),
        (
            f"{sys.executable} -m pytest nosuchfolder",
            "passes before anything is changed: ERROR: file or directory not found: nosuchfolder",
        ),
    ],
)
def test_a_command_that_says_nothing(tmp_path: Path, command: str, words: str) -> None:
    with pytest.raises(SuiteError) as error:
        Suite(command, tmp_path).before()
    assert words in str(error.value)


def test_a_suite_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)

    def is_let_go() -> bool:
        try:
            return os.read(reader, 1) == b""
        except BlockingIOError:
            return False

    found = Suite("sleep 600 > held & sleep 600", tmp_path).run(limit=0.2)
    assert not found.is_good
    assert found.seconds < 60 < limit_for(found), "each later run has more than the first took"
    assert "it was ended: it ran for more than" in found.output
    wait_until(is_let_go, "what it started has ended")
    os.close(reader)
