"""A task gets a copy of what it is given: what a block changes of an object of the handler would be lost."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest
from projects import Migrated, handler, source

THINGS = source(
    """
    import smtplib
    from dataclasses import dataclass, field


    @dataclass
    class Box:
        now: str = "en"
        items: list[str] = field(default_factory=list)
        table: dict[str, list[str]] = field(default_factory=dict)

        def set(self, word):
            self.now = word


    def mail_and_mark(to, table):
        for part in (table, {}):
            inner = part
            inner["now"] = to
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, "x")


    def put(table, word):
        inner = table
        inner["now"] = word


    def grow(items, word):
        items.append(word)


    def look(data, word):
        return f"{data} {word}"
    """
)
HEAD = """
import heapq
import operator
import random
import smtplib

from app.things import Box, grow, look, put
"""
ROUTE = """

@router.post("/h{number}/{{to}}")
def h{number}(to: str, word: str):
    data = {made}
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@x", to, word)
{inside}
    return {result}
"""
CHANGED = {
    ('{"now": "en"}', "data"): [
        'data["now"] = word',
        "data.update(now=word)",
        "dict.update(data, now=word)",
        'data.__setitem__("now", word)',
        'operator.setitem(data, "now", word)',
        'table = data\ntable["now"] = word',
        'table, _ = data, 1\ntable["now"] = word',
        'tables = [data]\ntables[0]["now"] = word',
        'for table in (data,):\n    table["now"] = word',
        'if table := data:\n    table["now"] = word',
        "put(data, word)",
        "[put(data, each) for each in word]",
        'table = data\ntable |= {"now": word}',
    ],
    ('["en"]', "data"): [
        "data += [word]",
        "data[:] = [word]",
        "list.append(data, word)",
        "grow(data, word)",
        "random.shuffle(data)",
        "heapq.heappush(data, word)",
        "data.reverse()",
        "items = data\nitems += [word]",
    ],
    ('[["en"]]', "data"): [
        "for items in data:\n    items.append(word)",
        "for number, items in enumerate(data):\n    items.append(word)",
        "[items.append(word) for items in reversed(data)]",
    ],
    ("Box()", "[data.now, data.items, data.table]"): [
        "data.now = word",
        "data.set(word)",
        'setattr(data, "now", word)',
        "data.items.append(word)",
        "data.items.sort()",
        "items = data.items\nitems.append(word)",
        "items = data.items\nitems += [word]",
        "for items in data.table.values():\n    items.append(word)",
        'items = data.table.get("en", [])\nitems.append(word)',
        "grow(data.items, word)",
        "Box.set(data, word)",
    ],
}
KEPT = {
    '{"now": "en"}': ["print(look(data, word))", 'table = dict(data)\ntable["now"] = word'],
    '["en"]': [
        "print(data[0], len(data))",
        "items = list(data)\nitems += [word]",
        "items = [word]\nitems += data",
    ],
    "Box()": [
        "print(data.now.casefold(), sorted(data.items))",
        "words = [data.now]\nwords.append(word)",
        "items = data.items\nprint(items.index(word))",
        "items = list(data.items)\nitems.append(word)",
        "now = data.now\nnow += word",
    ],
}
CASES = [(made, result, inside) for (made, result), all_of in CHANGED.items() for inside in all_of]
CASES += [(made, "data", inside) for made, all_of in KEPT.items() for inside in all_of]
CHANGES = sum(map(len, CHANGED.values()))
_TOLD = re.compile(r"\bdata\b.* (is used afterwards|may change)|chang\w+ data|(put|grow|set)\(\) as well")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    routes = [
        ROUTE.format(number=number, made=made, result=result, inside=indent(inside, " " * 8))
        for number, (made, result, inside) in enumerate(CASES)
    ]
    return handler(tmp_path_factory.mktemp("copies"), HEAD + "".join(routes), things=THINGS)


@pytest.mark.parametrize("number", range(CHANGES), ids=[inside for _, _, inside in CASES[:CHANGES]])
def test_what_the_handler_answers_is_changed_by_the_handler(done: Migrated, number: int) -> None:
    """Functions go along that change nothing: of those that stay the change is the reason."""
    assert ".kiq(" not in done.body(f"h{number}")
    assert _TOLD.search(done.stays[number]), done.stays[number]


@pytest.mark.parametrize(
    "number", range(CHANGES, len(CASES)), ids=[inside for _, _, inside in CASES[CHANGES:]]
)
def test_what_is_only_read_or_copied_goes_along(done: Migrated, number: int) -> None:
    last = CASES[number][2].splitlines()[-1].replace("data.", "")
    assert last in done.tasks.partition(f"def send_h{number}_email_task(")[2].partition("@broker.task")[0]


def test_what_slow_work_changes_of_what_it_is_given_is_changed_there(tmp_path: Path) -> None:
    text = """
    from app.things import mail_and_mark


    @router.post("/h")
    def h(to: str):
        data = {"now": to}
        mail_and_mark(to, data)
        return data
    """
    done = handler(tmp_path, text, things=THINGS)
    assert done.tasks == ""
    assert "mail_and_mark() changes data" in " ".join(done.stays)


def test_what_nobody_looks_at_again_goes_along(tmp_path: Path) -> None:
    inside = 'table = {"to": to}\ninner = table\ninner["word"] = word\nheapq.heappush([], word)'
    text = ROUTE.format(number=0, made="to", result="data", inside=indent(inside, " " * 8))
    done = handler(tmp_path, HEAD + text, things=THINGS)
    assert '        inner["word"] = word\n        heapq.heappush([], word)\n' in done.tasks
