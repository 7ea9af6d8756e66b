"""`apply` and `undo`: what is written, what is refused, what is said, and the way back."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from async_fix.cli.chosen.view import View
from async_fix.cli.formats import summary
from async_fix.cli.shared.places import Places
from async_fix.codemods.engine import pipeline
from async_fix.codemods.model import Location, Note, NoteKind
from cli_project import PAY, Run, commit, git, write
from rich.console import Console


def groups(run: Run) -> dict[str, str]:
    """Title -> id."""
    import json

    found = json.loads(run("check", "app/api", "--format", "json").raw)["groups"]
    return {group["title"]: group["id"] for group in found}


def test_what_is_written_is_listed_with_what_to_do_next(committed: Path, run: Run) -> None:
    result = run("apply", "app/api")
    assert (result.code, result.err) == (0, "")
    assert "changed app/api/pay.py  +" in result.out
    assert "take it all back, if you like: async-fix undo" in result.out
    assert "async def slow" in (committed / "app/api/pay.py").read_text()


def test_the_second_run_changes_nothing(committed: Path, run: Run) -> None:
    run("apply", "app/api")
    commit(committed)
    mtime = (committed / "app/api/pay.py").stat().st_mtime_ns
    result = run("apply", "app/api")
    assert result.code == 0
    assert "Nothing to change." in result.out
    assert (committed / "app/api/pay.py").stat().st_mtime_ns == mtime
    assert run("apply", "app/api", "--dry-run").code == 0


def test_uncommitted_changes_in_a_file_that_would_be_written_stop_it(committed: Path, run: Run) -> None:
    path = committed / "app/api/pay.py"
    path.write_text(PAY + "# mine\n")
    result = run("apply", "app/api")
    assert (result.code, result.out) == (2, "")
    assert "app/api/pay.py has changes that are not committed" in result.err
    assert path.read_text() == PAY + "# mine\n"
    assert run("apply", "app/api", "--allow-dirty").code == 0
    assert path.read_text().endswith("# mine\n")


def test_uncommitted_changes_elsewhere_do_not_matter(committed: Path, run: Run) -> None:
    write(committed / "other.py", "x = 1\n")
    (committed / "pyproject.toml").write_text("[project]\nname = 'y'\n")
    assert run("apply", "app/api").code == 0


def test_a_dry_run_writes_nothing_and_says_on_stderr_what_is_not_converted(committed: Path, run: Run) -> None:
    write(committed / "app/api/stays.py", SESSION)
    commit(committed)
    result = run("apply", "--dry-run", "app/api")
    assert result.code == 1
    assert git(committed, "status", "--porcelain") == ""
    assert not (committed / ".async-fix").exists()
    assert "Not converted, and why\n  AF9" in result.err
    assert "app/api/stays.py:" in result.err
    assert "Not converted" not in result.out


@pytest.mark.parametrize(
    "options", [(), ("--dry-run",), ("--patch", "x.patch"), ("--quiet",), ("-q", "--dry-run")]
)
def test_what_is_not_converted_is_said_in_every_mode(
    committed: Path, run: Run, options: tuple[str, ...]
) -> None:
    write(committed / "app/api/stays.py", SESSION)
    commit(committed)
    result = run("apply", "app/api", *options)
    assert "Not converted, and why" in result.out + result.err
    assert ("Summary" in result.out + result.err) is not ("-q" in options or "--quiet" in options)


SESSION = """\
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

router = APIRouter()


def get_db() -> Session: ...


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return db.get(dict, 1)
"""


def test_one_change_group_alone(committed: Path, run: Run) -> None:
    ids = groups(run)
    result = run("apply", "app/api", "--group", ids["GET /slow"])
    assert result.code == 0
    text = (committed / "app/api/pay.py").read_text()
    assert "async def slow" in text
    assert "\ndef pay" in text
    assert "AF931 not-chosen" in result.out


def test_an_unknown_change_group_is_named_with_those_there_are(committed: Path, run: Run) -> None:
    result = run("apply", "app/api", "--group", "zzzzzz")
    assert result.code == 2
    assert result.err.startswith("async-fix: no change group zzzzzz; there are ")


def test_the_unsafe_option_is_taken(committed: Path, run: Run) -> None:
    assert run("apply", "app/api", "--unsafe", "--dry-run").code == 1


def test_a_file_that_changes_during_the_run_is_not_overwritten(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = pipeline.apply

    def slow(*arguments: object, **keywords: object) -> object:
        report = original(*arguments, **keywords)  # type: ignore[arg-type]
        (committed / "app/api/pay.py").write_text(PAY + "# mine\n")
        return report

    monkeypatch.setattr(pipeline, "apply", slow)
    result = run("apply", "app/api", "--allow-dirty")
    assert result.code == 2
    assert "has changed since it was read; nothing was written" in result.err
    assert (committed / "app/api/pay.py").read_text() == PAY + "# mine\n"


def test_undo_brings_every_file_back_and_removes_the_new_ones(committed: Path, run: Run) -> None:
    run("apply", "app/api")
    result = run("undo")
    assert result.code == 0
    assert "restored app/api/pay.py\n" in result.out
    assert git(committed, "status", "--porcelain", "--ignored") == ""


def test_undo_works_from_a_folder_below_and_for_a_path(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("apply", "app/api")
    monkeypatch.chdir(committed / "app")
    assert "restored api/pay.py\n" in run("undo", "api").out


def test_undo_brings_nothing_back_where_a_file_has_changed_since(committed: Path, run: Run) -> None:
    run("apply", "app/api")
    path = committed / "app/api/pay.py"
    path.write_text(path.read_text() + "# mine\n")
    result = run("undo")
    assert result.code == 1
    assert result.err == (
        "async-fix: app/api/pay.py: has changed since; nothing was brought back\n"
        "async-fix: put them right and call undo again; --partly brings back the others\n"
    )
    assert not result.out  # what was made is still there for the file that imports it
    assert run("undo", "--partly").err == "async-fix: app/api/pay.py: has changed since; it was left alone\n"
    assert path.read_text().endswith("# mine\n")


def test_nothing_to_undo(committed: Path, run: Run) -> None:
    assert run("undo").err == "async-fix: .: there is nothing to undo here\n"
    assert run("undo", "nowhere").code == 2
    run("apply", "app/api")
    run("undo")
    assert run("undo").code == 2


def interrupted(project: Path) -> None:
    """The state that a kill in the middle of a write leaves behind."""
    from async_fix.codemods.engine.write.journal import Entry, Journal, digest

    old, new = b"old = 1\n", b"new = 1\n"
    write(project / "app/half.py", new)
    folder = project / ".async-fix" / "journal"
    os.makedirs(folder)
    entry = Entry("app/half.py", 0, digest(old), digest(new))
    Journal(folder / "next").begin([entry], {"app/half.py": old})


def test_nothing_is_read_while_an_interrupted_write_lies_there(committed: Path, run: Run) -> None:
    interrupted(committed)
    result = run("check", "app/api")
    assert (result.code, result.out) == (2, "")
    assert "an apply was interrupted here; `async-fix undo` puts its files back first" in result.err
    assert "put" in run("undo").out or (committed / "app/half.py").read_text() == "old = 1\n"
    assert run("check", "app/api").code == 1


def test_apply_puts_an_interrupted_write_back_before_it_reads(committed: Path, run: Run) -> None:
    interrupted(committed)
    assert run("apply", "app/api").code == 0
    assert (committed / "app/half.py").read_text() == "old = 1\n"
    assert "async def slow" in (committed / "app/api/pay.py").read_text()


def test_the_strategy_of_the_database_is_for_one_run(committed: Path, run: Run) -> None:
    write(committed / "app/api/stays.py", SESSION)
    commit(committed)
    assert run("check", "app/api/stays.py", "--database", "leave").out.count("it works on a sync") > 0
    assert run("apply", "app/api/stays.py", "--database", "thread").code == 0
    assert "return await run_in_threadpool(" in (committed / "app/api/stays.py").read_text()
    assert run("check", "app/api", "--database", "whole").err.startswith("async-fix: --database is")
    assert run("check", "app/api", "--database", "app.db:engine=whole").err.startswith(
        "async-fix: --database app.db:engine is"
    )


PICTURE = """\
from fastapi import APIRouter
from PIL import Image

router = APIRouter()


def width(number: int) -> int:
    return Image.new("1", (number, 1)).resize((2, 2)).width


@router.get("/width")
def show(number: int):
    return {"width": width(number)}
"""


def test_what_is_said_of_several_places_is_said_once(committed: Path, run: Run) -> None:
    again = PICTURE.partition("@router")[2].replace("/width", "/again").replace("show", "again")
    write(committed / "app/api/picture.py", f"{PICTURE}\n\n@router{again}")
    text = run("apply", "--dry-run", "app/api/picture.py").err
    stays = "  - app.api.picture:width stays: its result is used (2)\n"
    assert f"{stays}      app/api/picture.py:13, app/api/picture.py:18\n" in text
    assert "  1. write it: the same command without --dry-run\n" in text


def test_what_is_said_of_all_comes_first_then_place_by_place(tmp_path: Path) -> None:
    places = [Location("b.py", 2, 1), Location("a.py", 11, 1), Location("a.py", 9, 1), None]
    notes = [Note(NoteKind.BEHAVIOUR, f"note {number}", place) for number, place in enumerate(places)]
    file = io.StringIO()
    summary.behaviour(Console(file=file), cast(View, SimpleNamespace(notes=notes)), Places(tmp_path))
    assert re.findall(r"note \d", file.getvalue()) == ["note 3", "note 2", "note 1", "note 0"]


def test_how_results_come_back_is_for_one_run(committed: Path, run: Run) -> None:
    write(committed / "app/api/picture.py", PICTURE)
    commit(committed)
    assert run("apply", "app/api/picture.py", "--results", "mail").err.startswith("async-fix: --results is")
    assert run("apply", "app/api/picture.py", "--results", "wait").code == 0
    text = (committed / "app/api/picture.py").read_text()
    assert 'return {"width": await result_of(await width_task.kiq(number))}' in text


def test_tests_for_tasks_are_written_when_asked_for(committed: Path, run: Run) -> None:
    write(committed / "app/api/picture.py", PICTURE)
    commit(committed)
    assert run("apply", "app/api/picture.py", "--results", "wait", "--with-tests").code == 0
    assert "(tasks.width_task, (1,))" in (committed / "tests/test_tasks.py").read_text()


JOB = """\
from celery import shared_task
from fastapi import APIRouter

router = APIRouter()


@shared_task
def count(number: int) -> None:
    print(number)


@router.post("/count")
def start(number: int):
    count.delay(number)
    return {}
"""


def test_tasks_leave_celery_when_asked_to(committed: Path, run: Run) -> None:
    write(committed / "app/api/job.py", JOB)
    commit(committed)
    assert run("apply", "app/api/job.py", "--celery", "rq").err.startswith("async-fix: --celery is")
    assert run("apply", "app/api/job.py", "--celery", "taskiq").code == 0
    assert "    await count_task.kiq(number)\n" in (committed / "app/api/job.py").read_text()


WEATHER = """\
import requests
from fastapi import APIRouter

router = APIRouter()


@router.get("/weather")
def weather(city: str):
    return requests.get("https://weather.example.com", params={"city": city}, timeout=3).json()
"""
DECLARED = '[project]\nname = "shop"\ndependencies = [\n  "fastapi",  # web\n  "requests",\n]\n'


def test_what_must_be_installed_is_written_down_when_wanted(committed: Path, run: Run) -> None:
    write(committed / "app/api/weather.py", WEATHER)
    write(committed / "pyproject.toml", DECLARED)
    commit(committed)
    assert (
        "add the dependency httpx2>=2,<3 (the shared HTTP client)" in run("apply", "--dry-run", "app/api").err
    )
    shown = run("apply", "--dry-run", "--add-dependencies", "app/api")
    assert '+  "httpx2>=2,<3",' in shown.out
    assert (committed / "pyproject.toml").read_text() == DECLARED
    result = run("apply", "--add-dependencies", "app/api")
    assert "changed pyproject.toml  +1 -0" in result.out
    assert "add the dependency" not in result.out
    new = DECLARED.replace("# web\n", '# web\n  "httpx2>=2,<3",\n')
    assert (committed / "pyproject.toml").read_text() == new
    commit(committed)
    assert "Nothing to change." in run("apply", "--add-dependencies", "app/api").out
    assert run("undo").code == 0
    assert (committed / "pyproject.toml").read_text() == DECLARED


def test_what_an_earlier_run_needs_can_be_written_down_later(committed: Path, run: Run) -> None:
    write(committed / "app/api/weather.py", WEATHER)
    write(committed / "pyproject.toml", DECLARED)
    commit(committed)
    assert "httpx2" in run("apply", "app/api").out
    commit(committed)
    assert "add the dependency httpx2>=2,<3" in run("apply", "app/api").out
    result = run("apply", "--add-dependencies", "app/api")
    assert "changed pyproject.toml  +1 -0" in result.out
    assert '"httpx2>=2,<3"' in (committed / "pyproject.toml").read_text()


def test_a_dependency_file_with_changes_that_are_not_committed_stops_it(committed: Path, run: Run) -> None:
    write(committed / "app/api/weather.py", WEATHER)
    write(committed / "pyproject.toml", DECLARED)
    commit(committed)
    write(committed / "pyproject.toml", DECLARED + "# mine\n")
    result = run("apply", "--add-dependencies", "app/api")
    assert result.code == 2
    assert "pyproject.toml has changes that are not committed" in result.err


def test_where_no_file_declares_anything_it_says_what_to_add(committed: Path, run: Run) -> None:
    write(committed / "app/api/weather.py", WEATHER)
    write(committed / "pyproject.toml", "[tool.async-fix]\n")
    commit(committed)
    result = run("apply", "--add-dependencies", "app/api")
    assert result.code == 0
    assert "add httpx2>=2,<3 where your project declares what it needs" in result.out
