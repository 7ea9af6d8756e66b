"""Who calls a function, who hands it on, and which names the tests replace."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.analysis.callers import Callers
from async_fix.codemods.analysis.program import Key
from small_projects import source, start

BANK = """
class Till:
    def __init__(self, n):
        self.n = n

    def pay(self, n):
        return n

    def __call__(self):
        return self.pay(1)

class Loud(Till):
    def pay(self, n):
        return super().pay(n)

def charge(n):
    return n
"""
USES = """
import app.bank
from app import bank as money
from app.bank import Till, charge as take

def one():
    return take(1)

def two():
    return app.bank.charge(2), money.charge(3)

def three(till: Till):
    return till.pay(3)

def four():
    return Till(4)

def five(till: Till):
    return till()

def six(some):
    return some.pay(6)

def seven(some):
    return some.pay()

first = take(0)
later = lambda: take(8)
all_of = (take(x) for x in range(3))

class Kept:
    price = take(9)
"""


def callers(folder: Path, **tests: str) -> tuple[Callers, dict[str, Key]]:
    files = {"app/__init__.py": "", "app/bank.py": source(BANK), "app/uses.py": source(USES)}
    files |= {f"tests/test_{name}.py": source(text) for name, text in tests.items()}
    analysis = start(files, folder).before
    program = analysis.program
    return analysis.callers, {str(program.id(key)): key for key in program.functions()}


CALLED = {
    "app.bank:charge": ["<module>", "<module>", "<lambda>", "Kept", "one", "two", "two"],
    "app.bank:Till.pay": ["Loud.pay", "Till.__call__", "three"],
    "app.bank:Loud.pay": ["Till.__call__", "three"],
    "app.bank:Till.__init__": ["four"],
}


@pytest.mark.parametrize("function", CALLED)
def test_owners_of_the_calls(tmp_path: Path, function: str) -> None:
    found, keys = callers(tmp_path)
    owners = [found.program.scope(caller.owner).qualname for caller in found.calls(keys[function])]
    assert sorted(owners) == sorted(CALLED[function])


def test_calls_in_a_generator_expression_are_told(tmp_path: Path) -> None:
    found, keys = callers(tmp_path)
    inside = [c for c in found.calls(keys["app.bank:charge"]) if c.in_generator]
    assert [found.program.call(c.call).span.line for c in inside] == [
        1 + source(USES).splitlines().index("all_of = (take(x) for x in range(3))")
    ]


def test_namesakes_on_unknown_objects_must_fit(tmp_path: Path) -> None:
    found, keys = callers(tmp_path)
    calls = [found.program.call(call) for call in found.unresolved_namesakes(keys["app.bank:Till.pay"])]
    assert [len(call.args) for call in calls] == [1]


PATCHES = {
    "by text": (
        "from unittest.mock import patch\n@patch('app.bank.charge')\ndef test_x(m): ...",
        "app.bank.charge",
    ),
    "where it is used": ("def test_x(mocker):\n    mocker.patch('app.uses.take')", "app.uses.take"),
    "by attribute": (
        "from app import uses\ndef test_x(monkeypatch):\n    monkeypatch.setattr(uses, 'take', 1)",
        "app.uses.take",
    ),
    "by dotted text": (
        "def test_x(monkeypatch):\n    monkeypatch.setattr('app.bank.charge', 1)",
        "app.bank.charge",
    ),
    "in a with": (
        "from unittest import mock\ndef test_x():\n    with mock.patch('app.uses.take'):\n        ...",
        "app.uses.take",
    ),
}


@pytest.mark.parametrize("how", PATCHES)
def test_what_tests_replace(tmp_path: Path, how: str) -> None:
    text, name = PATCHES[how]
    found, keys = callers(tmp_path, x=text)
    assert found.is_patched(keys["app.bank:charge"]) == name
    assert found.is_patched(keys["app.bank:Till.pay"]) is None


def test_a_method_of_a_class_is_replaced(tmp_path: Path) -> None:
    text = (
        "from unittest.mock import patch\nfrom app.bank import Till\n"
        "def test_x():\n    with patch.object(Till, 'pay'):\n        ..."
    )
    found, keys = callers(tmp_path, x=text)
    assert found.is_patched(keys["app.bank:Till.pay"]) == "app.bank.Till.pay"
    assert found.is_patched(keys["app.bank:charge"]) is None


def test_nothing_is_replaced_outside_of_tests(tmp_path: Path) -> None:
    found, keys = callers(tmp_path, x="def test_x(): ...")
    assert not found.patched
    assert all(found.is_patched(key) is None for key in keys.values())
