"""`# async-fix: ignore[CODE] reason`: what it covers, what it holds back, and when it is stale."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from async_fix.cli.chosen.suppressions import Suppression, suppressions
from async_fix.codemods.model import Problem
from cli_project import Run, write


def found(text: str) -> list[tuple[tuple[str, ...], int, int]]:
    items = list(suppressions({"a.py": textwrap.dedent(text)}, ["a.py"]))
    return [(item.codes, item.first, item.last) for item in items if isinstance(item, Suppression)]


def test_on_a_line_it_covers_the_whole_statement() -> None:
    assert found("x = 1\ny = f(\n    1,  # async-fix: ignore[AF201] fast\n)\n") == [(("AF201",), 2, 4)]


def test_on_a_def_or_a_class_it_covers_all_of_it() -> None:
    function = "@a\ndef f(\n    x,\n):  # async-fix: ignore[AF101]\n    pass\n    pass\n"
    whole = f"{function}\nclass C:  # async-fix: ignore\n    x = 1\n"
    assert found(whole) == [(("AF101",), 1, 6), ((), 8, 9)]


def test_on_a_with_it_covers_the_head_alone() -> None:
    assert found("x = 1\nwith open(p) as f:  # async-fix: ignore[AF203]\n    g()\n") == [(("AF203",), 2, 2)]


def test_above_the_first_statement_it_covers_the_file() -> None:
    assert found('"""Doc."""\n# async-fix: ignore[AF2, AF4] generated\nx = 1\ny = 2\n') == [
        (("AF2", "AF4"), 1, 4)
    ]


def test_on_a_line_of_its_own_it_covers_the_statement_below() -> None:
    assert found("x = 1\ndef f():\n    # async-fix: ignore[AF202]\n    g()\n    h()\n") == [
        (("AF202",), 4, 4)
    ]
    assert found("x = 1\n# async-fix: ignore[AF101]\n@a\ndef f():\n    g()\n") == [(("AF101",), 3, 5)]
    assert found("x = 1\n# async-fix: ignore\n") == [((), 2, 2)]
    assert found("x = 1\n@a\n# async-fix: ignore\n@b\nclass C:\n    @a\n    def f():\n        g()\n") == [
        ((), 2, 8)
    ]
    assert found("@a\nclass C:\n    @a\n    # async-fix: ignore\n    def f():\n        g()\n") == [((), 3, 6)]


def test_inside_a_string_it_is_text() -> None:
    assert found('x = "# async-fix: ignore[AF101]"\n') == []


@pytest.mark.parametrize(
    "text", ["# async-fix: ignore[AF101]\n", "# async-fix: ignore", "def f(:  # async-fix: ignore\n"]
)
def test_files_without_statements_and_broken_ones(text: str) -> None:
    list(suppressions({"a.py": text}, ["a.py"]))


def test_a_code_that_is_not_there_is_said() -> None:
    (problem,) = suppressions({"a.py": "x = 1  # async-fix: ignore[AF99X]\n"}, ["a.py"])
    assert isinstance(problem, Problem)
    assert str(problem) == "a.py:1: there is no code AF99X to ignore (`async-fix rules` lists them)"


def edit(project: Path, old: str, new: str) -> None:
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace(old, new))


def test_check_does_not_list_it_and_says_how_many(project: Path, run: Run) -> None:
    edit(project, "time.sleep(0.1)", "time.sleep(0.1)  # async-fix: ignore[AF202] short")
    result = run("check", "app/api")
    assert "AF202" not in result.out
    assert "1 finding ignored by comments or the config" in result.out
    assert result.err == ""


def test_apply_leaves_the_whole_group_and_says_why(committed: Path, run: Run) -> None:
    edit(committed, "def slow():", "def slow():  # async-fix: ignore[AF101] soon gone")
    result = run("apply", "app/api", "--allow-dirty")
    text = (committed / "app/api/pay.py").read_text()
    assert "\ndef slow():" in text
    assert "    time.sleep(0.1)" in text
    assert "async def pay" in text
    assert "AF930 held-back (1)" in result.out
    assert "is held back by a comment (soon gone)" in result.out


def test_the_handler_that_is_held_back_is_not_promised(project: Path, run: Run) -> None:
    edit(project, "def slow():", "def slow():  # async-fix: ignore[AF101]")
    out = run("routes", "app/api", "--filter", "path=/slow").out
    assert "stays def: AF930" in out


def test_a_group_that_is_held_back_cannot_be_chosen(committed: Path, run: Run) -> None:
    import json

    groups = json.loads(run("check", "app/api", "--format", "json").raw)["groups"]
    name = next(group["id"] for group in groups if group["title"] == "GET /slow")
    edit(committed, "time.sleep(0.1)", "time.sleep(0.1)  # async-fix: ignore")
    result = run("apply", "app/api", "--group", name)
    assert result.code == 2
    assert result.err.startswith("async-fix: app/api/pay.py:20: change group ")


def test_a_stale_comment_is_reported_and_is_no_finding(project: Path, run: Run) -> None:
    edit(project, "async def ok():", "async def ok():  # async-fix: ignore[AF101]")
    result = run("check", "app/api", "--ignore", "AF")
    assert result.code == 0
    assert result.err == "async-fix: app/api/pay.py:25: nothing to ignore for AF101 (remove the comment)\n"


def test_a_function_that_the_config_ignores_is_not_listed_and_left_alone(committed: Path, run: Run) -> None:
    write(committed / "async-fix.toml", '[functions]\n"app.api.pay.slow" = "ignore"\n')
    result = run("check", "app/api", "--format", "concise")
    assert "slow" not in result.out
    assert "charge blocks" in result.out
    result = run("apply", "app/api")
    assert "\ndef slow():" in (committed / "app/api/pay.py").read_text()
    assert "is held back by `functions` of the config\n" in result.out
