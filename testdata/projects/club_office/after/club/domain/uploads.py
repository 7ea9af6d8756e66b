"""Uploads for tasks, in a folder that the application shares with its workers."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO
from uuid import uuid4

from anyio import CancelScope
from fastapi import UploadFile
from fastapi.concurrency import run_in_threadpool

FOLDER = Path("var/uploads").absolute()


@asynccontextmanager
async def stored_upload(upload: UploadFile | bytes) -> AsyncIterator[str]:
    """The path of a copy, for the task that is queued with it; removed if none is.

    Nothing of its name comes from the client.
    """
    path = FOLDER / uuid4().hex
    try:
        await run_in_threadpool(_store, upload, path)
        yield str(path)
    except BaseException:
        with CancelScope(shield=True):
            await run_in_threadpool(path.unlink, missing_ok=True)
        raise


def _store(upload: UploadFile | bytes, path: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as copy:
        if isinstance(upload, bytes):
            copy.write(upload)
        else:
            upload.file.seek(0)
            copyfileobj(upload.file, copy)


@contextmanager
def opened_upload(path: str) -> Iterator[BinaryIO]:
    """The copy, which is removed when the task is done or has failed.

    It stays if the worker is stopped meanwhile, as another one is given the task.
    """
    try:
        with open(path, "rb") as copy:
            yield copy
    except Exception:
        Path(path).unlink(missing_ok=True)
        raise
    Path(path).unlink(missing_ok=True)
