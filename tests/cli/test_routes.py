"""`routes`: the table of a migration lead."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from cli_project import Run, write


def table(run: Run, *options: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("routes", "app/api", "--format", "csv", *options).out)))


def test_every_handler_with_place_colours_chain_and_plan(project: Path, run: Run) -> None:
    rows = {row["path"]: row for row in table(run)}
    assert rows.keys() == {"/pay", "/slow", "/ok"}
    pay = rows["/pay"]
    assert (pay["method"], pay["function"], pay["file"], pay["line"]) == (
        "POST",
        "pay",
        "app/api/pay.py",
        "14",
    )
    assert (pay["now"], pay["after"], pay["plan"]) == ("def", "async def", "thread pool")
    assert pay["blocks on"] == "charge() -> Gateway.send() -> open"
    assert (rows["/ok"]["now"], rows["/ok"]["plan"], rows["/ok"]["group"]) == (
        "async def",
        "nothing to do",
        "",
    )


def test_text_says_the_same_wide_and_narrow(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("60", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        out = " ".join(run("routes", "app/api").out.split())
        for words in (
            "POST",
            "/pay",
            "app/api/pay.py:14",
            "def -> async def",
            "charge() -> Gateway.send() -> open",
        ):
            assert words in out
        assert "3 handlers, 0 of them stay def" in out


def test_json_has_the_chains_as_a_list(project: Path, run: Run) -> None:
    rows = json.loads(run("routes", "app/api", "--format", "json").raw)
    assert rows[0]["blocks_on"] == ["charge() -> Gateway.send() -> open"]
    assert rows[0]["line"] == 14


def test_a_call_of_which_nobody_knows_anything_is_named(project: Path, run: Run) -> None:
    write(
        project / "app/api/far.py",
        """
import acme
from fastapi import APIRouter

router = APIRouter()
client = acme.Client()


@router.get("/far")
def far():
    return client.fetch()
""",
    )
    rows = {row["path"]: row["blocks on"] for row in table(run)}
    assert rows["/far"] == "acme.Client.fetch"


def test_markdown_cells_hold_no_markup_of_their_own(project: Path, run: Run) -> None:
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace('"/slow"', '"/slow|{a_b}<c>"'))
    lines = run("routes", "app/api", "--format", "markdown").out.splitlines()
    assert lines[0].startswith("| method | path |")
    assert lines[1].count("---") == 10
    assert r"/slow\|{a\_b}\<c\>" in lines[3]


@pytest.mark.parametrize(
    ("key", "first"), [("file", "/pay"), ("path", "/ok"), ("method", "/slow"), ("now", "/ok")]
)
def test_sort(project: Path, run: Run, key: str, first: str) -> None:
    assert table(run, "--sort", key)[0]["path"] == first


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        (["now=async def"], ["/ok"]),
        (["path=/S*"], ["/slow"]),
        (["blocks=*gateway*", "method=post"], ["/pay"]),
        (["after=def"], []),
    ],
)
def test_filter(project: Path, run: Run, filters: list[str], paths: list[str]) -> None:
    options = [part for text in filters for part in ("--filter", text)]
    assert [row["path"] for row in table(run, *options)] == paths


@pytest.mark.parametrize("text", ["now", "colour=def", "=x"])
def test_a_filter_that_cannot_be_meant(project: Path, run: Run, text: str) -> None:
    result = run("routes", "app/api", "--filter", text)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(
        f"async-fix: --filter {text}: it must be KEY=PATTERN, the key one of method, "
    )


def test_quiet_and_no_color(project: Path, run: Run) -> None:
    assert run("routes", "app/api", "--quiet").raw == b""
    assert b"\x1b[" not in run("routes", "app/api", "--no-color").raw


def test_a_handler_that_stays_says_why(project: Path, run: Run) -> None:
    write(project / "app/api/pay.py", STAYS)
    row = table(run, "--filter", "path=/users")[0]
    assert row["after"] == "def"
    assert row["plan"].startswith("stays def: AF901 ")


STAYS = """\
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

router = APIRouter()


def get_db() -> Session: ...


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return db.get(dict, 1)
"""


def test_a_getter_that_is_written_anew_with_its_client_is_not_called_kept(project: Path, run: Run) -> None:
    write(
        project / "app/api/cached.py",
        "from functools import lru_cache\n\nimport redis\nfrom fastapi import APIRouter, Depends\n\n"
        "router = APIRouter()\n\n\n@lru_cache\ndef get_redis():\n    return redis.Redis()\n\n\n"
        '@router.get("/cached")\ndef cached(r: redis.Redis = Depends(get_redis)):\n    return r.get("k")\n',
    )
    (getter,) = (row for row in table(run) if row["function"] == "get_redis")
    assert (getter["after"], getter["plan"]) == ("async def", "async client")
    assert "AF904" not in run("check", "app/api").out
