"""`explain` and `rules`: every code that the sources use has a page, and every page is of a code in use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from async_fix.codemods.engine.codes import name_of, pages
from cli_project import Run

CHECKOUT = Path(__file__).resolve().parents[2]


def used_codes() -> set[str]:
    sources = [path for room in ("codemods", "cli") for path in (CHECKOUT / room).rglob("*.py")]
    return {code for path in sources for code in re.findall(r"\bAF\d{3}\b", path.read_text(encoding="utf-8"))}


def test_every_code_in_use_has_a_page_and_every_page_is_in_use() -> None:
    assert used_codes() == set(pages())


def test_every_page_is_whole() -> None:
    names = [page.name for page in pages().values()]
    assert len(names) == len(set(names))
    for page in pages().values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", page.name), page.code
        for text in (page.what, page.why, page.safety):
            assert text.endswith((".", ")")), (page.code, text)
            assert text[0].isupper() or text[0] == "`", (page.code, text)
            assert "\n" not in text, page.code  # the terminal breaks the lines
        if page.code[:3] != "AF9":
            assert page.example, page.code
            assert page.instead, page.code


def test_a_code_without_a_page_does_not_break_a_report() -> None:
    assert name_of("AF000") == ""


@pytest.mark.parametrize("given", ["AF202", "af202", "blocking-sleep", "Blocking-Sleep"])
def test_explain_shows_all_parts(run: Run, given: str) -> None:
    result = run("explain", given)
    assert result.code == 0
    titles = [
        "AF202 blocking-sleep",
        "What it is",
        "Why it hurts",
        "Example",
        "Use instead",
        "How safe the change is",
    ]
    assert [line for line in result.out.splitlines() if line in titles] == titles
    assert "    time.sleep(0.5)\n" in result.out


def test_explain_as_json(run: Run) -> None:
    assert json.loads(run("explain", "AF202", "--format", "json").raw)["name"] == "blocking-sleep"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("AF21", "did you mean AF210, AF211, AF212?"),
        ("blocking-slep", "did you mean blocking-sleep?"),
        ("qqqq", "`async-fix rules` lists them"),
    ],
)
def test_an_unknown_code(run: Run, given: str, hint: str) -> None:
    result = run("explain", given)
    assert (result.code, result.out, result.err) == (2, "", f"async-fix: no code {given}; {hint}\n")


def test_rules_lists_every_code_once(run: Run) -> None:
    assert re.findall(r"^  (AF\d{3})  ", run("rules").out, flags=re.MULTILINE) == sorted(pages())
    assert [page["code"] for page in json.loads(run("rules", "--format", "json").raw)] == sorted(pages())


@pytest.mark.parametrize("code", sorted(pages()))
def test_every_page_can_be_shown(run: Run, code: str) -> None:
    assert run("explain", code).out.startswith(f"{code} {name_of(code)}\n\nWhat it is\n")
