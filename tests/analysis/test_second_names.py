"""Files that are imported by two names, as two folders are on `sys.path`."""

from __future__ import annotations

import pytest
from small_projects import APP, migrate

ORDERS = """
import time


class Orders:
    def find(self):
        time.sleep(0.01)
        return "found"
"""
MAIN = """
from shop.logic.orders import Orders
from shop.api import second

app.include_router(second.router)


@app.get("/first")
def first():
    return Orders().find()
"""
SECOND = """
from fastapi import APIRouter
from shop.logic import orders as same
IMPORT

router = APIRouter()


@router.get("/second")
def second():
    return ORDERS().find()
"""


def after(line: str, name: str, **more: str) -> str:
    inits = {f"shop/{folder}__init__.py": "" for folder in ("", "logic/", "api/")}
    second = SECOND.replace("IMPORT", line).replace("ORDERS", name)
    files = {"shop/main.py": APP + MAIN, "shop/logic/orders.py": ORDERS, "shop/api/second.py": second}
    done = migrate(inits | files | {f"shop/{path}": text for path, text in more.items()}, ("shop",))
    return done.texts["shop/api/second.py"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from logic.orders import Orders", "Orders"),
        ("from logic.orders import Orders as Wanted", "Wanted"),
        ("from shop.logic.orders import Orders", "Orders"),
    ],
)
def test_a_function_that_turns_is_awaited_by_either_name(line: str, name: str) -> None:
    """It was taken for one of a library, and went to a thread, where nobody awaits what it gives."""
    assert f"return await {name}().find()" in after(line, name)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        # another folder's file, and a name that is not in it
        ("from other.orders import Orders", "Orders"),
        ("from logic.orders import Bills", "Bills"),
        ("from logic.bills import Orders", "Orders"),
        # a library of that name comes first
        ("from redis.orders import Orders", "Orders"),
    ],
)
def test_what_is_not_there_is_of_a_library(line: str, name: str) -> None:
    more = {"redis/__init__.py": "", "redis/orders.py": ORDERS}
    assert f"await {name}" not in after(line, name, **more)
