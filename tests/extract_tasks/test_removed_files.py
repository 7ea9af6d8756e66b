"""A file that was there before the request is gone when the answer says so; others may go later."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler

HEAD = """
import os
import shutil
import tempfile
from pathlib import Path

import cv2

TRAIN = "train"


def found(name: str) -> str:
    return TRAIN + name


"""
SHRINK = "image = cv2.imread(path)\n    cv2.imwrite('b.png', image)\n    "
STAYS = {
    "its name is put together": "path = os.path.join(TRAIN, name)\n    " + SHRINK + "os.unlink(path)",
    "its name is given": "path = name\n    " + SHRINK + "os.remove(path)",
    "a function gives its name": "path = found(name)\n    " + SHRINK + "os.remove(path)",
    "its folder": "path = f'{TRAIN}/{name}'\n    " + SHRINK + "shutil.rmtree(path)",
    "a path": "path = Path(TRAIN) / name\n    " + SHRINK + "path.unlink(missing_ok=True)",
    "it was seen, and not made": (
        "path = os.path.join(TRAIN, name)\n    if not os.path.exists(path):\n        return {}\n    "
        + SHRINK
        + "os.remove(path)"
    ),
}
MOVES = {
    "nothing is removed": "path = os.path.join(TRAIN, name)\n    " + SHRINK.rstrip(),
    "it is a temporary one": "path = tempfile.mktemp()\n    " + SHRINK + "os.remove(path)",
    "the handler wrote it": (
        "path = os.path.join(TRAIN, name)\n    with open(path, 'w') as out:\n        out.write(name)\n    "
        + SHRINK
        + "os.remove(path)"
    ),
    "an item, and no file": "path = name\n    names = [path]\n    " + SHRINK + "names.remove(path)",
}


@pytest.mark.parametrize("name", STAYS)
def test_what_was_there_before_is_removed_at_once(tmp_path: Path, name: str) -> None:
    done = handler(
        tmp_path, HEAD + f'@router.post("/h")\ndef h(name: str):\n    {STAYS[name]}\n    return {{}}\n'
    )
    assert done.tasks == ""
    assert "run_in_threadpool" in done.body("h")


@pytest.mark.parametrize("name", MOVES)
def test_what_the_handler_made_itself_goes_with_the_work(tmp_path: Path, name: str) -> None:
    done = handler(
        tmp_path, HEAD + f'@router.post("/h")\ndef h(name: str):\n    {MOVES[name]}\n    return {{}}\n'
    )
    assert "cv2.imwrite('b.png', image)" in done.tasks


MAILED = """
import os
from pathlib import Path

from app.mail import send_welcome


def mail_file(to: str, path: Path) -> None:
    send_welcome(to, path.read_text())
    path.unlink()


def left() -> int:
    return len(os.listdir("."))


def put_away(to: str, name: str) -> None:
    path = Path(name)
    path.write_text(to)
    send_welcome(to, path.read_text())
    path.unlink()


@router.post("/h")
def h(to: str, name: str):
    path = Path(name)
    path.write_text(to)
    {line}
"""
SEND = "send_welcome(to, path.read_text())\n    path.unlink()\n    "
SEEN = {
    "by itself": SEND + "return {'there': path.exists()}",
    "by its name": SEND + "return {'there': os.path.exists(name)}",
    "in its folder": SEND + "return {'all': os.listdir('.')}",
    "by a helper": SEND + "return {'left': left()}",
    "where it is removed at last": "try:\n        send_welcome(to, path.read_text())\n    finally:\n"
    "        path.unlink()\n    return {'there': path.is_file()}",
    "behind a helper that removes it": "mail_file(to, path)\n    return {'there': path.exists()}",
}
UNSEEN = {
    "nobody looks": SEND + "return {}",
    "its name is told": SEND + "return {'name': str(path)}",
    "behind a helper that removes it": "mail_file(to, path)\n    return {'name': name}",
    "a file of its own": "put_away(to, name)\n    return {'name': name}",
}


@pytest.mark.parametrize("how", SEEN)
def test_what_the_request_sees_gone_is_removed_by_it(tmp_path: Path, how: str) -> None:
    done = handler(tmp_path, MAILED.replace("{line}", SEEN[how]))
    route = done.body("h")
    assert "kiq" not in route, route
    assert "await mail_file" not in route, route


@pytest.mark.parametrize("how", UNSEEN)
def test_what_nobody_looks_for_is_removed_by_the_task(tmp_path: Path, how: str) -> None:
    done = handler(tmp_path, MAILED.replace("{line}", UNSEEN[how]))
    assert "path.unlink()" in done.tasks or "unlink)" in done.tasks, (done.body("h"), done.stays)


BEHIND = """
import os

from fastapi import BackgroundTasks

from app.mail import send_welcome


def mail_file(to: str, path: str) -> None:
    with open(path) as file:
        send_welcome(to, file.read())


@router.post("/h")
def h(to: str, path: str, other: str, background: BackgroundTasks):
    background.add_task(mail_file, to, path)
    {line}
    return {}
"""


@pytest.mark.parametrize(
    "line", ["background.add_task(os.remove, path)", "background.add_task(os.unlink, path=path)"]
)
def test_what_is_removed_right_behind_the_work_has_it_behind_the_response(tmp_path: Path, line: str) -> None:
    done = handler(tmp_path, BEHIND.replace("{line}", line))
    assert not done.tasks, done.tasks
    assert any(
        "path, which the work may read, is changed or removed right behind it" in note for note in done.behind
    )


@pytest.mark.parametrize(
    "line", ["background.add_task(os.remove, other)", "background.add_task(print, path)"]
)
def test_other_files_may_go(tmp_path: Path, line: str) -> None:
    done = handler(tmp_path, BEHIND.replace("{line}", line))
    assert "mail_file(to, path)" in done.tasks
