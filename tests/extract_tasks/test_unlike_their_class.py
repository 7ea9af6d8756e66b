"""What a field holds may be something else than its class says; a task would make it what the class says."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import OUTBOX, Migrated, handler

SHOP = """
import dataclasses
import math
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Optional, Union

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.mail import send_welcome


class Kind(str, Enum):
    LETTER = "letter"


class Item(BaseModel):
    name: str


class Book(Item):
    author: str = "A"


class Same(Item):
    pass


@dataclasses.dataclass
class Bill:
    to: str
    total: float = 0.0
    day: Optional[date] = None
    item: Optional[Item] = None
    extra: Union[Decimal, str] = ""


class Order(BaseModel):
    to: str
    total: float = 0.0
    note: str = ""
    code: str = Field(default="", max_length=5)
    kind: Kind = Kind.LETTER
    item: Optional[Item] = None
    items: list[Item] = []


@dataclasses.dataclass
class Event:
    to: str
    data: dict[str, Any]
    more: dict = dataclasses.field(default_factory=dict)


class Strict(BaseModel):
    model_config = ConfigDict(validate_assignment=True)

    to: str
    total: float = 0.0


class Legacy(BaseModel):
    to: str
    note: str = None


class Cheap(BaseModel):
    to: str
    total: float = 0


class Limit(BaseModel):
    to: str
    top: float = math.inf


class Checked(BaseModel):
    to: str

    @field_validator("to")
    def has_at(cls, value):
        return value


def tell(what: {asked}) -> None:
    send_welcome(what.to, f"{{what!r}}")


def found() -> Item:
    return Book(name="b")


def shown(item: Item) -> None:
    send_welcome("a@x", f"{{item!r}}")


def seen(items: list[Item]) -> None:
    send_welcome("a@x", f"{{items!r}}")
"""
ROUTE = """
import dataclasses
from datetime import datetime
from decimal import Decimal

from app.shop import *

@router.post("/x")
def h(to: str, count: int, ratio: float, item: Item, changes: dict[str, str]):
    {line}
"""
STAYS = {
    "an int for a float": ("Bill", "what = Bill(to, count)", "may hold an int as its total"),
    "by its name": ("Bill", "what = Bill(to=to, total=3)", "may hold an int as its total"),
    "in a changed copy": (
        "Bill",
        "what = dataclasses.replace(Bill(to), total=3)",
        "may hold an int as its total",
    ),
    "a moment for a day": ("Bill", "what = Bill(to, day=datetime.now())", "may hold a datetime as its day"),
    "one of two that look alike": (
        "Bill",
        "what = Bill(to, extra=Decimal(to))",
        "may hold a Decimal as its extra",
    ),
    "a sum": ("Bill", "what = Bill(to, sum([1, count]))", "may hold an int as its total"),
    "a day in what may be anything": (
        "Event",
        "what = Event(to, {'at': datetime.now()})",
        "may hold a datetime in its data",
    ),
    "a pair in what may be anything": (
        "Event",
        "what = Event(to, {}, {'at': (1, 2)})",
        "may hold a tuple in its more",
    ),
    "numbers as keys": ("Event", "what = Event(to, {'all': {1: 'a'}})", "may hold keys in its data"),
    "a default that is shown": ("Cheap", "what = Cheap(to=to)", "may hold an int as its total"),
    "a default of None": ("Legacy", "what = Legacy(to=to)", "may hold None as its note"),
    "a default without an end": ("Limit", "what = Limit(to=to)", "of which None would arrive"),
    "set later": ("Order", "what = Order(to=to)\n    what.total = 3", "may hold an int as its total"),
    "set to None": ("Order", "what = Order(to=to)\n    what.note = None", "may hold None as its note"),
    "set beyond its limit": ("Order", "what = Order(to=to)\n    what.code = to", "has its code set without"),
    "set beside a validator": (
        "Checked",
        "what = Checked(to=to)\n    what.to = to",
        "has its to set without",
    ),
    "set by name": (
        "Order",
        "what = Order(to=to)\n    for name, value in changes.items():\n        setattr(what, name, value)",
        "is changed without being checked",
    ),
    "not checked at all": ("Order", "what = Order.model_construct(to=to)", "is made without being checked"),
    "a copy": (
        "Order",
        "what = Order(to=to).model_copy(update=changes)",
        "is changed without being checked",
    ),
    "a text for one of an enumeration": (
        "Order",
        "what = Order(to=to)\n    what.kind = 'letter'",
        "may hold a str as its kind",
    ),
    "of a class below": ("Order", "what = Order(to=to, item=Book(name=to))", "may hold a Book as its item"),
    "of one that adds nothing": (
        "Order",
        "what = Order(to=to, item=Same(name=to))",
        "may hold a Same as its item",
    ),
    "in a list": ("Order", "what = Order(to=to, items=[Book(name=to)])", "may hold a Book as its items"),
}
MOVES = {
    "of its type": ("Bill", "what = Bill(to, ratio)"),
    "of its type, by name": ("Bill", "what = Bill(to=to, total=ratio * 2)"),
    "JSON in what may be anything": ("Event", "what = Event(to, {'n': [count, {'a': None}]}, changes)"),
    "a sum of its type": ("Bill", "what = Bill(to, sum([ratio, 2.5]))"),
    "made into it": ("Order", "what = Order(to=to, total=3, kind='letter')"),
    "set to its type": ("Order", "what = Order(to=to)\n    what.note = to\n    what.total = ratio"),
    "looked at when it is set": ("Strict", "what = Strict(to=to)\n    what.total = 3"),
    "of its class": ("Order", "what = Order(to=to, item=Item(name=to))"),
    "a copy with what fits": ("Order", "what = Order(to=to).model_copy(update={'note': to})"),
}


def _migrated(folder: Path, asked: str, line: str) -> Migrated:
    return handler(folder, ROUTE.format(line=line), shop=SHOP.format(asked=asked))


@pytest.mark.parametrize("how", STAYS)
def test_it_is_not_sent(tmp_path: Path, how: str) -> None:
    asked, made, words = STAYS[how]
    done = _migrated(tmp_path, asked, f"{made}\n    tell(what)\n    return str(what)")
    assert not done.tasks, done.tasks
    assert any(words in note for note in done.stays), done.stays


@pytest.mark.parametrize("how", MOVES)
def test_what_is_as_its_class_says_is_sent(tmp_path: Path, how: str) -> None:
    asked, made = MOVES[how]
    done = _migrated(tmp_path, asked, f"{made}\n    tell(what)\n    return str(what)")
    assert ".kiq(what)" in done.body("h"), done.stays


BELOW = {
    "a function gives it": "what = found()\n    shown(what)\n    return str(what)",
    "so its name says": "what: Item = Book(name=to)\n    shown(what)\n    return str(what)",
    "in a list": "what: list[Item] = [Item(name=to), Book(name=to)]\n    seen(what)\n    return str(what)",
}


@pytest.mark.parametrize("how", BELOW)
def test_what_a_class_below_adds_is_not_lost(tmp_path: Path, how: str) -> None:
    done = _migrated(tmp_path, "Order", BELOW[how])
    assert not done.tasks, done.tasks
    assert "run_in_threadpool" in done.body("h")


def test_it_moves_with_what_it_is_made_of(tmp_path: Path) -> None:
    done = _migrated(tmp_path, "Bill", "what = Bill(to, count)\n    tell(what)")
    assert "kiq(to, count)" in done.body("h")
    asking = "from fastapi.testclient import TestClient\nfrom app.main import app\n"
    call = "TestClient(app).post('/x?to=a@x&count=3&ratio=2', json={'item': {'name': 'n'}, 'changes': {}})"
    assert "total=3," in done.runs(OUTBOX + asking + call)


CHEAP = """
from pydantic import BaseModel

from app.mail import send_welcome


class Cheap(BaseModel):
    to: str
    total: float = 0


def tell(what: Cheap) -> None:
    send_welcome(what.to, f"{SHOWN}")
"""


@pytest.mark.parametrize("shown", ["{what.total:.2f}", "{what.total * 1.19}", "{round(what.total, 2)}"])
def test_a_default_that_nobody_sees_as_it_is_may_be_sent(tmp_path: Path, shown: str) -> None:
    route = "@router.post('/x')\ndef h(what: Cheap):\n    tell(what)\n    return 1\n"
    done = handler(
        tmp_path, f"from app.shop import Cheap, tell\n\n{route}", shop=CHEAP.replace("{SHOWN}", shown)
    )
    assert ".kiq(what)" in done.body("h"), done.stays
