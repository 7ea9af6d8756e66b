"""What runs behind the response works with its object as that is in the end, not as it was when handed on."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

ROUTE = """
from fastapi import BackgroundTasks

from app.mail import send_welcome


class Letter:
    def __init__(self, text: str = ""):
        self.lines = [text]

    def add(self, line: str) -> None:
        self.lines.append(line)

    def send(self, to: str) -> None:
        send_welcome(to, " ".join(self.lines))


@router.post("/x")
def h(to: str, background: BackgroundTasks):
    {line}
    return {{}}
"""
CHANGED = {
    "set": 'letter = Letter()\n    background.add_task(letter.send, to)\n    letter.lines = ["late"]',
    "filled": 'letter = Letter()\n    background.add_task(letter.send, to)\n    letter.add("late")',
    "filled in between": "letter = Letter()\n    letter.add(to)\n    background.add_task(letter.send, to)\n"
    '    letter.add("late")',
}
WHOLE = {
    "made and sent": 'letter = Letter("early")\n    background.add_task(letter.send, to)',
    "set before": 'letter = Letter()\n    letter.lines = ["early"]\n    background.add_task(letter.send, to)',
}


def _migrated(folder: Path, line: str) -> Migrated:
    return handler(folder, ROUTE.format(line=line))


@pytest.mark.parametrize("how", CHANGED)
def test_what_is_changed_after_it_is_handed_on_stays(tmp_path: Path, how: str) -> None:
    done = _migrated(tmp_path, CHANGED[how])
    assert "Letter" not in done.tasks, done.tasks
    assert "background.add_task(letter.send, to)" in done.body("h")


@pytest.mark.parametrize("how", WHOLE)
def test_what_is_changed_before_goes_along(tmp_path: Path, how: str) -> None:
    done = _migrated(tmp_path, WHOLE[how])
    assert "letter.send(to)" in done.tasks
    assert done.tasks.find("early") < done.tasks.find("letter.send(to)"), done.tasks


def test_the_report_says_what_a_task_lacks(tmp_path: Path) -> None:
    text = """
    from fastapi import BackgroundTasks

    from app.mail import send_welcome


    class Letter:
        def __init__(self, name: str) -> None:
            self.name = name

        def send(self, to: str) -> None:
            send_welcome(to, self.name)


    @router.post("/x")
    def h(to: str, background: BackgroundTasks):
        letter = Letter(to)
        letter.name += "!"
        background.add_task(letter.send, to)
        return {"name": letter.name}
    """
    done = handler(tmp_path, text)
    assert not done.tasks, done.tasks
    assert any("letter.send belongs to an object of this call" in note for note in done.behind), done.behind
