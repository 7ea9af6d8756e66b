"""Uploads that slow work takes as bytes: few go through the queue as base64, others are no matter for it."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from projects import LEFT, PACKAGES, ROUTES, Migrated, migrate, source

PICTURES = """\
import io

from PIL import Image


def save_avatar(user: int, data: bytes, *, size: int = 64) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.thumbnail((size, size))
        image.save(f"avatar-{user}.png")


class Pages:
    def read(self, pages: int) -> bytes:
        assert pages
        return bytes(pages * 1_000_000)


def save_all(user: int, *data: bytes) -> None:
    save_avatar(user, data[0])
"""
HEAD = """\
import io

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request, UploadFile
from PIL import Image

from app.pictures import Pages, save_all, save_avatar

router = APIRouter()
pages = Pages()
LIMIT = 100 * 1024
LARGE = 10 * 1024 * 1024
MAGIC = b"\\x89PNG"
told = 1000
GROWN = 1000
GROWN *= LARGE


def tell(number: int) -> None:
    global told
    told = number


def check(file: UploadFile) -> None:
    file.file.read(4)


def look(file: UploadFile) -> None:
    if file.filename == "end.png":
        file.file.seek(0, 2)


"""
READ = "data = await file.read()\n"
REFUSED = READ + "if len(data) > {limit}:\n    raise HTTPException(413)\n"
SAVED = "save_avatar(user, data)"
SENT = "await save_avatar_task.kiq(user, b64encode(data).decode())"
PROJECT = {**PACKAGES, "app/pictures.py": PICTURES}
OPENED = """\
image = Image.open(io.BytesIO(data))
image.thumbnail((64, 64))
image.save(f"avatar-{user}.png")"""
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
    "one of many arguments": (
        REFUSED.format(limit="LIMIT") + "save_all(user, data)",
        "await save_all_task.kiq(user, b64encode(data).decode())",
    ),
    "opened where it stands": (
        REFUSED.format(limit="LIMIT") + OPENED,
        "await resize_h6_image_task.kiq(b64encode(data).decode(), user)",
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
}


def routes(*bodies: str) -> str:
    """A handler for each body, which takes an upload."""
    return HEAD + "\n".join(
        f'@router.post("/h{number}", dependencies=[Depends(look)])\n'
        f"async def h{number}(user: int, file: UploadFile, background: BackgroundTasks, request: Request):\n"
        + indent(body, "    ")
        + '\n    return {"user": user}\n\n'
        for number, body in enumerate(bodies)
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    text = routes(*(before for before, _ in MOVES.values()), *STAYS.values())
    return migrate(tmp_path_factory.mktemp("uploads"), {**PROJECT, ROUTES: text})


@pytest.mark.parametrize("upload", MOVES)
def test_few_bytes_are_sent_as_text(done: Migrated, upload: str) -> None:
    assert f"    {MOVES[upload][1]}\n" in done.body(f"h{list(MOVES).index(upload)}")


def test_the_task_takes_the_text_and_makes_bytes_of_it(done: Migrated) -> None:
    assert done.tasks == source(
        """
        @broker.task
        def save_avatar_task(user: int, data: str, *, size: int = 64) -> None:
            save_avatar(user, b64decode(data), size=size)


        @broker.task
        def save_all_task(user: int, encoded_data: str) -> None:
            data = b64decode(encoded_data)
            save_all(user, data)


        @broker.task
        def resize_h6_image_task(encoded_data: str, user: int) -> None:
            data = b64decode(encoded_data)
            image = Image.open(io.BytesIO(data))
            image.thumbnail((64, 64))
            image.save(f"avatar-{user}.png")
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
            for number in range(7):
                sent = {"params": {"user": number + 1}, "files": {"file": held.getvalue()}}
                answer = client.post(f"/h{number}", **sent)
                assert answer.json() == {"user": number + 1}, answer.text
                print(Image.open(f"avatar-{number + 1}.png").size)
        """,
        TASKIQ_IN_PLACE="1",
    )
    assert printed.splitlines() == ["(64, 43)"] * 3 + ["(32, 21)"] + ["(64, 43)"] * 3


FOLDER = LEFT.replace("[tool.async-fix]\n", '[tool.async-fix]\nuploads = "var/uploads"\n')
POSTER = """\
image = Image.open(file.file)
image.thumbnail((32, 32))
image.save(f"poster-{user}-{file.filename}")"""
STORED = {
    "of any size": (
        "data = await file.read()\nsave_avatar(user, data)",
        "async with stored_upload(file) as file_path:\n    await {task}.kiq(file_path, user)",
    ),
    "wound back": (
        "if await file.read(4) != MAGIC:\n    raise HTTPException(422)\nawait file.seek(0)\n"
        "data = await file.read()\nsave_avatar(user, data)",
        "async with stored_upload(file) as file_path:\n    await {task}.kiq(file_path, user)",
    ),
    "looked at": (
        "data = await file.read()\nif not data:\n    raise HTTPException(422)\nsave_avatar(user, data)",
        "async with stored_upload(data) as data_path:\n    await {task}.kiq(user, data_path)",
    ),
    "opened where it stands": (
        POSTER,
        "async with stored_upload(file) as file_path:\n    await {task}.kiq(file_path, user, file.filename)",
    ),
    "behind the response": (
        "data = await file.read()\nbackground.add_task(save_avatar, user, data)",
        "async with stored_upload(file) as file_path:\n    await {task}.kiq(file_path, user)",
    ),
    "closed": (
        "data = await file.read()\nsave_avatar(user, data)\nawait file.close()",
        "async with stored_upload(file) as file_path:\n    await {task}.kiq(file_path, user)\n"
        "await file.close()",
    ),
}
NOT_STORED = {
    "read before": "head = await file.read(4)\n" + POSTER,
    "read meanwhile": POSTER.replace(
        "\nimage.save", "\nhead = await file.read(4)\ntell(len(head))\nimage.save"
    ),
    "checked by others": "check(file)\n" + POSTER,
    "wound back at times": "head = await file.read(4)\nif user:\n    await file.seek(0)\n" + POSTER,
    "read again": POSTER + "\nawait file.seek(0)\nrest = await file.read()\ntell(len(rest))",
    "read in a loop": "for user in range(2):\n    " + POSTER.replace("\n", "\n    "),
    "another name for it": "other = file\nhead = await other.read(4)\n" + POSTER,
    "of a form, where it may be text as well": "form = await request.form()\npicture = form['file']\n"
    + POSTER.replace("file.file)", "picture.file)"),
    "held by a function": "later = lambda: file.file\n" + POSTER,
    "not the last thing": "data = await file.read()\nbackground.add_task(save_avatar, user, data)\n"
    "check(file)",
    "of a failure that is told": "try:\n    "
    + POSTER.replace("\n", "\n    ")
    + "\nexcept OSError:\n    raise HTTPException(422)",
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    text = routes(*(before for before, _ in STORED.values()), *NOT_STORED.values())
    files = {**PROJECT, ROUTES: text, "pyproject.toml": FOLDER}
    return migrate(tmp_path_factory.mktemp("stored"), files)


@pytest.mark.parametrize("upload", STORED)
def test_an_upload_is_stored_for_the_task(stored: Migrated, upload: str) -> None:
    body = stored.body(f"h{list(STORED).index(upload)}")
    name = body[body.index("await ") :].partition("_task.kiq")[0].rpartition(" ")[2]
    assert indent(STORED[upload][1].format(task=f"{name}_task"), "    ") + "\n" in body


def test_the_task_opens_what_is_stored(stored: Migrated) -> None:
    assert stored.tasks.startswith(
        source(
            """
            @broker.task
            def process_h0_image_task(file_path: str, user: int) -> None:
                with opened_upload(file_path) as file:
                    data = file.read()
                    save_avatar(user, data)
            """
        )
    )
    assert source(
        """
        @broker.task
        def resize_h3_image_task(file_path: str, user: int, filename: str | None) -> None:
            with opened_upload(file_path) as file:
                image = Image.open(file)
        """
    ) in (stored.tasks)


@pytest.mark.parametrize("upload", NOT_STORED)
def test_an_upload_that_others_read_as_well_stays(stored: Migrated, upload: str) -> None:
    body = stored.body(f"h{len(STORED) + list(NOT_STORED).index(upload)}")
    assert "stored_upload" not in body
    assert "image.save" in body or "save_avatar" in body


def test_without_a_folder_the_reason_names_the_option(done: Migrated) -> None:
    assert not any("stored_upload" in text for text in done.after.values())
    told = [*done.report.left, *(note for group in done.report.groups for note in group.notes)]
    hints = {note.hint for note in told if "raw bytes" in note.text}
    assert len(hints) == 1
    assert "`uploads` in the config" in hints.pop()


BROKER = "from taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n"
RETRIES = {
    "where it is made": {
        "app/queue.py": BROKER.replace("\n\n", ", SimpleRetryMiddleware\n\n")
        + "broker.add_middlewares(SimpleRetryMiddleware(default_retry_label=True))\n"
    },
    "elsewhere, by a middleware of their own": {
        "app/queue.py": BROKER,
        "app/again.py": "from taskiq import TaskiqMiddleware\n\nfrom app.queue import broker\n\n\n"
        "class Again(TaskiqMiddleware):\n"
        "    async def on_error(self, message, result, exception):\n"
        "        await self.broker.kick(self.broker.formatter.dumps(message))\n\n\n"
        "broker.add_middlewares(Again())\n",
    },
}


@pytest.mark.parametrize("added", RETRIES)
def test_a_broker_that_tries_again_would_not_find_it(tmp_path: Path, added: str) -> None:
    files = {**PROJECT, ROUTES: routes(READ + SAVED), "pyproject.toml": FOLDER, **RETRIES[added]}
    kept = migrate(tmp_path, files)
    assert "run_in_threadpool(save_avatar, user, data)" in kept.body("h0")
    assert any("uploads are removed by the first run" in step for step in kept.report.next_steps)


def test_the_folder_is_to_be_shared(stored: Migrated) -> None:
    assert any("share var/uploads" in step for step in stored.report.next_steps)


def test_nothing_is_left_in_the_folder(stored: Migrated) -> None:
    """Whatever the client calls its file, when a task fails, and when it cannot be queued."""
    printed = stored.runs(
        """
        import io
        import os
        from unittest.mock import AsyncMock

        from fastapi.testclient import TestClient
        from PIL import Image

        from app.domain.tasks import process_h0_image_task, resize_h3_image_task
        from app.main import app as application

        held = io.BytesIO()
        Image.effect_noise((1500, 1000), 50).save(held, "PNG")

        def ask(path, name="../../a.png", data=held.getvalue()):
            sent = {"params": {"user": 1}, "files": {"file": (name, data)}}
            return client.post(path, **sent).status_code

        with TestClient(application, raise_server_exceptions=False) as client:
            for path in ("/h0", "/h1", "/h2", "/h4", "/h5"):
                assert ask(path) == 200
                print(path, Image.open("avatar-1.png").size, os.listdir("var/uploads"))
                os.unlink("avatar-1.png")
            assert ask("/h3", "a.png") == 200
            print(Image.open("poster-1-a.png").size, os.listdir("var/uploads"))
            assert ask("/h3", "end.png") == 200
            print(Image.open("poster-1-end.png").size, "a dependency left it at its end")
            print(ask("/h0", data=b"no picture"), os.listdir("var/uploads"))
            seen = []
            process_h0_image_task.kiq = AsyncMock(side_effect=lambda path, user: seen.append(path) or 1 / 0)
            print(ask("/h0"), os.listdir("var/uploads"))
            print(os.path.dirname(seen[0]) == os.path.abspath("var/uploads"), "a.png" in seen[0])
        """,
        TASKIQ_IN_PLACE="1",
    )
    small = [f"/h{number} (64, 43) []" for number in (0, 1, 2, 4, 5)]
    assert printed.splitlines() == [
        *small,
        "(32, 21) []",
        "(32, 21) a dependency left it at its end",
        "200 []",
        "500 []",
        "True False",
    ]
