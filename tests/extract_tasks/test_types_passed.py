"""What is passed may be of another type than its helper asks for: it arrives as what it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

BILLS = """
from decimal import Decimal
from enum import Enum
from typing import List, Optional

from pydantic import HttpUrl

from app.mail import send_welcome


class Kind(str, Enum):
    LETTER = "letter"


class Level(Enum):
    HIGH = "high"


def bill(to: str, value: {asked}) -> None:
    send_welcome(to, f"{{value}} {{type(value).__name__}}")
"""
ROUTE = """
from app.bills import Kind, Level, bill

@router.post("/x")
def h(to: str, count: int, ratio: float, code: str, kind: Kind, words: list[str]):
    {line}
    return {{}}
"""
OTHERS = {
    ("float", "bill(to, count)"): "int",
    ("float", "bill(to, len(words) * 2)"): "int",
    ("float", "total = round(ratio)\n    bill(to, total)"): "int",
    ("float = 1.5", "bill(to, count)"): "int | float = 1.5",
    ("float = 1.5", "bill(to, value=3)"): "int | float = 1.5",
    ("Optional[float] = None", "bill(to, count)"): "int | None = None",
    ("int", "bill(to, code)"): "str",
    ("int", "bill(to, count > 3)"): "bool",
    ("Decimal", "bill(to, ratio)"): "float",
    ("HttpUrl", 'bill(to, f"https://shop/{code}")'): "str",
    ("List[float]", "bill(to, [1, 2])"): "list[int]",
    ("str", "bill(to, kind)"): "Kind",
    ("str", "bill(to, Kind.LETTER)"): "Kind",
    ("str", "wanted = Level.HIGH\n    bill(to, wanted)"): "Level",
}
SAME = {
    ("float", "bill(to, ratio)"): "float",
    ("float = 1", "bill(to, ratio)"): "float = 1",
    ("Optional[str]", "bill(to, code)"): "Optional[str]",
    ("int | float", "bill(to, count)"): "int | float",
    ("Kind", "bill(to, kind)"): "Kind",
    ("List[str]", "bill(to, words)"): "List[str]",
    ("str", "bill(to, Kind.LETTER.value)"): "str",
}


def _migrated(folder: Path, asked: str, line: str) -> Migrated:
    return handler(folder, ROUTE.format(line=line), bills=BILLS.format(asked=asked))


@pytest.mark.parametrize(("asked", "line"), OTHERS)
def test_it_is_read_as_what_it_was(tmp_path: Path, asked: str, line: str) -> None:
    done = _migrated(tmp_path, asked, line)
    assert f"def bill_task(to: str, value: {OTHERS[asked, line]}) -> None:" in done.tasks, done.tasks


@pytest.mark.parametrize(("asked", "line"), SAME)
def test_what_is_asked_for_is_what_comes(tmp_path: Path, asked: str, line: str) -> None:
    done = _migrated(tmp_path, asked, line)
    assert f"def bill_task(to: str, value: {SAME[asked, line]}) -> None:" in done.tasks, done.tasks
