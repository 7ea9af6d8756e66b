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
