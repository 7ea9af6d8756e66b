"""Functions that code finds by a text, or in a module that it loads by its name: they stay plain."""

from __future__ import annotations

import pytest
from small_projects import migrate

SERVICE = """
import time


def tock():
    time.sleep(0.01)
    return "tock"


class Jobs:
    def run(self):
        time.sleep(0.01)
        return "run"
"""
MAIN = """
from app.plugins.service import Jobs, tock
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def root():
    return [tock(), Jobs().run()]
"""
LOADER = """
import importlib
import sys


def load(path):
    module, _, name = path.replace(":", ".").rpartition(".")
    return getattr(importlib.import_module(module), name)


"""


def turned(jobs: str, main: str = MAIN, **more: str) -> tuple[bool, bool]:
    """Does `tock` turn, and `Jobs.run`?"""
    files = {"app/__init__.py": "", "app/plugins/__init__.py": "", "app/plugins/service.py": SERVICE}
    files |= {"app/main.py": main, "app/jobs.py": LOADER + jobs, **more}
    text = migrate(files, ("app",)).texts["app/plugins/service.py"]
    return "async def tock" in text, "async def run" in text


@pytest.mark.parametrize(
    "jobs",
    [
        'print(load("app.plugins.service:tock")())',
        'JOBS = {"tock": "app.plugins.service.tock"}',
        "import pkgutil\n\nimport app.plugins\n\nfor each in pkgutil.iter_modules(app.plugins.__path__):\n"
        '    module = importlib.import_module(f"app.plugins.{each.name}")\n    module.tock()',
        'def run(name):\n    importlib.import_module("app.plugins." + name).tock()',
        'def run(name):\n    module = __import__(name)\n    getattr(module, "tock")()',
        'def run():\n    sys.modules["app.plugins.service"].tock()',
        'def run():\n    getattr(sys.modules["app.plugins.service"], "tock")()',
        "def run(name):\n    module = sys.modules[name]\n    return module.tock()",
    ],
)
def test_what_is_found_by_its_name_stays(jobs: str) -> None:
    assert turned(jobs) == (False, True)


def test_a_method_that_is_found_by_its_name_stays() -> None:
    assert turned('JOBS = ["app.plugins.service:Jobs.run"]') == (True, False)


@pytest.mark.parametrize(
    "jobs",
    [
        'PERMISSIONS = ["service:tock", "tock", "plugins.tock"]',
        'OTHERS = ["app.plugins.other:tock", "app.plugins.service:tick", "app.plugins.service"]',
        'def run(name):\n    importlib.import_module(f"app.tasks.{name}").tock()',
        'def run(name):\n    importlib.import_module(f"app.plugins.{name}").tick()',
        'def run():\n    sys.modules["app.jobs"].tock()',
        "def run(name, clock):\n    importlib.import_module(name)\n    clock.tick()",
    ],
)
def test_other_texts_and_modules_hold_nothing_back(jobs: str) -> None:
    assert turned(jobs) == (True, True)


def test_texts_of_tests_are_no_calls() -> None:
    test = 'PLACE = "app.plugins.service:tock"\n\n\ndef test_it():\n    assert PLACE\n'
    assert turned("", **{"tests/test_it.py": test}) == (True, True)


def test_permissions_of_a_module_at_the_top_are_no_functions() -> None:
    """Nothing loads modules there."""
    files = {
        "service.py": SERVICE,
        "main.py": MAIN.replace("app.plugins.", ""),
        "rights.py": 'RIGHTS = ["service:tock"]\n',
    }
    assert "async def tock" in migrate(files, (".",)).texts["service.py"]
