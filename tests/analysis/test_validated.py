"""Validators of response models: FastAPI runs them in a thread for a `def` route, on the loop for an async one."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from small_projects import Migrated, migrate

APP = """from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, field_validator

app = FastAPI()


class Word(BaseModel):
    text: str

    @field_validator("text")
    def known(cls, text):
        BODY
        return text


class Answer(BaseModel):
    words: list[Word]


ROUTE
"""
READS = 'assert text in open("words").read()'
ROUTES = {
    "the model itself": '@app.get("/", response_model=Word)\ndef call():\n    return {"text": "a"}',
    "a list of it": '@app.get("/")\ndef call() -> list[Word]:\n    return [{"text": "a"}]',
    "a field of a field": '@app.get("/", response_model=Answer | None)\ndef call():\n    return {"words": [{"text": "a"}]}',
}
STILL_TURN = {
    "validators that are fast": ("text = text.strip()", ROUTES["the model itself"]),
    "no model": (READS, '@app.get("/")\ndef call():\n    return {"text": "a"}'),
    "a model that is not validated": (READS, '@app.get("/", response_model=None)\ndef call() -> Word:\n    return {"text": "a"}'),
    "a body": (READS, '@app.post("/")\ndef call(word: Word):\n    return {"text": word.text}'),
    "what only a helper gives": (READS, 'def helper() -> Word:\n    return None\n\n\n@app.get("/")\ndef call():\n    return {"text": str(helper())}'),
}  # fmt: skip


def turned(body: str, route: str) -> list[str]:
    return migrate(
        {"app/__init__.py": "", "app/main.py": APP.replace("BODY", body).replace("ROUTE", route)}
    ).turned


@pytest.mark.parametrize("name", ROUTES)
def test_a_validator_that_blocks_stays_in_its_thread(name: str) -> None:
    assert turned(READS, ROUTES[name]) == []


@pytest.mark.parametrize("name", STILL_TURN)
def test_what_the_loop_need_not_wait_for_turns(name: str) -> None:
    body, route = STILL_TURN[name]
    assert "app/main.py:call" in turned(body, route)


ON_LOOP = """
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.encoders import jsonable_encoder
from pydantic import AfterValidator, BaseModel, TypeAdapter, computed_field, field_serializer
from pydantic import field_validator, model_validator
from pydantic import parse_obj_as

app = FastAPI()


def known(sku):
    time.sleep(0.1)
    return sku


Sku = Annotated[str, AfterValidator(known)]


class Item(BaseModel):
    sku: Sku


class Order(BaseModel):
    items: list[Item] = []

    @field_validator("items")
    def tidy(cls, items):
        return sorted(items, key=str)


class Price(BaseModel):
    sku: str

    @computed_field
    @property
    def price(self) -> int:
        time.sleep(0.1)
        return 1


class Bill(BaseModel):
    price: Price


class Plain(BaseModel):
    sku: str

    @property
    def slow(self) -> int:
        time.sleep(0.1)
        return 1


class Counted(BaseModel):
    sku: str

    def model_post_init(self, context):
        time.sleep(0.1)


class Basket(BaseModel):
    counted: list[Counted] = []


@dataclass
class Row:
    sku: str

    def __post_init__(self):
        time.sleep(0.1)


orders = TypeAdapter(list[Order])
prices: TypeAdapter[Price] = TypeAdapter(Price)


def given(sku: Sku):
    return sku


@app.post("/")
def call(HEAD:
    BODY
"""


def called(head: str, body: str) -> Migrated:
    text = ON_LOOP.replace("HEAD", head).replace("BODY", body)
    return migrate({"app/__init__.py": "", "app/main.py": text})


@pytest.mark.parametrize(
    ("body", "waits"),
    [
        ("return Order(**row).items[0].sku", True),
        ("return Order.model_validate(row).items[0].sku", True),
        ("return Order.model_construct(**row).items[0].sku", False),
        ("return Bill(price=row).model_dump()", True),
        ("return jsonable_encoder([Price(**row)])", True),
        ("return Plain(**row).model_dump()", False),
        ("return Price(**row).sku", False),
        ("return orders.validate_python([row])[0].items[0].sku", True),
        ("return len(TypeAdapter(dict[str, Order]).validate_json('{}'))", True),
        ("return parse_obj_as(list[Order], [row])[0].items[0].sku", True),
        ("return prices.validate_python(row).sku", False),
        ("return prices.dump_python(Price(**row))", True),
        ("return Counted(**row).sku", True),
        ("return Counted.model_validate(row).sku", True),
        ("return len(Basket.model_validate({'counted': [row]}).counted)", True),
        ("return TypeAdapter(Row).validate_python(row).sku", True),
        ("return Counted.model_construct(**row).sku", False),
    ],
)
def test_what_makes_models_of_data_or_data_of_models_waits_in_a_thread(body: str, *, waits: bool) -> None:
    new = called("row: dict)", body).function("app/main.py", "call")
    assert new.startswith('@app.post("/")\nasync def call')
    assert ("run_in_threadpool" in new) is waits, new


@pytest.mark.parametrize(
    ("head", "on_loop"),
    [
        ("order: Order)", ["known"]),
        ("sku: Sku)", ["known"]),
        ("sku: str = Depends(given))", ["known"]),
        ("n: int) -> list[Bill]", ["Price.price"]),
        ("order: Plain) -> Plain", []),
        ("basket: Basket)", ["Counted.model_post_init"]),
        ("order: Order = Depends(lambda: None))", []),
    ],
)
def test_what_waits_on_the_loop_whatever_the_route_is_is_told(head: str, on_loop: list[str]) -> None:
    done = called(head, "return None")
    assert "app/main.py:call" in done.turned
    assert [(f.home.name if f.home else "", f.remedy.value) for f in done.findings("AF202")] == [
        (name, "left") for name in on_loop
    ]


def test_what_an_adapter_makes_of_data_has_its_type() -> None:
    done = migrate(
        {
            "app/__init__.py": "",
            "app/main.py": """import requests
from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter, parse_obj_as

app = FastAPI()


class Photo(BaseModel):
    url: str

    def size(self) -> int:
        return len(requests.get(self.url).content)


photos = TypeAdapter(list[Photo])


@app.post("/sizes")
def sizes(rows: list[dict]) -> list[int]:
    return [photo.size() for photo in photos.validate_python(rows)]


@app.post("/size")
def size(row: dict) -> int:
    return parse_obj_as(Photo, row).size()
""",
        }
    )
    assert "[await photo.size() for photo in photos.validate_python(rows)]" in done.texts["app/main.py"]
    assert "return await parse_obj_as(Photo, row).size()" in done.texts["app/main.py"]
