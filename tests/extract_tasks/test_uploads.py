"""Uploads that slow work takes as bytes: few go through the queue as base64, others are no matter for it."""

from __future__ import annotations

import pytest
from projects import Migrated, handler, source

PICTURES = """\
import io

from PIL import Image


def save_avatar(user: int, data: bytes, *, size: int = 64) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.thumbnail((size, size))
        image.save(f"avatar-{user}.png")


class Pages:
    def read(self, pages: int) -> bytes:
        return bytes(pages * 1_000_000)


def save_all(user: int, *data: bytes) -> None:
    save_avatar(user, data[0])
"""
HEAD = """
from fastapi import BackgroundTasks, HTTPException, UploadFile

from app.pictures import Pages, save_all, save_avatar

pages = Pages()
LIMIT = 100 * 1024
LARGE = 10 * 1024 * 1024
told = 1000
GROWN = 1000
GROWN *= LARGE


def tell(number: int) -> None:
    global told
    told = number

"""
READ = "data = await file.read()\n"
REFUSED = READ + "if len(data) > {limit}:\n    raise HTTPException(413)\n"
SAVED = "save_avatar(user, data)"
SENT = "await save_avatar_task.kiq(user, b64encode(data).decode())"
MOVES = {
    "refused above a number": (REFUSED.format(limit="65_536") + SAVED, SENT),
    "refused above a constant": (REFUSED.format(limit="LIMIT") + SAVED, SENT),
    "answered where it is too large": (
        READ + 'if not data or len(data) >= LIMIT:\n    return {"error": "size"}\n' + SAVED,
        SENT,
    ),
    "read in part": (
        "data = await file.read(LIMIT)\nsave_avatar(user, data=data, size=32)",
        "await save_avatar_task.kiq(user, data=b64encode(data).decode(), size=32)",
    ),
    "refused further out": (
        REFUSED.format(limit="2 * LIMIT") + "if user:\n    " + SAVED,
        "    " + SENT,
    ),
}
STAYS = {
    "of any size": READ + SAVED,
    "too large for a queue": REFUSED.format(limit="LARGE") + SAVED,
    "of a limit that changes": REFUSED.format(limit="told") + SAVED,
    "of a limit that has grown": REFUSED.format(limit="GROWN") + SAVED,
    "read by a function of our own": "data = pages.read(3)\n" + SAVED,
    "of a limit that the client says": REFUSED.format(limit="user") + SAVED,
    "only logged": READ + "if len(data) > LIMIT:\n    print('large')\n" + SAVED,
    "refused where it is small": READ + "if len(data) < LIMIT:\n    raise HTTPException(422)\n" + SAVED,
    "refused too late": READ + SAVED + "\nif len(data) > LIMIT:\n    raise HTTPException(413)",
    "refused at times": READ
    + "if user:\n    if len(data) > LIMIT:\n        raise HTTPException(413)\n"
    + SAVED,
    "another is refused": READ
    + "more = await file.read()\nif len(more) > LIMIT:\n    raise HTTPException(413)\n"
    + SAVED,
    "more is read": REFUSED.format(limit="LIMIT") + "data += await file.read()\n" + SAVED,
    "read to the end": "data = await file.read(-1)\n" + SAVED,
    "one of many arguments": REFUSED.format(limit="LIMIT") + "save_all(user, data)",
    "behind the response": REFUSED.format(limit="LIMIT") + "background.add_task(save_avatar, user, data)",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    bodies = [*(before for before, _ in MOVES.values()), *STAYS.values()]
    handlers = [
        f'@router.post("/h{number}")\n'
        f"async def h{number}(user: int, file: UploadFile, background: BackgroundTasks):\n    "
        + body.replace("\n", "\n    ")
        + '\n    return {"user": user}\n\n\n'
        for number, body in enumerate(bodies)
    ]
    text = HEAD + "\n" + "".join(handlers)
    return handler(tmp_path_factory.mktemp("uploads"), text, pictures=PICTURES)


@pytest.mark.parametrize("upload", MOVES)
def test_few_bytes_are_sent_as_text(done: Migrated, upload: str) -> None:
    assert f"    {MOVES[upload][1]}\n" in done.body(f"h{list(MOVES).index(upload)}")


def test_the_task_takes_the_text_and_makes_bytes_of_it(done: Migrated) -> None:
    assert done.tasks == source(
        """
        @broker.task
        def save_avatar_task(user: int, data: str, *, size: int = 64) -> None:
            save_avatar(user, b64decode(data), size=size)
        """
    )
    assert "from base64 import b64decode\n" in done.imports


@pytest.mark.parametrize("upload", STAYS)
def test_bytes_that_may_be_many_stay(done: Migrated, upload: str) -> None:
    body = done.body(f"h{len(MOVES) + list(STAYS).index(upload)}")
    assert "kiq" not in body
    assert "save_a" in body


def test_the_picture_is_the_same(done: Migrated) -> None:
    printed = done.runs(
        """
        import io

        from fastapi.testclient import TestClient
        from PIL import Image

        from app.main import app as application

        held = io.BytesIO()
        Image.effect_noise((90, 60), 50).save(held, "PNG")
        with TestClient(application) as client:
            for number in range(5):
                sent = {"params": {"user": number + 1}, "files": {"file": held.getvalue()}}
                answer = client.post(f"/h{number}", **sent)
                assert answer.json() == {"user": number + 1}, answer.text
                print(Image.open(f"avatar-{number + 1}.png").size)
        """,
        TASKIQ_IN_PLACE="1",
    )
    assert printed.splitlines() == ["(64, 43)"] * 3 + ["(32, 21)", "(64, 43)"]
