"""Data that comes in with a request or stands in a model runs nothing; what the program puts in may block."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

MAIN = """
import json
import requests
from typing import Any
from fastapi import FastAPI
from pydantic import BaseModel, Field, field_validator, model_validator

app = FastAPI()

class Till:
    def {method}(self, url):
        return requests.get(url, cert=object()).text

class Order(BaseModel):
    {field}

class Special(Order):
    more: int = 0

Short = Order

def put(found):
    found["till"] = Till()

@app.post("/show")
def show({taken}):
    {order}
    return {held}["till"].{method}("https://x.example")
"""
FIELD = "details: dict = {}"
TILLS = '{"till": Till()}'
FILLED = {
    # how it comes to be there: (field, how the order is made)
    "the class": (FIELD, f"order = Order(details={TILLS})"),
    "a class below": (FIELD, f"order = Special(details={TILLS})"),
    "another name of the class": (FIELD, f"order = Short(details={TILLS})"),
    "a mapping that is unpacked": (FIELD, f"given = {{'details': {TILLS}}}\n    order = Order(**given)"),
    "model_construct": (FIELD, f"order = Order.model_construct(details={TILLS})"),
    "model_validate": (FIELD, f"order = Order.model_validate({{'details': {TILLS}}})"),
    "model_copy": (FIELD, f"order = Order().model_copy(update={{'details': {TILLS}}})"),
    "a method of the class": (
        FIELD + f"\n    @classmethod\n    def make(cls):\n        return cls(details={TILLS})",
        "order = Order.make()",
    ),
    "the value that stands there": (f"details: dict = {TILLS}", "order = Order()"),
    "a value that is made": (f"details: dict = Field(default_factory=lambda: {TILLS})", "order = Order()"),
    "a validator": (
        FIELD + "\n    @field_validator('details')\n    @classmethod\n    def fill(cls, value):\n"
        "        return {**value, 'till': Till()}",
        "order = Order()",
    ),
    "a validator that puts something in": (
        FIELD + "\n    @field_validator('details')\n    @classmethod\n    def fill(cls, value):\n"
        "        value['till'] = Till()\n        return value",
        "order = Order()",
    ),
    "a validator that adds something": (
        FIELD + "\n    @field_validator('details')\n    @classmethod\n    def fill(cls, value):\n"
        f"        value.update({TILLS})\n        return value",
        "order = Order()",
    ),
    "a validator that returns something else": (
        FIELD + "\n    @field_validator('details')\n    @classmethod\n    def fill(cls, value):\n"
        f"        value = {TILLS}\n        return value",
        "order = Order()",
    ),
    "a validator of the whole": (
        FIELD + "\n    @model_validator(mode='before')\n    @classmethod\n    def fill(cls, value):\n"
        f"        return {{'details': {TILLS}}}",
        "order = Order()",
    ),
    "an item that is set": (FIELD, "order = Order()\n    order.details['till'] = Till()"),
    "an attribute that is set": (FIELD, f"order = Order()\n    order.details = {TILLS}"),
    "values that say Any": ("details: dict[str, Any] = {}", f"order = Special(details={TILLS})"),
}
AS_NO_DATA, AS_DATA = "load", "get"
"""A name that no method of data has, and one that a method of data has."""


def handler(method: str, held: str, field: str = FIELD, taken: str = "", order: str = "pass") -> str:
    code = MAIN.format(method=method, held=held, field=field, taken=taken, order=order)
    return migrate_main(code).function("app/main.py", "show")


@pytest.mark.parametrize("method", [AS_NO_DATA, AS_DATA])
@pytest.mark.parametrize("way", FILLED)
def test_what_is_put_into_a_model_is_no_data(way: str, method: str) -> None:
    field, order = FILLED[way]
    assert "await " in handler(method, "order.details", field, order=order)


@pytest.mark.parametrize("method", [AS_NO_DATA, AS_DATA])
@pytest.mark.parametrize(
    ("taken", "order"),
    [
        ("form: dict", "form['till'] = Till()"),
        ("form: dict", "form.setdefault('till', Till())"),
        ("text: str", "form = json.loads(text)\n    form['till'] = Till()"),
        ("text: str, name: str", "form = json.loads(text)\n    form[name] = Till()"),
    ],
)
def test_what_is_put_into_data_is_no_data(taken: str, order: str, method: str) -> None:
    assert "await " in handler(method, "form", taken=taken, order=order)


def test_what_has_a_method_that_no_data_has_is_no_data() -> None:
    order = "form = json.loads(text)\n    put(form)"
    assert "await " in handler(AS_NO_DATA, "form", taken="text: str", order=order)


@pytest.mark.parametrize(
    ("held", "taken", "order"),
    [
        ("order.details", "order: Order", "pass"),
        ("order.details", "", "order = Order(details={'till': {}})"),
        ("order.details", "order: Order", "order.details['name'] = 'x'"),
        ("form", "form: dict", "form['name'] = 'x'"),
        ("form", "text: str", "form = json.loads(text)\n    form['name'] = [1, 2]"),
    ],
)
def test_what_is_data_needs_no_thread(held: str, taken: str, order: str) -> None:
    assert "await " not in handler(AS_DATA, held, taken=taken, order=order)


def test_a_validator_that_only_checks_leaves_data() -> None:
    field = (
        FIELD + "\n    @field_validator('details')\n    @classmethod\n    def check(cls, value):\n"
        "        if not value.get('till'):\n            raise ValueError('no till')\n        return value"
    )
    assert "await " not in handler(AS_DATA, "order.details", field, taken="order: Order")
