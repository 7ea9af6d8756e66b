"""A small legacy project, and what a call of the command line gives back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PAY = '''\
"""Payments."""

import time
from typing import Optional

from fastapi import APIRouter

from app.gateway import charge

router = APIRouter()


@router.post("/pay")
def pay(note: Optional[int] = None):
    return charge("[/red][bold]", note)


@router.get("/slow")
def slow():
    time.sleep(0.1)
    return {"größe": "ø"}


@router.get("/ok")
async def ok():
    return {}
'''
GATEWAY = """\
class Gateway:
    def send(self, what, note):
        with open("ledger.txt", "a") as ledger:
            ledger.write(f"{what} {note}")
        return {}


gateway = Gateway()


def charge(what, note):
    return gateway.send(what, note)
"""


@dataclass
class Result:
    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()


Run = Callable[..., Result]


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "core.autocrlf=false", *arguments]
    done = subprocess.run(command, cwd=folder, input=data, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")


def hears_ctrl_c() -> None:
    """For a new process: a job that a shell runs in the background ignores it, and so does all it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def process(*arguments: str) -> list[str]:
    """The command line as a process of its own: for pipes, signals and imports."""
    return [sys.executable, "-m", "async_fix", *arguments]
