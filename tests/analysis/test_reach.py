"""Chains: the shortest way to what blocks, each hop at the place of its call."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.analysis.judge.effects.site import SiteKind
from async_fix.codemods.analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM, FirstBelow, Reach
from async_fix.codemods.analysis.link.program import Key
from async_fix.codemods.model import FunctionId
from small_projects import APP, source, start

MAIN = """
import requests
from app.deep import one, two

def direct(n):
    print(n)
    return requests.get("http://x")

def loop(n):
    if n:
        return loop(n - 1)
    return knot(n)

def knot(n):
    return loop(n) or direct(n)

def fast(n):
    return n + 1

def unknown(n):
    import somewhere
    return somewhere.do(n)

def both(n):
    unknown(n)
    return one(n)

def branches(n):
    return one(n) if n else two(n)

class Till:
    def pay(self, n):
        return direct(n)

def method(n):
    return Till().pay(n)
"""
DEEP = """
import time

def one(n):
    return two(n)

def two(n):
    return three(n)

def three(n):
    time.sleep(n)
"""


def reach(folder: Path) -> tuple[Reach, dict[str, Key]]:
    files = {"app/__init__.py": "", "app/deep.py": source(DEEP), "app/main.py": source(APP + MAIN)}
    analysis = start(files, folder).before
    program = analysis.program
    return analysis.reach, {str(program.id(key)): key for key in program.functions()}


def chain(folder: Path, function: str, wanted: frozenset[SiteKind] = KNOWN_HARM) -> list[tuple[str, str]]:
    found, keys = reach(folder)
    hops, _ = found.chain(keys[function], wanted)
    lines = {
        path: text.splitlines()
        for path, text in (("app/main.py", source(APP + MAIN)), ("app/deep.py", source(DEEP)))
    }
    return [(hop.label, lines[hop.location.path][hop.location.line - 1].strip()) for hop in hops]


def test_a_call_of_its_own(tmp_path: Path) -> None:
    assert chain(tmp_path, "app.main:direct") == [("requests.get", 'return requests.get("http://x")')]


def test_several_hops_over_modules(tmp_path: Path) -> None:
    assert chain(tmp_path, "app.deep:one") == [
        ("two()", "return two(n)"),
        ("three()", "return three(n)"),
        ("time.sleep", "time.sleep(n)"),
    ]


def test_the_shortest_of_two_ways(tmp_path: Path) -> None:
    assert [label for label, _ in chain(tmp_path, "app.main:branches")] == ["two()", "three()", "time.sleep"]


def test_recursion_ends(tmp_path: Path) -> None:
    assert [label for label, _ in chain(tmp_path, "app.main:loop")] == ["knot()", "direct()", "requests.get"]
    found, keys = reach(tmp_path)
    assert found.flags(keys["app.main:loop"]) == found.flags(keys["app.main:knot"]) == {SiteKind.BLOCKING}


def test_a_method_is_named_with_its_class(tmp_path: Path) -> None:
    assert chain(tmp_path, "app.main:method")[0] == ("Till.pay()", "return Till().pay(n)")


def test_nothing_to_reach(tmp_path: Path) -> None:
    found, keys = reach(tmp_path)
    assert found.flags(keys["app.main:fast"]) == frozenset()
    assert found.chain(keys["app.main:fast"], HARMFUL) == ((), None)


def test_what_nobody_knows_is_told_apart(tmp_path: Path) -> None:
    found, keys = reach(tmp_path)
    assert found.flags(keys["app.main:unknown"]) == {SiteKind.UNKNOWN}
    assert found.flags(keys["app.main:both"]) == {SiteKind.UNKNOWN, SiteKind.BLOCKING}
    assert chain(tmp_path, "app.main:unknown") == []
    assert [label for label, _ in chain(tmp_path, "app.main:both")] == [
        "one()",
        "two()",
        "three()",
        "time.sleep",
    ]


def test_callees_once_and_in_order(tmp_path: Path) -> None:
    found, keys = reach(tmp_path)
    names = [found.effects.program.id(key) for key in found.callees(keys["app.main:knot"])]
    assert names == [FunctionId("app.main:loop"), FunctionId("app.main:direct")]


def test_what_is_told_of_the_function_itself_comes_before_what_it_runs(tmp_path: Path) -> None:
    found, keys = reach(tmp_path)
    told = FirstBelow(found, lambda key: "it waits" * (key in (keys["app.deep:one"], keys["app.deep:three"])))
    assert told.of(keys["app.main:branches"]) == told.of(keys["app.deep:two"]) == "it waits"
    assert told.of(keys["app.main:loop"]) == ""
    deep = FirstBelow(found, lambda key: "it sleeps" * (key == keys["app.deep:three"]))
    assert deep.of(keys["app.deep:one"]) == "it sleeps"
    named = FirstBelow(found, lambda key: found.effects.program.scope(key).name)
    assert named.of(keys["app.deep:one"]) == "one"


def test_a_ring_of_functions_that_tells_nothing_is_walked_once_for_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = "".join(f"def step{n}(n):\n    return step{(n + 1) % 30}(n)\n\n" for n in range(30))
    analysis = start({"app/__init__.py": "", "app/main.py": APP + ring}, tmp_path).before
    steps = [key for key in analysis.program.functions() if "step" in analysis.program.id(key)]
    told = FirstBelow(analysis.reach, lambda key: "")
    walked: list[Key] = []
    callees = analysis.reach.callees
    monkeypatch.setattr(analysis.reach, "callees", lambda key: walked.append(key) or callees(key))
    assert [told.of(step) for step in steps] == [""] * 30
    assert len(walked) == 30
