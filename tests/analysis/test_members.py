"""Methods that are taken out of their class with all others, and called as plain functions, stay plain."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

CHECKS = """
import inspect
import time


class Checks:
    def check_disk(self):
        time.sleep(0.01)
        return "disk"

    def run(self):
        {run}


@app.get("/disk")
def disk():
    return Checks().check_disk()


@app.get("/all")
def run_all():
    return Checks().run()
"""


def stays(run: str) -> bool:
    done = migrate_main(CHECKS.replace("{run}", run))
    return "app/main.py:Checks.check_disk" not in done.turned


@pytest.mark.parametrize(
    "run",
    [
        'return [check() for name, check in inspect.getmembers(self) if name.startswith("check_")]',
        "return [check(self) for check in vars(Checks).values()]",
        "for name, check in type(self).__dict__.items():\n            check(self)",
        'return [cls.__dict__["check_disk"](self) for cls in type(self).__mro__]',
        'return self.__class__.__dict__.get("check_disk")(self)',
    ],
)
def test_a_method_that_is_taken_with_all_others_stays_plain(run: str) -> None:
    assert stays(run)


@pytest.mark.parametrize(
    "run",
    [
        "return list(self.__dict__.items())",
        "return dict(vars(self))",
        'return Checks.__dict__["label"]',
        "return [name for name, _ in inspect.getmembers(time)]",
        "return [each() for _, each in inspect.getmembers(self, inspect.isclass)]",
        "return [name for name, each in inspect.getmembers(self) if issubclass(each, str)]",
    ],
)
def test_what_an_object_has_set_and_other_names_hold_nothing_back(run: str) -> None:
    assert not stays(run)
