"""Validators of response models: FastAPI runs them in a thread for a `def` route, on the loop for an async one."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from small_projects import migrate

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
