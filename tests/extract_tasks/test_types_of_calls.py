"""What a call gives says how it crosses the queue, though nobody wrote its type down."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import DATABASE, HEAD, PACKAGES, ROUTES, TASKS, handler, migrate

TOLD = """\
import smtplib

from jinja2 import Template

PAGE = Template("<p>{{ name }}</p>")


def deliver(to, subject, text, options=None):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", to, text)


def greeting(name: str):
    return f"Hello {name}"


def parts(name):
    assert name
    return greeting, name


def written(name: str) -> str:
    return name[::-1]
"""
MOVES = {
    "a template": ("PAGE.render(name=name)", "str"),
    "a helper that gives a text": ("greeting(name)", "str"),
    "a helper that says so": ("written(name)", "str"),
}


def _sent(folder: Path, value: str) -> tuple[str, str]:
    routes = f"""
    from app.told import PAGE, deliver, greeting, parts, written


    @router.post("/h")
    def h(name: str, to: str):
        deliver(to, "Hello", {value})
        return {{}}
    """
    done = handler(folder, routes, told=TOLD)
    return done.body("h"), done.tasks


@pytest.mark.parametrize(("value", "annotation"), MOVES.values(), ids=MOVES)
def test_the_result_of_a_call_is_sent(tmp_path: Path, value: str, annotation: str) -> None:
    body, tasks = _sent(tmp_path, value)
    assert f'await deliver_email_task.kiq(to, "Hello", {value})' in body
    assert f"def deliver_email_task(to: str, subject: str, text: {annotation}) -> None:" in tasks


@pytest.mark.parametrize("value", ["parts(name)", "__import__(name)", "eval(name)"])
def test_a_result_of_which_nothing_is_known_is_not(tmp_path: Path, value: str) -> None:
    assert "deliver_email_task.kiq" not in _sent(tmp_path, value)[0]


def test_a_helper_with_an_object_of_the_database_sends_the_text_that_it_makes(tmp_path: Path) -> None:
    made = 'NEWS = Template("{{ user" + ".email }}")  # which nobody reads'
    mail = (
        f'{TOLD}\n{made}\n\n\ndef send_news(user):\n    deliver(user.email, "News", NEWS.render(user=user))\n'
    )
    routes = """
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import User, get_db
from app.told import send_news


@router.post("/h/{number}")
def h(number: int, db: Session = Depends(get_db)):
    user = db.get(User, number)
    if user is None:
        return {}
    send_news(user)
    return {"id": user.id}
"""
    files = {**PACKAGES, ROUTES: HEAD + routes, "app/db.py": DATABASE, "app/told.py": mail}
    done = migrate(tmp_path, files)
    assert "    await send_news(user)\n" in done.body("h")
    sent = 'await deliver_email_task.kiq(user.email, "News", NEWS.render(user=user))'
    assert sent in done.body("send_news", "app/told.py")
    assert "text: str" in done.after[TASKS]
    assert not done.stays


def test_a_default_of_none_is_part_of_the_type(tmp_path: Path) -> None:
    push = (
        "import requests\n\n\ndef send_push(to: str, data: dict | None = None) -> None:\n"
        '    requests.post("https://push.example.com", json={"to": to, "data": data or {}})\n'
    )
    routes = """
    from app.push import send_push


    @router.post("/h")
    def h(to: str):
        send_push(to, {"key": "1"})
        return {}
    """
    done = handler(tmp_path, routes, push=push)
    assert "def send_push_task(to: str, data: dict | None = None) -> None:" in done.tasks


GIVERS = """\
import smtplib

from pydantic import BaseModel, SecretStr

from app.db import User


class Plain:
    def __init__(self, name: str) -> None:
        self.name = name


class Card(BaseModel):
    password: str


def deliver(to, text):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", to, str(text))


def same(user: User) -> User:
    return user


def plain(name: str) -> Plain:
    return Plain(name)


def raw(name: str) -> bytes:
    assert name
    return name.encode()


def secret(name: str) -> SecretStr:
    assert name
    return SecretStr(name)


def card(name: str) -> Card:
    assert name
    return Card(password=name)


def several(user: User) -> list[User]:
    return [user]


def steps(name: str):
    yield name
"""


@pytest.mark.parametrize(
    "value", ["same(user)", "plain(to)", "raw(to)", "secret(to)", "card(to)", "several(user)", "steps(to)"]
)
def test_what_no_queue_takes_is_not_sent_because_its_type_is_known(tmp_path: Path, value: str) -> None:
    routes = f"""
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import User, get_db
from app.told import *


@router.post("/h/{{number}}")
def h(number: int, to: str, db: Session = Depends(get_db)):
    user = db.get(User, number)
    if user is None:
        return {{}}
    deliver(to, {value})
    return {{"id": user.id}}
"""
    files = {**PACKAGES, ROUTES: HEAD + routes, "app/db.py": DATABASE, "app/told.py": GIVERS}
    done = migrate(tmp_path, files)
    assert f"    await run_in_threadpool(deliver, to, {value})\n" in done.body("h")
    assert not done.tasks


RECKONED = """\
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Item:
    price: float
    number: int
    deposit: Decimal


@dataclass
class Order:
    items: list[Item] = field(default_factory=list)
    discount: float = 0

    @property
    def count(self):
        return sum(item.number for item in self.items)

    def total(self):
        if not self.items:
            return 0
        return round(self.sum_of_all() - self.discount, 2)

    def sum_of_all(self):
        return sum(item.price * item.number for item in self.items)

    def deposits(self):
        return sum(item.deposit for item in self.items)

    def prices(self):
        for item in self.items:
            yield item.price

    def endless(self):
        return self.endless()


def of(number: int) -> Order:
    assert number
    return Order([Item(1.5, number, Decimal(1))])
"""
NUMBERS = {"order.count": "int", "order.sum_of_all()": "float | int", "order.total()": "float | int"}
IN_THE_TASK = ["order.deposits()", "order.endless()"]
NOT_SENT = ["order.prices()"]


def test_numbers_that_a_class_reckons_have_a_type(tmp_path: Path) -> None:
    values = [*NUMBERS, *NOT_SENT, *IN_THE_TASK]
    calls = "\n\n".join(
        f'@router.post("/h{number}")\ndef h{number}(to: str, number: int):\n    order = of(number)\n'
        f'    deliver(to, "Hi", "you", {{"n": {value}}})\n    return {{}}\n'
        for number, value in enumerate(values)
    )
    routes = f"from app.orders import of\nfrom app.told import deliver\n\n\n{calls}"
    done = handler(tmp_path, routes, told=TOLD, orders=RECKONED)
    sent = {value for number, value in enumerate(values) if "_task.kiq(" in done.body(f"h{number}")}
    assert sent == {*NUMBERS, *IN_THE_TASK}
    assert all(each in done.tasks for each in IN_THE_TASK), "the order is sent"
    for kind in NUMBERS.values():
        assert f"options: dict[str, {kind}] | None = None" in done.tasks


CHECKED = """
import pydantic
from pydantic import EmailStr, HttpUrl

from app.told import deliver


def invite(to: EmailStr, page: HttpUrl, cc: pydantic.EmailStr | None = None) -> None:
    deliver(to, "Come", f"{page} {cc}")


class Invitation(pydantic.BaseModel):
    guests: list[EmailStr]
    page: HttpUrl


@router.post("/invited")
def invited(to: EmailStr, page: HttpUrl):
    invite(to, page)
    return {}


@router.post("/all")
def all_(invitation: Invitation):
    for guest in invitation.guests:
        text = f"{guest} {invitation.page}"
        deliver(guest, "Come", text)
    return {}
"""


def test_an_address_that_was_checked_is_a_text(tmp_path: Path) -> None:
    tasks = handler(tmp_path, CHECKED, told=TOLD).tasks
    assert "def invite_task(to: str, page: HttpUrl, cc: str | None = None) -> None:" in tasks
    assert "EmailStr" not in tasks
