"""Requests that could wait at the same time are told of, and gathered on request; what depends is neither."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import pytest
from async_fix.codemods.model import NoteKind
from client_programs import migrate, routes
from running import run
from servers import http_server

TOLD = {
    "two answers": ("a = requests.get(base).json()\nb = requests.get(base, timeout=3)\nreturn [a, b.text]\n", 2),
    "three, and one that reads": (
        "a = requests.get(base).json()\nb = requests.get(base).text\nc = requests.get(base).text\n"
        "d = requests.get(base + a).text\nreturn [a, b, c, d]\n",
        3,
    ),
    "in a block": ("if base:\n    a = requests.get(base).text\n    b = requests.get(base).text\n    return a + b\n", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_neighbours_that_do_not_need_each_other_are_told_of(name: str) -> None:
    body, number = TOLD[name]
    outcome = migrate(routes(body))
    (note,) = (note for note in outcome.notes if note.kind is NoteKind.TOGETHER)
    assert note.text.startswith(f"{number} requests wait one after the other")
    assert "--unsafe" in note.hint
    assert "gather" not in outcome.text
    assert outcome.text.count("await http_client().get(") == body.count("requests.get(")


NOT_TOLD = {
    "one": "return requests.get(base).json()\n",
    "the second reads the first": "a = requests.get(base).json()\nb = requests.get(a['url']).json()\nreturn b\n",
    "something between": "a = requests.get(base)\na.raise_for_status()\nb = requests.get(base)\nreturn [a.text, b.text]\n",
    "in a try": "try:\n    a = requests.get(base)\n    b = requests.get(base)\nexcept requests.RequestException:\n    return 1\nreturn [a.text, b.text]\n",
    "what changes something": "a = requests.post(base).text\nb = requests.post(base).text\nreturn a + b\n",
    "a call among the arguments": "a = requests.get(str(base)).text\nb = requests.get(next(iter(base))).text\nreturn a + b\n",
    "a session, which keeps cookies": "with requests.Session() as s:\n    a = s.get(base)\n    b = s.get(base)\n    return a.text + b.text\n",
    "nothing is kept": "requests.get(base)\nrequests.get(base)\nreturn 1\n",
    "on two paths": "if base:\n    a = requests.get(base).text\nelse:\n    a = requests.get(base).text\nreturn a\n",
    "not awaited": "a = requests.get(base, stream=len(base) > 2)\nb = requests.get(base, verify=base)\nreturn [a.raw, b.raw]\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_TOLD)
def test_others_are_not_told_of(name: str) -> None:
    outcome = migrate(routes(NOT_TOLD[name]))
    assert ("run_in_threadpool" in outcome.text) is (name == "not awaited")
    assert not any(note.kind is NoteKind.TOGETHER for note in outcome.notes)


@pytest.mark.parametrize("name", NOT_TOLD)
def test_others_are_not_gathered(name: str) -> None:
    assert migrate(routes(NOT_TOLD[name]), unsafe=True).text == migrate(routes(NOT_TOLD[name])).text


GATHERED = {
    "an answer keeps its name, a part of one comes below": (
        "a = requests.get(base).json()\nb = requests.get(base, timeout=3)\nreturn [a, b.text]\n",
        "    a_response, b = await asyncio.gather(\n        http_client().get(base), http_client().get(base, timeout=3)\n    )\n"
        "    a = a_response.json()\n    return [a, b.text]\n",
    ),
    "whole answers, and what depends on them": (
        "a = requests.get(base)\nb = requests.get(base)\nc = requests.get(a.url)\nreturn [b.text, c.text]\n",
        "    a, b = await asyncio.gather(http_client().get(base), http_client().get(base))\n"
        "    c = await http_client().get(a.url)\n    return [b.text, c.text]\n",
    ),
    "a name that is taken, a comment above": (
        "b_response = 1\n# both\na = requests.get(base)\nb = requests.get(base).text\n# done\nreturn [a.text, b, b_response]\n",
        "    b_response = 1\n    # both\n    a, b_response_2 = await asyncio.gather(\n        http_client().get(base), http_client().get(base)\n    )\n"
        "    b = b_response_2.text\n    # done\n    return [a.text, b, b_response]\n",
    ),
    "a name that is set twice waits": (
        "a = requests.get(base).text\nb = requests.get(base).text\na = requests.get(base).text\nreturn a + b\n",
        "    a_response, b_response = await asyncio.gather(\n        http_client().get(base), http_client().get(base)\n    )\n"
        "    a = a_response.text\n    b = b_response.text\n    a = (await http_client().get(base)).text\n    return a + b\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GATHERED)
def test_on_request_they_wait_at_the_same_time(name: str, tmp_path: Path) -> None:
    body, after = GATHERED[name]
    outcome = migrate(routes(body), unsafe=True)
    assert outcome.body.partition("(base: str):\n")[2] == after.replace("(a.url)", "(str(a.url))")
    (note,) = (note for note in outcome.notes if "at the same time" in note.text)
    assert note.kind is NoteKind.BEHAVIOUR
    with http_server() as base:
        url = f"{base}/status/200"
        assert run(tmp_path / "new", outcome.texts, "call", url) == run(
            tmp_path / "old", outcome.before, "call", url
        )


TEXT_OF = """
def text_of(url: str) -> str:
    answer = requests.get(url)
    answer.raise_for_status()
    return answer.text
"""
SIZE_OF = "\n\ndef size_of(url: str) -> int:\n    return len(text_of(url))\n"


def test_functions_that_do_nothing_but_ask_wait_at_the_same_time(tmp_path: Path) -> None:
    body = "a = text_of(base)\nb = size_of(base)\nc = requests.get(base).text\nreturn [a, b, c]\n"
    outcome = migrate(routes(body, TEXT_OF + SIZE_OF), unsafe=True)
    assert "a, b, c_response = await asyncio.gather(" in outcome.text
    assert "text_of(base), size_of(base), http_client().get(base)" in outcome.text
    with http_server() as base:
        url = f"{base}/status/200"
        assert run(tmp_path / "new", outcome.texts, "call", url) == run(
            tmp_path / "old", outcome.before, "call", url
        )


MORE = {
    "the second is given the first": ("size_of(a)", SIZE_OF),
    "a call among the arguments": ("size_of(str(base))", SIZE_OF),
    "one that sends": (
        "send(base)",
        "\n\ndef send(url: str) -> int:\n    return requests.post(url).status_code\n",
    ),
    "one that keeps what it got": (
        "kept(base)",
        "\n\nKEPT = {}\n\n\ndef kept(url: str) -> str:\n    KEPT[url] = text_of(url)\n    return KEPT[url]\n",
    ),
}


@pytest.mark.parametrize("name", MORE)
def test_functions_that_do_more_wait_one_after_the_other(name: str) -> None:
    second, more = MORE[name]
    outcome = migrate(
        routes(f"a = text_of(base)\nb = {second}\nreturn [a, b]\n", TEXT_OF + more), unsafe=True
    )
    assert "gather" not in outcome.text
    assert "a = await text_of(base)\n    b = await " in outcome.text


def test_comments_between_them_keep_their_statements() -> None:
    body = "a = requests.get(base)\n# the other one\nb = requests.get(base)\nreturn [a.text, b.text]\n"
    outcome = migrate(routes(body), unsafe=True)
    assert "gather" not in outcome.text
    assert any(note.kind is NoteKind.TOGETHER for note in outcome.notes)
