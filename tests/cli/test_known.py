"""`check --baseline` and `--since`: only what is new; and what of the known debt is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_project import PAY, Run, commit, git, write

MORE = "\n\n@router.get('/more')\ndef more():\n    time.sleep(2)\n    return {}\n"


def new(run: Run, *options: str) -> list[str]:
    lines = run("check", "app/api", "--format", "concise", *options).out.splitlines()
    return [line.partition(": ")[2] for line in lines]


@pytest.fixture
def baseline(project: Path, run: Run) -> str:
    result = run("check", "app/api", "--write-baseline", "known.json")
    assert (result.code, result.out) == (0, "")
    assert result.err == "wrote known.json: 4 findings\n"
    return "known.json"


def test_what_is_known_is_no_finding(project: Path, run: Run, baseline: str) -> None:
    result = run("check", "app/api", "--baseline", baseline)
    assert (result.code, result.err) == (0, "")
    assert result.out == "Nothing found in 3 handlers (4 findings known before).\n"


@pytest.mark.parametrize(
    ("old", "text"),
    [
        ("import time\n", "# one\n# two\nimport time\n"),
        ("time.sleep(0.1)", "time.sleep(\n        0.2\n    )"),
        ('"/slow"', '"/slower"'),
        ("def pay(note", "def pay(request: object, note"),
    ],
)
def test_lines_that_move_and_arguments_that_change_make_no_finding_new(
    project: Path, run: Run, baseline: str, old: str, text: str
) -> None:
    write(project / "app/api/pay.py", PAY.replace(old, text))
    result = run("check", "app/api", "--baseline", baseline)
    assert (result.code, result.err) == (0, "")


def test_a_second_call_of_the_same_kind_in_the_same_function_is_new(
    project: Path, run: Run, baseline: str
) -> None:
    write(project / "app/api/pay.py", PAY.replace("time.sleep(0.1)", "time.sleep(0.1); time.sleep(0.1)"))
    assert new(run, "--baseline", baseline) == ["AF202 time.sleep blocks"]
    assert run("check", "app/api", "--baseline", baseline).code == 1


def test_an_entry_that_nothing_answers_is_named_and_fails_until_it_is_taken_out(
    project: Path, run: Run, baseline: str
) -> None:
    write(project / "app/api/pay.py", PAY.replace("    time.sleep(0.1)\n", ""))
    result = run("check", "app/api", "--baseline", baseline)
    assert result.code == 1
    assert result.err == (
        "async-fix: known.json: AF202 time.sleep in slow of app/api/pay.py is no longer found "
        "(take it out: --baseline known.json --write-baseline known.json)\n"
    )
    run("check", "app/api", "--baseline", baseline, "--write-baseline", baseline)
    assert run("check", "app/api", "--baseline", baseline).code == 0
    write(project / "app/api/pay.py", PAY)
    assert new(run, "--baseline", baseline) == ["AF202 time.sleep blocks"]


def test_what_to_do_about_many_stale_entries_is_said_once(project: Path, run: Run, baseline: str) -> None:
    text = PAY.replace("    time.sleep(0.1)\n", "").replace("def slow():", "async def slow():")
    write(project / "app/api/pay.py", text)
    lines = run("check", "app/api", "--baseline", baseline).err.splitlines()
    assert [line.endswith("is no longer found") for line in lines[:-1]] == [True] * (len(lines) - 1)
    assert len(lines) > 1
    assert lines[-1].endswith("(take them out: --baseline known.json --write-baseline known.json)")


def test_writing_over_a_baseline_never_adds_to_it(project: Path, run: Run, baseline: str) -> None:
    before = (project / baseline).read_text()
    write(project / "app/api/pay.py", PAY + MORE)
    result = run("check", "app/api", "--baseline", baseline, "--write-baseline", baseline)
    assert result.code == 1
    assert "GET /more" in result.out
    assert (project / baseline).read_text() == before


@pytest.mark.parametrize("options", [("app/api", "--select", "AF1"), ("app/api/pay.py",)])
def test_a_run_that_looks_at_less_calls_nothing_stale(
    project: Path, run: Run, baseline: str, options: tuple[str, ...]
) -> None:
    write(project / "app/api/other.py", PAY.replace("/slow", "/other"))
    assert run("check", "app/api", "--write-baseline", baseline).code == 0
    result = run("check", *options, "--baseline", baseline)
    assert (result.code, result.err) == (0, "")


def test_the_baseline_may_be_read_from_another_folder(
    project: Path, run: Run, baseline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "app" / "api")
    assert run("check", ".", "--baseline", f"../../{baseline}").code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a baseline: "),
        ('{"version": 1, "paths": []}', "not a baseline: Object missing required field `findings`"),
        ('{"version": 2, "paths": [], "findings": []}', "a baseline of version 2; "),
        (b"\xff", "not a baseline: "),
        (None, "No such file or directory; --write-baseline known.json makes it"),
    ],
)
def test_a_baseline_that_cannot_be_read(
    project: Path, run: Run, text: str | bytes | None, words: str
) -> None:
    if text is not None:
        write(project / "known.json", text)
    result = run("check", "app/api", "--baseline", "known.json")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"async-fix: known.json: {words}")
    assert result.err.count("\n") == 1


def test_a_baseline_that_cannot_be_written(project: Path, run: Run) -> None:
    result = run("check", "app/api", "--write-baseline", "nowhere/known.json")
    assert (result.code, result.err) == (2, "async-fix: nowhere/known.json: No such file or directory\n")


def test_nothing_is_written_where_no_handler_is_found(project: Path, run: Run) -> None:
    assert run("check", "app/gateway.py", "--write-baseline", "known.json").code == 2
    assert not (project / "known.json").exists()


def test_the_other_formats_leave_out_what_is_known(project: Path, run: Run, baseline: str) -> None:
    assert json.loads(run("check", "app/api", "--baseline", baseline, "--format", "gitlab").raw) == []
    report = json.loads(run("check", "app/api", "--baseline", baseline, "--format", "json").raw)
    assert (report["findings"], report["counts"]["known"]) == ([], 4)
    assert run("check", "app/api", "--baseline", baseline, "--format", "github").out == ""


# since a revision -------------------------------------------------------------------------------------------


def test_only_what_the_branch_adds(committed: Path, run: Run) -> None:
    assert run("check", "app/api", "--since", "HEAD").code == 0
    write(committed / "app/api/pay.py", "# moved\n" + PAY + MORE)
    assert new(run, "--since", "HEAD") == ["AF101 more is a sync handler", "AF202 time.sleep blocks"]


def test_what_has_come_to_the_other_branch_meanwhile_does_not_count(committed: Path, run: Run) -> None:
    git(committed, "checkout", "-qb", "feature")
    write(committed / "app/api/pay.py", PAY + MORE)
    commit(committed)
    git(committed, "checkout", "-q", "-")
    write(committed / "app/api/pay.py", PAY.replace("time.sleep(0.1)", "pass"))
    commit(committed)
    git(committed, "branch", "-f", "base")
    git(committed, "checkout", "-q", "feature")
    assert new(run, "--since", "base") == ["AF101 more is a sync handler", "AF202 time.sleep blocks"]


def test_a_helper_that_begins_to_block_makes_its_callers_new(committed: Path, run: Run) -> None:
    gateway = committed / "app/gateway.py"
    blocks = gateway.read_text()
    write(gateway, "def charge(what, note):\n    return {}\n")
    commit(committed)
    write(gateway, blocks)
    assert "AF203 charge blocks: it reaches open" in new(run, "--since", "HEAD")


def test_a_file_that_only_moves_adds_nothing(committed: Path, run: Run) -> None:
    git(committed, "mv", "app/api", "app/routes")
    assert run("check", "app/routes", "--since", "HEAD").code == 0


def test_everything_is_new_where_there_was_nothing(committed: Path, run: Run) -> None:
    write(committed / "app/more/x.py", PAY)
    assert run("check", "app/more", "--since", "HEAD").code == 1


def test_a_project_inside_a_repository(project: Path, run: Run) -> None:
    git(project.parent, "init", "-q")
    write(project.parent / "größe.py", "x = 1\n")
    write(project / "async-fix.toml", 'trusted = ["app.gateway.*"]\n')
    commit(project.parent)
    assert run("check", "app/api", "--since", "HEAD").code == 0


def test_comments_that_ignore_a_finding_do_not_make_it_known(committed: Path, run: Run) -> None:
    path = committed / "app/api/pay.py"
    write(path, PAY.replace("time.sleep(0.1)", "time.sleep(0.1)  # async-fix: ignore[AF202] short"))
    commit(committed)
    write(path, PAY)
    assert new(run, "--since", "HEAD") == ["AF202 time.sleep blocks"]


@pytest.mark.parametrize("revision", ["nope", "-x", "HEAD~9", ""])
def test_a_revision_that_is_not_there(committed: Path, run: Run, revision: str) -> None:
    result = run("check", "app/api", "--since", revision)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"async-fix: --since {revision}: no revision {revision}\n"


def test_a_revision_without_a_common_commit(committed: Path, run: Run) -> None:
    git(committed, "branch", "main-line")
    git(committed, "checkout", "-q", "--orphan", "other")
    write(committed / "other.py", "x = 1\n")
    commit(committed)
    result = run("check", "app/api", "--since", "main-line")
    assert result.code == 2
    assert "have no commit in common; a shallow clone must fetch more" in result.err


def test_outside_of_git_it_says_so(project: Path, run: Run) -> None:
    result = run("check", "app/api", "--since", "HEAD")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("async-fix: --since HEAD: ")
    assert "not in a git repository" in result.err
    assert result.err.count("\n") == 1


def test_the_work_tree_and_the_index_stay_as_they_are(committed: Path, run: Run) -> None:
    index = (committed / ".git/index").read_bytes()
    run("check", "app/api", "--since", "HEAD")
    assert git(committed, "status", "--porcelain", "--ignored") == ""
    assert (committed / ".git/index").read_bytes() == index
