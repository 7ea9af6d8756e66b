"""`report --html`: one page that holds everything, shows code as text, and needs nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from async_fix.cli.page.chain_graph import graph
from async_fix.cli.page.side_by_side import rows
from async_fix.codemods.model import FileResult, Status
from cli_project import PAY, Run, git, write

VOID = {"meta", "input", "br", "rect", "path"}
STAYS = """

def get_db() -> "Session": ...


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return db.get(dict, 1)
"""


class Page(HTMLParser):
    """The elements of a page; fails where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def ids(self) -> list[str]:
        return [found for _, attributes in self.elements if (found := attributes.get("id"))]


def page(run: Run, *options: str) -> tuple[str, Page]:
    result = run("report", "app/api", "--html", "page.html", *options)
    assert result.code == 0, result.err
    text = Path("page.html").read_text(encoding="utf-8")
    return text, Page(text)


def test_handlers_groups_reasons_diffs_refusals_and_next_steps(project: Path, run: Run) -> None:
    head = PAY.replace(
        "from fastapi import APIRouter",
        "from fastapi import APIRouter, Depends\nfrom sqlalchemy.orm import Session",
    )
    write(project / "app/api/pay.py", head + STAYS)
    _, found = page(run)
    for words in (
        "POST /pay pay() app/api/pay.py:",
        "charge() → Gateway.send() → open",
        "AF203 charge blocks: it reaches open; goes to the thread pool: ",
        "async-fix apply --group ",
        "async def slow():",
        "Not converted, and why AF901 ",
        "GET /users it works on a sync database session",
        "Next steps",
        "findings All route handlers are `async def`",
    ):
        assert words in found.text, words


def test_the_page_needs_no_network_and_every_link_has_a_target(project: Path, run: Run) -> None:
    text, found = page(run)
    ids = found.ids()
    assert len(ids) == len(set(ids))
    for tag, attributes in found.elements:
        assert tag not in ("link", "img", "iframe", "object")
        assert "src" not in attributes
        href = attributes.get("href")
        assert href is None or (href.startswith("#") and href[1:] in ids)
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert "default-src 'none'" in text


def test_nothing_else_is_written_and_the_same_code_gives_the_same_page(committed: Path, run: Run) -> None:
    first, _ = page(run)
    assert git(committed, "status", "--porcelain").split() == ["??", "page.html"]
    assert page(run, "--quiet")[0] == first


def test_a_group_that_a_comment_holds_back_is_among_what_stays(project: Path, run: Run) -> None:
    write(
        project / "app/api/pay.py",
        PAY.replace("def slow():", "def slow():  # async-fix: ignore[AF101] soon gone"),
    )
    _, found = page(run)
    assert "is held back by a comment (soon gone)" in found.text
    assert len([name for name in found.ids() if name.startswith("g-")]) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "Missing option '--html'"),
        (("--html", "nowhere/page.html"), "async-fix: nowhere/page.html: No such file or directory\n"),
    ],
)
def test_a_page_that_cannot_be_written(project: Path, run: Run, options: tuple[str, ...], words: str) -> None:
    result = run("report", "app/api", *options)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_in_a_browser_the_script_runs_and_a_link_opens_its_group(project: Path, run: Run) -> None:
    _, found = page(run)
    group = next(name for name in found.ids() if name.startswith("g-"))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    address = f"{(project / 'page.html').as_uri()}#{group}"
    done = subprocess.run([*command, address], capture_output=True, text=True, timeout=120, check=True)
    assert re.search(rf'<details class="item group" id="{group}" open=""', done.stdout)


# side by side ----------------------------------------------------------------------------------------------


def changed(old: bytes | None, new: bytes) -> list[tuple[str, str, str]]:
    found = rows(FileResult("a.py", Status.CREATED if old is None else Status.CHANGED, old, new))
    return [
        (
            row.kind,
            *(f"{s.number} {s.before}|{s.changed}|{s.after}" if s.number else "" for s in (row.old, row.new)),
        )
        for row in found
    ]


def test_lines_stand_beside_each_other_with_the_part_that_changed() -> None:
    assert changed(b"a\ndef f():\r\nb\n", b"a\nasync def f():\r\nc d e f\nb\n") == [
        ("same", "1 a||", "1 a||"),
        ("changed", "2 |" + "|def f():", "2 |async |def f():"),
        ("changed", "", "3 c d e f||"),
        ("same", "3 b||", "4 b||"),
    ]


def test_lines_without_much_in_common_are_not_marked_letter_by_letter() -> None:
    assert changed(b"x = 1\n", b"return read(y)\n") == [("changed", "1 x = 1||", "1 return read(y)||")]


def test_far_apart_places_have_a_gap_between_them_and_new_files_one_side() -> None:
    old = b"".join(b"%d\n" % n for n in range(30))
    kinds = [row[0] for row in changed(old, old.replace(b"\n5\n", b"\nV\n").replace(b"\n20\n", b"\nXX\n"))]
    assert kinds.count("gap") == 1
    assert changed(None, b"a\n") == [("changed", "", "1 a||")]


# the drawing -----------------------------------------------------------------------------------------------


def test_a_name_stands_once_to_the_right_of_all_that_call_it() -> None:
    drawn = graph([("GET /a", "f()", "g()", "open"), ("GET /b", "g()", "open"), ("GET /b", "open")])
    places = {box.text: box for box in drawn.boxes}
    assert list(places) == ["GET /a", "f()", "g()", "open", "GET /b"]
    assert places["GET /a"].x == places["GET /b"].x < places["f()"].x < places["g()"].x < places["open"].x
    assert [places[name].kind for name in ("GET /a", "f()", "open")] == ["first", "middle", "last"]
    assert len(drawn.lines) == 5


def test_boxes_never_overlap_and_lie_inside() -> None:
    chains = [(f"GET /{n}", f"helper_{n % 3}()", "very_long_name_" * (n % 4), "open") for n in range(9)]
    drawn = graph([tuple(name for name in chain if name) for chain in chains])
    for a in drawn.boxes:
        assert 0 <= a.x <= a.x + a.width <= drawn.width
        assert 0 <= a.y <= a.y + a.height <= drawn.height
        for b in drawn.boxes:
            apart = a.x + a.width < b.x or b.x + b.width < a.x or a.y + a.height < b.y or b.y + b.height < a.y
            assert a is b or apart


def test_functions_that_call_each_other_come_to_rest() -> None:
    drawn = graph([("GET /", "f()", "g()", "f()", "open"), ("g()", "g()")])
    assert {box.text for box in drawn.boxes} == {"GET /", "f()", "g()", "open"}
