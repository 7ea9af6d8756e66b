"""Types that stand with the handlers: a task gets the JSON of such a value, and makes it anew in its body."""

from __future__ import annotations

from pathlib import Path

from projects import HEAD, LEFT, OUTBOX, PACKAGES, ROUTES, handler, migrate, source

SHOP = """
import enum
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import List, Optional

from pydantic import BaseModel

from app.mail import send_welcome


class Level(str, enum.Enum):
    low = "low"
    high = "high"


class Item(BaseModel):
    name: str
    price: Decimal


class Order(BaseModel):
    email: str
    items: List[Item]
    due: Optional[date] = None


@dataclass
class Booking:
    name: str
    day: date


def send_order(order: Order, level: Level, note: str = ""):
    total = sum(each.price for each in order.items)
    send_welcome(order.email, f"{total + 1} {order.due:%d.%m.} {level.name} {note}")


def send_items(items: List[Item], booking: Optional[Booking] = None):
    send_welcome("a@example.com", f"{items[0].price + 1} {booking and booking.day.year}")


def send_graded(to: str, level: Level = Level.low):
    send_welcome(to, level.name)


@router.post("/order")
def create(order: Order, level: Level):
    send_order(order, level, note="new")
    return order


@router.post("/items")
def add(order: Order, name: str, day: date):
    booking = Booking(name, day)
    send_items(order.items, booking)
    return {}


@router.post("/block")
def block(order: Order):
    message = EmailMessage()
    message["To"] = order.email
    message["Subject"] = ", ".join(f"{each.name} {each.price + 1}" for each in order.items)
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)
    return {}


@router.post("/graded")
def grade(to: str, level: Level):
    send_graded(to, level)
    return {}
"""
RUN = """
import asyncio
from datetime import date
from app.api.routes import Booking, Item, Level, Order
from app.domain.broker import broker
from app.domain.tasks import send_block_email_task, send_items_task, send_order_task

async def main():
    await broker.startup()
    order = Order(email="o@example.com", items=[{"name": "x", "price": "1.10"}], due=date(2024, 1, 2))
    for kiq in (
        send_order_task.kiq(order, Level.high, note="new"),
        send_items_task.kiq(order.items, Booking("b", date(2025, 1, 1))),
        send_block_email_task.kiq(order.email, order.items),
    ):
        result = await (await kiq).wait_result(timeout=5)
        assert not result.is_err, result.error

asyncio.run(main())
"""


def test_a_value_arrives_as_one_of_its_type(tmp_path: Path) -> None:
    done = handler(tmp_path, SHOP)
    assert done.body("create") == source(
        """
        async def create(order: Order, level: Level):
            await send_order_task.kiq(order, level, note="new")
            return order
        """
    )
    assert "    send_order(Order.model_validate(order), Level(level), note)\n" in done.tasks
    assert done.runs(OUTBOX + RUN).splitlines() == [
        "mail o@example.com Welcome 2.10 02.01. high new (en)",
        "mail a@example.com Welcome 2.10 2025 (en)",
        "mail o@example.com x 2.10",
    ]
    # its default could not be written at the top of the module
    assert done.tasks.endswith("    level = Level(level)\n    send_graded(to, level)\n")
    assert not done.stays


def test_a_model_of_pydantic_1_stays(tmp_path: Path) -> None:
    pinned = LEFT + 'dependencies = ["pydantic<2"]\n'
    done = migrate(tmp_path, {**PACKAGES, "pyproject.toml": pinned, ROUTES: HEAD + SHOP.lstrip("\n")})
    assert "send_order_task" not in done.tasks
    assert "send_items_task" not in done.tasks
