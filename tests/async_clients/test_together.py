"""Requests that could wait at the same time are told of; nothing is changed, and what depends is not told of."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from async_fix.codemods.model import NoteKind
from client_programs import migrate, routes

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
    assert "gather" in note.hint
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
