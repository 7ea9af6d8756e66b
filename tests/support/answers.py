"""What a program answers to one request, and the notes that it takes in `seen` meanwhile."""

from __future__ import annotations

import sys
import types

from fastapi.testclient import TestClient
from small_projects import Migrated

_NAME = "program_that_answers"


def answers(text: str, url: str) -> tuple[int, str, list[object]]:
    """Status, body and notes of the program in `text`, which has an `app`."""
    module = types.ModuleType(_NAME)
    sys.modules[_NAME] = module
    try:
        exec(compile(text, "main.py", "exec"), module.__dict__)
        with TestClient(module.app, raise_server_exceptions=False) as client:
            response = client.get(url)
        return response.status_code, response.text, getattr(module, "seen", [])
    finally:
        del sys.modules[_NAME]


def assert_answers_stay(done: Migrated, url: str) -> None:
    """The main file answers the same before and after."""
    before = answers(done.old["app/main.py"], url)
    assert before[0] != 500, before
    assert answers(done.texts["app/main.py"], url) == before
