"""`json.load(response)` waits for a server, `json.load(file)` for a disk: each is told of as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config

HEAD = """
import io
import json
import pickle
import urllib.request

import requests
from fastapi import APIRouter
from somewhere import unknown

router = APIRouter()


@router.get("/")
async def call(url: str):
    """

FROM_A_SERVER = (
    "with urllib.request.urlopen(url) as it:\n        return json.load(it)",
    "return json.load(urllib.request.urlopen(url))",
    "return pickle.load(urllib.request.urlopen(url))",
    "return json.load(requests.get(url, stream=True).raw)",
)
FROM_A_FILE = (
    "with open(url) as it:\n        return json.load(it)",
    "with open(url) as it:\n        return pickle.load(it)",
    "it = open(url) if url else urllib.request.urlopen(url)\n    return json.load(it)",
    "return json.load(unknown(url))",
    "return json.load(fp=url)",
    "return json.load(io.TextIOWrapper(open(url, 'rb')))",
    "it = io.StringIO(url) if url else open(url)\n    return json.load(it)",
    "json.dump(url, io.TextIOWrapper(open(url, 'wb')))",
    "return json.load(*url)",
    "with open(url, 'w') as it:\n        json.dump(urllib.request.urlopen(url).status, it)",
)
FROM_MEMORY = (
    "return json.load(io.BytesIO(url.encode()))",
    "with io.TextIOWrapper(io.BytesIO(url.encode())) as it:\n        return json.load(it)",
    "it = io.StringIO(url) if url else io.BytesIO()\n    return json.load(it)",
)


@pytest.mark.parametrize("body", FROM_MEMORY)
def test_what_is_in_memory_waits_for_nothing(body: str, tmp_path: Path) -> None:
    assert _codes(body, tmp_path) == set()


@pytest.mark.parametrize("body", FROM_A_SERVER)
def test_what_comes_from_a_server_is_http(body: str, tmp_path: Path) -> None:
    assert _codes(body, tmp_path) == {"AF201"}


@pytest.mark.parametrize("body", FROM_A_FILE)
def test_what_comes_from_a_file_or_nobody_knows_where_stays_a_file(body: str, tmp_path: Path) -> None:
    assert _codes(body, tmp_path) == {"AF203"}


def _codes(body: str, folder: Path) -> set[str]:
    """Of the function that reads what it is given."""
    (folder / "main.py").write_text(HEAD.lstrip() + body + "\n")
    found = pipeline.check(pipeline.start([folder], load_config(folder))).findings
    return {each.code for each in found if each.message.startswith(("json.", "pickle."))}
