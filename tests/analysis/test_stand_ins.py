"""What tests put in the place of objects turns with the methods for which it stands, or keeps them."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate

MAIN = """
from dataclasses import dataclass

import requests
from fastapi import Depends, FastAPI

app = FastAPI()


class Gateway:
    def price(self, n: int) -> int:
        return requests.get(f"https://a.example/{n}").json()


class Service:
    def __init__(self, gateway: Gateway):
        self.gateway = gateway

    def total(self, n):
        return self.gateway.price(n) * 2


@dataclass
class Basket:
    gateway: Gateway

    def total(self, n):
        return self.gateway.price(n)


def quote(n: int, gateway: Gateway) -> int:
    return gateway.price(n)


def get_gateway():
    yield Gateway()


@app.get("/{n}")
def show(n: int, gateway: Gateway = Depends(get_gateway)):
    return Service(gateway).total(n) + Basket(gateway).total(n) + quote(n, gateway)
"""
TESTS = """
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from app.main import Basket, Gateway, Service, app, get_gateway, quote
from app.other import make


class Fake:
    def price(self, n):
        return n


class Free:
    @property
    def price(self):
        return int


def fake_gateway():
    yield Fake()


@pytest.fixture
def fake():
    return Fake()


@pytest.mark.anyio
async def test_it(client, fake, monkeypatch):
    {}
"""
TURN = {
    "a lambda for a dependency": "app.dependency_overrides[get_gateway] = lambda: Fake()",
    "a class for a dependency": "app.dependency_overrides = {get_gateway: Fake}",
    "a generator for a dependency": "app.dependency_overrides |= {get_gateway: fake_gateway}",
    "a fixture for a dependency": "app.dependency_overrides.update({get_gateway: lambda: fake})",
    "an argument": "assert quote(3, Fake()) == 3",
    "an argument of a class": "assert Service(fake).total(3) == 6",
    "a field of a dataclass": "assert Basket(gateway=Fake()).total(3) == 3",
    "an attribute of an object": "Service(Gateway()).gateway = fake",
    "an attribute of a class": "Basket.gateway = Fake()",
}
STAY = {
    "a mock for a dependency": "app.dependency_overrides[get_gateway] = lambda: MagicMock()",
    "something unknown for a dependency": "app.dependency_overrides[get_gateway] = make('gateway')",
    "a mock as an argument": "assert Service(Mock()).total(3)",
    "what cannot be async": "assert quote('3', Free()) == 3",
    "a class for a class that is patched": "monkeypatch.setattr('app.main.Gateway', Fake)",
    "a mock as an attribute": "Service(Gateway()).gateway = MagicMock()",
}
SEE = {
    "a mock of the class": "assert Service(MagicMock(spec=Gateway)).total(3)",
    "a mock that can be awaited": "assert Service(AsyncMock()).total(3)",
}


def migrated(line: str) -> Migrated:
    return migrate(
        {"app/main.py": MAIN, "app/other.py": "", "tests/test_it.py": TESTS.replace("{}", line, 1)}
    )


@pytest.mark.parametrize("put", TURN)
def test_a_fake_turns_along(put: str) -> None:
    done = migrated(TURN[put])
    assert {"app/main.py:Gateway.price", "tests/test_it.py:Fake.price"} <= {*done.turned}


@pytest.mark.parametrize("put", STAY)
def test_what_cannot_be_awaited_keeps_it(put: str) -> None:
    done = migrated(STAY[put])
    assert "app/main.py:Gateway.price" not in done.turned
    assert "tests/test_it.py:Fake.price" not in done.turned
    assert "async def show(" in done.texts["app/main.py"]


@pytest.mark.parametrize("put", SEE)
def test_mocks_that_follow_the_class_keep_nothing(put: str) -> None:
    done = migrated(SEE[put])
    assert "app/main.py:Gateway.price" in done.turned
    assert "tests/test_it.py:Fake.price" not in done.turned
