"""Files that are imported by two names, as two folders are on `sys.path`."""

from __future__ import annotations

from collections.abc import Mapping

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
    return changed(line, name, **more)["shop/api/second.py"]


def changed(line: str, name: str, **more: str) -> Mapping[str, str]:
    inits = {f"shop/{folder}__init__.py": "" for folder in ("", "logic/", "api/")}
    second = SECOND.replace("IMPORT", line).replace("ORDERS", name)
    files = {"shop/main.py": APP + MAIN, "shop/logic/orders.py": ORDERS, "shop/api/second.py": second}
    return migrate(inits | files | {f"shop/{path}": text for path, text in more.items()}, ("shop",)).texts


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


@pytest.mark.parametrize(("module", "awaited"), [("orders", "await "), ("bills", ""), ("redis", "")])
def test_a_script_imports_what_lies_beside_it(module: str, awaited: str) -> None:
    """`python shop/logic/report.py` has `shop/logic` on `sys.path`: what it calls turned, unawaited."""
    script = f"from {module} import Orders\n\n\nasync def report():\n    return Orders().find()\n"
    more = {"logic/redis.py": ORDERS, "logic/report.py": script}
    texts = changed("from shop.logic.orders import Orders", "Orders", **more)
    assert texts.get("shop/logic/report.py", script) == script.replace("return Or", f"return {awaited}Or")
