"""Whatever happens to the files of a project, what is kept of earlier runs never shows in the report."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.kept.reports import ReportCache
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.model import Report

FILES = {
    "app/__init__.py": "",
    "app/main.py": """\
import time

import requests
from fastapi import FastAPI

from .bank import charge

app = FastAPI()


@app.get("/pay")
def pay(n: int):
    time.sleep(n)
    return charge(n)


@app.get("/rate")
def rate():
    # the bank knows
    return requests.get("http://bank/rate").json()
""",
    "app/bank.py": """\
import requests

from .words import BANK


def charge(n):
    \"\"\"Takes the money.\"\"\"
    return requests.post(BANK, json={"n": n}).json()
""",
    "app/words.py": 'BANK = "http://bank"\n',
    "scripts/run.py": 'from app.bank import charge\n\nif __name__ == "__main__":\n    print(charge(1))\n',
    "tests/test_pay.py": "from app.bank import charge\n\n\ndef test_charge():\n    assert charge(1)\n",
    "requirements.txt": "fastapi\nhttpx\nrequests\n",
}
NEW = (
    "# a note\n",
    "\n",
    "def more(n):\n    return charge(n)\n",
    "import time\ntime.sleep(1)\n",
    '"""app.bank:charge"""\n',
    "class Teller:\n    def charge(self):\n        pass\n",
)

Edit = Callable[[random.Random, Path], object]


def insert(chosen: random.Random, file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    at = chosen.choice([n for n in range(len(lines) + 1) if n == len(lines) or not lines[n][:1].isspace()])
    file.write_text("".join([*lines[:at], chosen.choice(NEW), *lines[at:]]))


def remove(chosen: random.Random, file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    gone = chosen.randrange(len(lines) + 1)
    file.write_text("".join([*lines[:gone], *lines[gone + 1 :]]))


def comment(chosen: random.Random, file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    marked = chosen.randrange(len(lines) + 1)
    file.write_text(
        "".join(f"{line[:-1]}  # seen\n" if n == marked else line for n, line in enumerate(lines))
    )


def rename(chosen: random.Random, file: Path) -> None:
    file.rename(file.with_name(f"{file.stem}_{chosen.randrange(3)}.py"))


def put_back(chosen: random.Random, file: Path) -> None:
    write(file.parents[1])


EDITS: tuple[Edit, ...] = (insert, insert, remove, comment, comment, rename, put_back)


def write(root: Path) -> None:
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def checked(root: Path, kept: Path | None) -> Report:
    run = pipeline.start([root / "app"], Config(), facts=kept / "facts" if kept else None)
    return pipeline.check(run, ReportCache(kept / "reports") if kept else None)


@pytest.mark.parametrize("seed", range(6))
def test_a_run_that_remembers_finds_what_a_fresh_one_finds(tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)
    root, kept = tmp_path / "project", tmp_path / "kept"
    write(root)
    (root / ".git").mkdir()
    for _ in range(8):
        file = chosen.choice(sorted(root.rglob("*.py")))
        chosen.choice(EDITS)(chosen, file)
        fresh = checked(root, None)
        assert checked(root, kept) == fresh
        assert checked(root, kept) == fresh
