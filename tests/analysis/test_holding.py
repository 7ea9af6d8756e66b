"""Classes that keep an object of some class of a library, themselves or by what they keep."""

from __future__ import annotations

from pathlib import Path

from async_fix.codemods.analysis.judge.state.holding import Holding
from async_fix.codemods.analysis.link.kinds import Inst, Obj, one
from small_projects import APP, source, start

SHOPS = "".join(f"        self.shop{n} = Shop(self)\n" for n in range(30))
CLASSES = f"""
import sqlite3

class Shop:
    def __init__(self, till: "Till"):
        self.till = till

class Till:
    def __init__(self):
{SHOPS}        self.conn = sqlite3.connect("tills.db")

class Clerk:
    def __init__(self, name: str, other: "Clerk"):
        self.name = name
        self.other = other
"""


def test_classes_that_keep_each_other_all_keep_what_one_of_them_does(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/main.py": source(APP + CLASSES)}
    analysis = start(files, tmp_path).before
    keys = {analysis.program.scope(key).name: key for key in analysis.program.classes()}
    asked: list[str] = []

    def is_one(name: str) -> bool:
        asked.append(name)
        return name == "sqlite3.Connection"

    holding = Holding(analysis.reach.effects.inference, is_one)
    till, shop, clerk = (one(Obj(keys[name])) for name in ("Till", "Shop", "Clerk"))
    assert holding.has_one(till)
    assert holding.has_one(shop)
    assert not holding.has_one(clerk)
    shops = one(Inst("builtins.list", (shop,)))
    assert holding.has_one(shops)
    count = len(asked)
    assert holding.has_one(shops)
    assert not holding.has_one(clerk)
    assert len(asked) == count, "of the same values nothing is asked again"
