"""The eyes of the mutation tests: a fault that a test sees, one that none sees, and one that none reaches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RULES = """
KNOWN = ("x", "y")


class Rules:
    def is_old(self, age):
        return age > 60

    def is_paid(self, rows):
        return any(row.paid for row in rows)


def is_known(name: str | None) -> bool | None:
    known: str | None = name
    return known is not None


def is_listed(name):
    return name in KNOWN


def checked(name):
    if not name:
        raise ValueError
    return name
"""
TESTS = """
import pytest
from rules import Rules, checked, is_known, is_listed


@pytest.fixture(scope="module")
def shared():
    return [is_known(None), is_known("x")]


def test_a_first(shared):
    pass


def test_known(shared):
    assert shared == [False, True]


@pytest.mark.parametrize(("age", "old"), [(1, False), (70, True)])
def test_old(age, old):
    assert Rules().is_old(age) is old


def test_listed():
    assert is_listed("x")


def test_checked():
    assert checked("x") == "x"
"""

CONFTEST = """
import gc


def pytest_collection_finish():
    gc.freeze()
"""
"""As the one of these tests has it: what is frozen is hard to find."""


def tried(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    (folder / "rules.py").write_text(RULES)
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_rules.py").write_text(tests)
    support = Path(__file__).resolve().parents[1] / "support"
    command = [sys.executable, "-m", "mutants", "rules.py", "--tests", "test_rules.py"]
    environment = {"PYTHONPATH": f"{support}:{folder}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_tests_that_fail_by_themselves_say_nothing_of_mutants(tmp_path: Path) -> None:
    done = tried(tmp_path, TESTS.replace("[False, True]", "[True, True]"))
    assert "the tests do not pass without a mutant" in done.stderr
    assert "mutants:" not in done.stdout
    assert done.returncode != 0


def test_what_is_seen_and_what_is_not(tmp_path: Path) -> None:
    done = tried(tmp_path, TESTS)
    lines = [line.partition("rules.py:")[2] for line in done.stdout.splitlines() if "-->" in line]
    assert lines == [
        "7: is_old: return age > 60  -->  return age >= 60",
        "7: is_old: return age > 60  -->  return age > 61",
        "10: is_paid: return any((row.paid for row in rows))  -->  return all((row.paid for row in rows))",
        "24: checked: raise ValueError  -->  pass",
        "2: KNOWN: KNOWN = ('x', 'y')  -->  KNOWN = ('x',)",
    ]
    assert "9 mutants: 4 seen, 3 survives, 2 not reached" in done.stdout
    assert done.returncode == 0


def test_a_module_that_a_test_loads_from_an_install_of_links_is_reached(tmp_path: Path) -> None:
    """As an editable install has it, whose packages are folders of their own."""
    code, installed = tmp_path / "sources", tmp_path / "site" / "shop"
    for folder in (code, installed):
        folder.mkdir(parents=True)
    for name, text in (("__init__.py", ""), ("rules.py", "def is_old(age):\n    return age > 60\n")):
        (code / name).write_text(text)
        (installed / name).symlink_to(code / name)
    test = "import shop\n\n\ndef test_old():\n    from shop.rules import is_old\n\n    assert not is_old(1)\n"
    (tmp_path / "test_rules.py").write_text(test)
    support = Path(__file__).resolve().parents[1] / "support"
    command = [sys.executable, "-m", "mutants", "sources/rules.py", "--tests", "test_rules.py"]
    environment = {"PYTHONPATH": f"{support}:{installed.parent}"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "2 mutants: 2 survives" in done.stdout, done.stdout + done.stderr
