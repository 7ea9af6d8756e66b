"""`apply -i`: the user decides on one change group after the other."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from cli_project import PAY, Result, Run


@pytest.fixture
def answered(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(answers: str, *options: str) -> Result:
        monkeypatch.setattr("sys.stdin", io.StringIO(answers))
        return run("apply", "app/api", "-i", *options)

    return call


def turned(project: Path) -> set[str]:
    text = (project / "app/api/pay.py").read_text()
    return {name for name in ("pay", "slow") if f"async def {name}" in text}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("y\ny\n", {"pay", "slow"}),
        ("y\nn\n", {"pay"}),
        ("n\ny\n", {"slow"}),
        ("a\n", {"pay", "slow"}),
        ("n\na\n", {"slow"}),
        ("y\nq\n", {"pay"}),
        ("YES\nNo\n", {"pay"}),
        ("y\n", {"pay"}),
        ("q\n", set()),
        ("", set()),
        ("what\n\nye\n?\ny\nn\n", {"pay"}),
        ("e\ny\ne\ne\nn\n", {"pay"}),
    ],
)
def test_what_was_chosen_is_written_and_nothing_else(
    committed: Path, answered: Run, answers: str, expected: set[str]
) -> None:
    assert answered(answers).code == 0
    assert turned(committed) == expected
    if not expected:
        assert (committed / "app/api/pay.py").read_text() == PAY


def test_each_group_is_shown_with_its_id_and_the_diff_of_its_files(committed: Path, answered: Run) -> None:
    result = answered("n\nn\n")
    assert "(1/2) POST /pay  change group " in result.out
    assert "(2/2) GET /slow  change group " in result.out
    assert "+async def slow():\n" in result.out
    assert result.err.count("Carry it out (1 of 2)? [y,n,a,q,e,?] ") == 1
    assert "AF931 not-chosen (1)\n    its change group was not chosen\n      GET /slow\n\n" in result.out


def test_the_explanation_has_the_chain_and_the_meaning_of_the_codes(committed: Path, answered: Run) -> None:
    out = answered("e\nq\n").out
    assert "= POST /pay -> charge() -> Gateway.send() -> open\n" in out
    assert "AF203 blocking-file-operation: Files are opened, read, written, copied or listed." in out


def test_with_a_dry_run_the_diff_holds_what_was_chosen(committed: Path, answered: Run) -> None:
    out = answered("n\ny\n", "--dry-run").out
    last = out.rpartition("diff --git")[2]
    assert "+async def slow():\n" in last
    assert "async def pay" not in last
    assert turned(committed) == set()


def test_a_group_that_a_comment_holds_back_is_not_asked_for(committed: Path, answered: Run) -> None:
    path = committed / "app/api/pay.py"
    path.write_text(PAY.replace("def slow():", "def slow():  # async-fix: ignore[AF101]"))
    assert "(1/1) POST /pay" in answered("n\n").out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--only", "await-calls", "--only", "async-routes"], set()),
        (["--only", "async-routes", "--only", "async-clients"], {"slow"}),
        (["--skip", "async-clients"], {"pay", "slow"}),
        (["--skip", "offload"], {"slow"}),
        (["--only", "async-routes", "--only", "offload", "--skip", "offload"], set()),
    ],
)
def test_only_and_skip_choose_codemods(
    committed: Path, run: Run, options: list[str], expected: set[str]
) -> None:
    assert run("apply", "app/api", *options).code == 0
    assert turned(committed) == expected


@pytest.mark.parametrize("option", ["--only", "--skip"])
def test_an_unknown_codemod_is_named_with_those_there_are(committed: Path, run: Run, option: str) -> None:
    result = run("apply", "app/api", option, "tasks")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"async-fix: {option}: no codemod tasks; there are async-routes, ")


def test_the_long_name_of_the_option(committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\nn\n"))
    assert run("apply", "app/api", "--interactive").code == 0
    assert turned(committed) == set()
