"""What `check --statistics` counts: the calls that handlers reach, by what is known of them."""

from __future__ import annotations

import pytest
from async_fix.codemods.model import Resolution
from small_projects import APP, migrate

HANDLER = """
import json
import time
import nobody

def helper(x):
    return json.dumps(x)

def unreached(x):
    return nobody.knows(x)

@app.get("/")
def show(x, y):
    time.sleep(1)
    x.a()
    y.b()
    nobody.asks()
    nobody.says()
    return helper(1)
"""


def resolution(handler: str) -> Resolution:
    files = {"app/__init__.py": "", "app/main.py": APP + handler}
    return migrate(files).report.resolution


def test_each_call_counts_once() -> None:
    found = resolution(HANDLER)
    assert (found.functions, found.calls) == (2, 7)
    assert (found.project, found.catalogued, found.fast, found.unknown) == (1, 1, 1, 4)


def test_calls_of_one_library_are_one_shape_and_the_commonest_comes_first() -> None:
    shapes = resolution(HANDLER).unresolved
    assert [(shape.words, shape.calls) for shape in shapes] == [
        ("nobody: not in the catalogue", 2),
        ("the parameter x of show has no type", 1),
        ("the parameter y of show has no type", 1),
    ]
    assert str(shapes[0].example).startswith("app/main.py:")


def test_nothing_is_unresolved_where_everything_is_known() -> None:
    assert resolution("@app.get('/')\ndef show():\n    return print('x')\n").unresolved == ()


@pytest.mark.parametrize(
    ("line", "logger"),
    [
        ("from loguru import logger", "logger"),
        ("from loguru import logger as log", "log"),
        ("import loguru", "loguru.logger"),
        ("from app.log import logger", "logger"),
    ],
)
def test_an_object_of_a_library_is_known_however_it_is_imported(line: str, logger: str) -> None:
    handler = f"{line}\n\n@app.get('/')\ndef show():\n    {logger}.opt(colors=True).info('x')\n"
    files = {"app/__init__.py": "", "app/log.py": "from loguru import logger\n", "app/main.py": APP + handler}
    assert migrate(files).report.resolution.unresolved == ()


def test_the_logger_of_fastapi_is_one() -> None:
    handler = "from fastapi.logger import logger\n\n@app.get('/')\ndef show():\n    logger.error('x')\n"
    assert resolution(handler).unresolved == ()


@pytest.mark.parametrize("made", ["book.dict()", "{k: v for k, v in book.dict().items() if v}"])
def test_a_parameter_is_itself_until_it_is_bound_anew(made: str) -> None:
    handler = f"""
from pydantic import BaseModel

class Book(BaseModel):
    title: str

@app.get("/")
def show(book: Book):
    book = {made}
    return len(book)
"""
    assert resolution(handler).unknown == 0


@pytest.mark.parametrize(
    ("parameters", "lines"),
    [
        ("p: str", "with open(p) as f:\n        text = f.read()\n    return text.splitlines()"),
        ("p: str", "with open(p, 'rb') as f:\n        data = f.read()\n    return data.decode().strip()"),
        ("file: UploadFile", "return file.file.read().decode().splitlines()"),
    ],
)
def test_what_a_file_gives_is_text_or_bytes(parameters: str, lines: str) -> None:
    handler = f"from fastapi import UploadFile\n\n@app.post('/')\ndef show({parameters}):\n    {lines}\n"
    assert resolution(handler).unresolved == ()
