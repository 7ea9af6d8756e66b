"""What runs because its name is said in a text: `getattr(till, "price")`, `methodcaller("save")(till)`."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate_main

TILL = """
import operator
from operator import attrgetter, itemgetter, methodcaller

import requests


class Rate:
    def __get__(self, till, owner):
        return requests.get("http://bank.test/rate").text


class Till:
    name = "till"
    rate = Rate()

    @property
    def price(self):
        return requests.get("http://bank.test/price").text

    @price.setter
    def price(self, value):
        requests.put("http://bank.test/price", data=value)

    def __getitem__(self, number):
        return requests.get(f"http://bank.test/{number}").text

    def save(self):
        requests.post("http://bank.test/till")


till = Till()
save = methodcaller("save")
session = requests.Session()


@app.get("/")
async def read(name: str = ""):
    return {expression}
"""


def read(expression: str) -> Migrated:
    return migrate_main(TILL.replace("{expression}", expression))


@pytest.mark.parametrize(
    ("expression", "chain", "after"),
    [
        (
            'getattr(till, "price")',
            "Till.price() -> requests.get",
            'run_in_threadpool(getattr, till, "price")',
        ),
        (
            'getattr(till, "rate", None)',
            "Rate.__get__() -> requests.get",
            'run_in_threadpool(getattr, till, "rate", None)',
        ),
        (
            'hasattr(till, "price")',
            "Till.price() -> requests.get",
            'run_in_threadpool(hasattr, till, "price")',
        ),
        (
            'setattr(till, "price", name)',
            "Till.price() -> requests.put",
            'run_in_threadpool(setattr, till, "price", name)',
        ),
        (
            'attrgetter("price")(till)',
            "Till.price() -> requests.get",
            'run_in_threadpool(attrgetter("price"), till)',
        ),
        (
            "itemgetter(3)(till)",
            "Till.__getitem__() -> requests.get",
            "run_in_threadpool(itemgetter(3), till)",
        ),
        (
            'operator.methodcaller("save")(till)',
            "Till.save() -> requests.post",
            'run_in_threadpool(operator.methodcaller("save"), till)',
        ),
        ("save(till)", "Till.save() -> requests.post", "run_in_threadpool(save, till)"),
        (
            'methodcaller("get", name)(session).text',
            "",
            'run_in_threadpool(methodcaller("get", name), session)',
        ),
    ],
)
def test_it_is_found_and_goes_to_a_thread(expression: str, chain: str, after: str) -> None:
    done = read(expression)
    assert not chain or any(found.endswith(chain) for found in done.chains), done.chains
    assert len(done.findings("AF201")) == 1
    assert f"await {after}" in done.function("app/main.py", "read")


@pytest.mark.parametrize(
    "expression",
    [
        'getattr(till, "name")',
        'getattr(till, "missing", None)',
        'attrgetter("name")(till)',
        'itemgetter("a")({"a": name})',
        'methodcaller("upper")(name)',
        'hasattr(name, "price")',
        'getattr(Till, "price")',
    ],
)
def test_plain_attributes_and_methods_stay(expression: str) -> None:
    done = read(expression)
    assert f"return {expression}" in done.function("app/main.py", "read")
    assert done.chains == []
    assert done.is_unchanged
