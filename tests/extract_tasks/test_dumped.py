"""What a pydantic model gives as a dictionary goes to a task where all of it is JSON."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from projects import OUTBOX, PACKAGES, Migrated, migrate

ROUTES = "app/api/routes.py"
MAIL = """
import smtplib
from typing import Any, Dict


def send_order(order: Dict[str, Any]) -> None:
    with smtplib.SMTP("localhost") as server:
        server.sendmail("shop", order["email"], str(sorted(order.items(), key=str)))
"""
HEAD = """
import datetime
from enum import Enum
from typing import Any, List, Literal, Optional

from fastapi import APIRouter
from pydantic import BaseModel, Field, computed_field, field_serializer

from app.orders import send_order

router = APIRouter()


class Line(BaseModel):
    title: str
    price: float


class Size(Enum):
    SMALL = "s"


class Order(BaseModel):
    id: int
    email: str
    {field}


def complete(data: dict) -> None:
    data["at"] = datetime.date(2026, 1, 1)


@router.post("/h")
def h(order: Order):
    {body}
    return {{"id": order.id}}
"""
DUMP = "send_order(order.model_dump())"


def project(folder: Path, body: str, field: str = "note: str = Field(None)") -> Migrated:
    text = HEAD.format(body=textwrap.indent(body, "    ").lstrip(), field=field)
    return migrate(folder, {**PACKAGES, ROUTES: text, "app/orders.py": MAIL})


SENT = {
    "as pydantic 2 says it": DUMP,
    "as pydantic 1 says it": "send_order(order.dict(exclude_unset=True))",
    "under a name": "data = order.model_dump()\nsend_order(data)",
    "with one more": 'data = order.model_dump()\ndata["total"] = sum(n for n in [1.5])\nsend_order(data)',
    "in another": 'send_order({**order.model_dump(), "kind": "new"})',
    "in a list": 'send_order({"email": order.email, "all": [each.model_dump() for each in [order]]})',
}


@pytest.mark.parametrize("how", SENT)
def test_it_is_sent_as_the_helper_takes_it(tmp_path: Path, how: str) -> None:
    done = project(tmp_path, SENT[how])
    assert "def send_order_task(order: Dict[str, Any]) -> None:\n    send_order(order)\n" in done.tasks
    assert "send_order_task.kiq(" in done.body("h")


FIELDS = {
    "a model": "line: Line",
    "models": "lines: List[Line] = []",
    "one of several": 'kind: Literal["a", "b"] = "a"',
    "none": "note: Optional[int] = None",
    "of a dictionary": "prices: dict[str, list[float]]",
}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_fields_that_are_json(tmp_path: Path, field: str) -> None:
    assert "send_order(order)\n" in project(tmp_path, DUMP, field).tasks


ELSE = {
    "a date": "due: datetime.date",
    "an enumeration": "size: Size",
    "anything": "more: Any = None",
    "what is in it is not said": "more: dict = {}",
    "keys that are no texts": "prices: dict[int, float]",
    "models with a date": "lines: list[Dated]\n\n\nclass Dated(BaseModel):\n    due: datetime.date",
    "another with more derives from it": "note: str\n\n\nclass Due(Order):\n    due: datetime.date",
    "computed": "note: str\n\n    @computed_field\n    def due(self) -> set:\n        return {1}",
    "fields that nobody declares": 'note: str\n    model_config = {"extra": "allow"}',
}
NO_MODEL = {
    "a serializer": 'note: str\n\n    @field_serializer("note")\n    def noted(self, v):\n        return 1',
    "computed, which it refuses": (
        "note: str\n\n    @computed_field\n    def due(self) -> int:\n        return 1\n\n"
        '    model_config = {"extra": "forbid"}'
    ),
    "its own method": "note: str\n\n    def model_dump(self):\n        return {1: 2}",
    "a secret": "password: str",
}


@pytest.mark.parametrize("field", ELSE.values(), ids=ELSE)
def test_what_may_hold_anything_else_goes_as_a_model_alone(tmp_path: Path, field: str) -> None:
    done = project(tmp_path, DUMP, field)
    assert "Order.model_validate(order)\n    send_order(order.model_dump())\n" in done.tasks


@pytest.mark.parametrize("field", NO_MODEL.values(), ids=NO_MODEL)
def test_what_does_not_come_back_as_it_was_stays(tmp_path: Path, field: str) -> None:
    done = project(tmp_path, DUMP, field)
    assert not done.tasks
    assert "await run_in_threadpool(send_order, order.model_dump())" in done.body("h")


CHANGED = {
    "by a helper": "data = order.model_dump()\ncomplete(data)\nsend_order(data)",
    "by a helper, of a literal": 'data = {"email": order.email}\ncomplete(data)\nsend_order(data)',
    "under another name": "data = order.model_dump()\nother = data\ncomplete(other)\nsend_order(data)",
    "with something else": 'data = order.model_dump()\ndata["at"] = datetime.date.today()\nsend_order(data)',
    "inside": ('data = order.model_dump()\ndata["email"]["at"] = datetime.date.today()\nsend_order(data)'),
    "by a method": "data = order.model_dump()\ndata.update(at=datetime.date.today())\nsend_order(data)",
    "by an option": 'send_order(order.model_dump(context="x"))',
}


@pytest.mark.parametrize("how", CHANGED)
def test_what_may_have_changed_since_stays(tmp_path: Path, how: str) -> None:
    assert "send_order(order)" not in project(tmp_path, CHANGED[how]).tasks


def test_the_same_order_is_mailed(tmp_path: Path) -> None:
    done = project(tmp_path, DUMP, "lines: List[Line] = []")
    code = OUTBOX + textwrap.dedent("""
    from fastapi.testclient import TestClient
    from app.main import app

    lines = [{"title": "Hat", "price": 3}]
    with TestClient(app) as client:
        print(client.post("/h", json={"id": 1, "email": "a@x.org", "lines": lines}).json())
    """)
    after = done.runs(code, TASKIQ_IN_PLACE="1")
    for path, text in done.before.items():
        (tmp_path / path).write_text(text)
    assert sorted(done.runs(code).splitlines()) == sorted(after.splitlines())
    assert "'price': 3.0" in after
