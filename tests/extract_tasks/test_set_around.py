"""What a function sets for its process, a worker has otherwise: the folder, the locale, its digits."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler

ROUTE = """
import decimal
import locale
import os
from contextlib import chdir
from decimal import Decimal
from os import chdir as go

from app.mail import send_welcome


class Stage:
    def chdir(self, folder: str) -> None:
        self.folder = folder


@router.post("/x")
def h(to: str, count: int, folder: str):
    {line}
    return {{}}
"""
STAYS = {
    "the folder": "os.chdir(folder)\n    send_welcome(to, 'hi')",
    "under another name": "go(folder)\n    send_welcome(to, 'hi')",
    "the locale": "locale.setlocale(locale.LC_ALL, 'C')\n    send_welcome(to, f'{{count:n}}')",
    "how many digits count": "decimal.getcontext().prec = 3\n    send_welcome(to, 'hi')",
    "further inside": "os.chdir(folder)\n    if count:\n        send_welcome(to, 'hi')",
}
MOVES = {
    "behind it": "send_welcome(to, 'hi')\n    os.chdir(folder)",
    "nothing of the process": "stage = Stage()\n    stage.chdir(folder)\n    send_welcome(to, 'hi')",
}


@pytest.mark.parametrize("how", STAYS)
def test_work_below_it_stays(tmp_path: Path, how: str) -> None:
    done = handler(tmp_path, ROUTE.replace("{line}", STAYS[how]).replace("{{", "{").replace("}}", "}"))
    assert not done.tasks, done.tasks
    assert any("sets what a worker has otherwise" in note for note in done.stays), done.stays


@pytest.mark.parametrize("how", MOVES)
def test_other_work_moves(tmp_path: Path, how: str) -> None:
    done = handler(tmp_path, ROUTE.replace("{line}", MOVES[how]).replace("{{", "{").replace("}}", "}"))
    assert "send_welcome_task.kiq(" in done.body("h"), done.stays
