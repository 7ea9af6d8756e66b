"""Of several types that look the same in JSON, none says which it was; numbers without end are none there."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

BILLS = """
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Literal, Optional, Union

from pydantic import BaseModel

from app.mail import send_welcome


class Kind(Enum):
    LETTER = "letter"


class Cat(BaseModel):
    name: str


class Dog(BaseModel):
    name: str


class Horse(BaseModel):
    name: str
    height: int


class Fish(BaseModel):
    kind: Literal["fish"] = "fish"
    name: str


class Bird(BaseModel):
    kind: Literal["bird"] = "bird"
    name: str


def bill(to: str, value: {asked}) -> None:
    send_welcome(to, f"{{value!r}}")
"""
ROUTE = """
import math
from decimal import Decimal
from app.bills import Bird, Cat, Dog, Fish, Horse, Kind, Path, Union, bill

@router.post("/x")
def h(
    to: str, count: int, amount: Decimal, either: Union[Decimal, str], pet: Union[Cat, Dog], ratio: float
):
    {line}
"""
AS_IT_IS = {
    ("Union[Decimal, str]", "bill(to, amount)"): "Decimal",
    ("Union[Decimal, str]", "bill(to, to)"): "str",
    ("Decimal | str | None", "bill(to, amount)"): "Decimal",
    ("str | Path", "bill(to, f'{to}.txt')"): "str",
    ("Kind | str", "bill(to, Kind.LETTER)"): "Kind",
    ("Kind | str", "bill(to, to)"): "str",
    ("int | str", "bill(to, count)"): "int | str",
    (
        "Union[Cat, Horse]",
        "value: Union[Cat, Horse] = Cat(name=to)\n    bill(to, value)\n    return str(value)",
    ): "Union[Cat, Horse]",
}
STAYS = {
    "one of two that is not told": ("Union[Decimal, str]", "bill(to, either)\n    return str(either)"),
    "one of two models": ("Union[Cat, Dog]", "bill(to, pet)\n    return str(pet)"),
    "infinity": ("float", "value = math.inf\n    bill(to, value)\n    return str(value)"),
    "written as a text": ("float", "value = float('-inf')\n    bill(to, value)\n    return str(value)"),
    "in a dictionary": (
        "dict[str, float]",
        "value = {'a': math.nan}\n    bill(to, value)\n    return str(value)",
    ),
    "as it begins": (
        "float",
        "low = math.inf\n    low = min(low, ratio)\n    bill(to, low)\n    return str(low)",
    ),
}
MOVES = {
    "models that say which they are": (
        "Union[Fish, Bird]",
        "value: Union[Fish, Bird] = Fish(name=to)\n    bill(to, value)\n    return str(value)",
    ),
    "a text of such a number": ("str", "value = math.inf\n    bill(to, f'{value}')"),
    "any number": ("float", "value = float(ratio)\n    bill(to, value)\n    return str(value)"),
}


def _migrated(folder: Path, asked: str, line: str) -> Migrated:
    return handler(folder, ROUTE.format(line=line), bills=BILLS.format(asked=asked))


@pytest.mark.parametrize(("asked", "line"), AS_IT_IS)
def test_it_is_read_as_what_it_was(tmp_path: Path, asked: str, line: str) -> None:
    done = _migrated(tmp_path, asked, line)
    assert f"value: {AS_IT_IS[asked, line]}" in done.tasks, (done.tasks, done.stays)


@pytest.mark.parametrize("how", STAYS)
def test_what_would_be_another_one_stays(tmp_path: Path, how: str) -> None:
    done = _migrated(tmp_path, *STAYS[how])
    assert not done.tasks, done.tasks
    assert done.stays


@pytest.mark.parametrize("how", MOVES)
def test_what_arrives_as_it_was_is_sent(tmp_path: Path, how: str) -> None:
    done = _migrated(tmp_path, *MOVES[how])
    assert ".kiq(" in done.body("h"), done.stays
