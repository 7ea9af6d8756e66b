"""Data that comes in with a request or stands in a model runs nothing; what the program puts in may block."""

from __future__ import annotations

from small_projects import migrate_main

MAIN = """
import json
import requests
from fastapi import Body, FastAPI
from pydantic import BaseModel, Field

app = FastAPI()

class Till:
    def {name}(self, url):
        return requests.get(url, cert=object()).text

class Order(BaseModel):
    details: dict = {{}}
"""
AS_DATA = "load"
"""A name that no method of data has, and one that a method of data has."""
NAMES = (AS_DATA, "get")


def handler(code: str, name: str = AS_DATA) -> str:
    return migrate_main(MAIN.format(name=name) + code.replace("load", name)).function("app/main.py", "show")


def test_what_has_a_method_that_no_data_has_is_no_data() -> None:
    code = """
def put(found):
    found["till"] = Till()

@app.get("/show")
def show(text: str):
    found = json.loads(text)
    put(found)
    return found["till"].load("https://x.example")
"""
    assert "await run_in_threadpool(" in handler(code)
