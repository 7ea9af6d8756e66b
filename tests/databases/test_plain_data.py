"""Dates in columns and what is in dictionaries is data: work on it stays on the loop."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

PROGRAM = """
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Dict, Optional

from sqlalchemy import Column, DateTime, Integer

from app.db import Base


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    came = Column(DateTime, nullable=False)
    went = Column(DateTime)

    @property
    def minutes(self) -> int:
        stay = (self.went or datetime(2024, 1, 2)) - self.came
        return int(stay.total_seconds() / 60)


@dataclass
class Day:
    date: date


def clean(content):
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, dict):
        return {key: clean(value) for key, value in content.items()}
    if isinstance(content, list):
        return [clean(each) for each in content]
    return content


GIVEN = eval("{'a': {'b': 'C'}, 'rows': [1, 2], 'name': ' x', 'client': dict}")


def look(db: Session, found: Visit, body: Dict, loose: Dict[str, Any], client):
    db.get(Visit, 1)
    return WORK


@router.get("/look")
def show(db: Session = Depends(get_db)):
    visit = Visit(came=datetime(2024, 1, 1), went=datetime(2024, 1, 1, 5))
    db.add(visit)
    db.commit()
    db.refresh(visit)
    return look(db, visit, GIVEN, GIVEN, GIVEN["client"])
"""
TABLE = f"""{FILL}
    db.execute("create table visits (id integer primary key, came datetime, went datetime)")
"""
DATA = [
    "found.minutes",
    "(found.went - found.came).total_seconds()",
    "(datetime(2024, 1, 2) - found.came).days",
    "(found.came - datetime(2023, 1, 1)).total_seconds() / 60",
    "Day(found.came.date()).date.isoformat()",
    "body.get('a', {}).get('b', '').lower()",
    "loose.get('a', {}).get('b')",
    "loose.get('name', '').strip()",
    "loose.pop('none', {}).get('b', 'x').upper()",
    "sorted(loose.get('rows', []))",
]


@pytest.mark.parametrize("work", DATA)
def test_data_stands_in_nobodys_way(tmp_path: Path, work: str) -> None:
    done = app(tmp_path, PROGRAM.replace("WORK", work), main=MAIN)
    assert done.obstacles == []
    assert "run_in_threadpool" not in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, TABLE, ["/look"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


@pytest.mark.parametrize(
    "work",
    [
        "body.get('a').get('b')",
        "body.get('a', client).get('b')",
        "loose.get('rows', client)[0].run()",
        "body.get('a', None).get('b')",
        "loose.get('a', client).get('b')",
        "loose['a'].get('b')",
        "[row.run() for row in loose.get('rows', [])]",
        "(client - found.came).run()",
        "(client + 1).get('b')",
        "[each.run() for each in clean([client])]",
    ],
)
def test_what_may_be_anything_keeps_it_sync(tmp_path: Path, work: str) -> None:
    done = app(tmp_path, PROGRAM.replace("WORK", work), main=MAIN)
    assert [text for text in done.obstacles if "cannot be told" in text], done.obstacles


SENT = """
@router.put("/look")
def put(sent: Dict[str, Any], db: Session = Depends(get_db)):
    return [db.get(Visit, name.strip()) for name, _ in clean(sent).items()]
"""


def test_json_that_is_cleaned_part_by_part_is_json(tmp_path: Path) -> None:
    done = app(tmp_path, PROGRAM.replace("WORK", "0") + SENT, main=MAIN)
    assert done.obstacles == []


def test_a_property_is_told_with_what_is_inside(tmp_path: Path) -> None:
    program = PROGRAM.replace("WORK", "found.minutes").replace("stay.total_seconds()", "acme.seconds(stay)")
    done = app(tmp_path, "import acme\n" + program, main=MAIN)
    assert [text for text in done.obstacles if "told: acme.seconds (app/api.py:" in text], done.obstacles


GROUPS = """
from collections import defaultdict
from typing import Any, Dict

from sqlalchemy import text


def first(db: Session) -> Dict[str, Any]:
    row = db.execute(text("select 1 as n")).mappings().first()
    return dict(row or {})


def summary(db: Session) -> Dict[str, Any]:
    rows = []
    for user in db.scalars(select(User)):
        rows.append({"id": user.id, "name": user.name, "client": CLIENT})
    if not rows:
        return {"rows": [], "total": 0}
    return {"rows": rows, "total": len(rows), "last": user.name, "first": first(db)}


@router.get("/look")
def show(db: Session = Depends(get_db)):
    found: dict[str, dict] = {}
    groups: dict[str, list] = {}
    counted: dict[str, dict] = defaultdict(lambda: {"ids": [], "n": 0, "last": None})
    rows, total = [], 0
    for user in db.scalars(select(User).order_by(User.id)):
        counted[user.name]["ids"].append(user.id)
        counted[user.name]["n"] += 1
        rows.append({"id": user.id, "name": user.name, "client": CLIENT})
        total += user.id
        found[user.name] = {"ids": [], "name": user.name, "client": CLIENT}
        found[user.name]["ids"].append(user.id)
        groups.setdefault(user.name[:1], []).append({"id": user.id, "name": user.name, "client": CLIENT})
    data = {"rows": rows, "total": total, "name": "x"}
    return WORK
"""
GROUPED = [
    "found",
    "[each['name'].upper() for each in found.values()]",
    "{key: sorted(each['ids']).index(each['ids'][0]) for key, each in found.items()}",
    "[item.get('name') for each in groups.values() for item in each]",
    "[item['name'].title() for key, each in groups.items() for item in each]",
    "counted",
    "[item.get('name') for item in data['rows']]",
    "[item.get('name') for item in summary(db)['rows']]",
    "[item.get('name') for item in summary(db).get('rows', [])]",
]


@pytest.mark.parametrize("work", GROUPED)
def test_what_is_put_into_a_dictionary_of_containers_says_what_an_annotation_leaves_open(
    tmp_path: Path, work: str
) -> None:
    done = app(tmp_path, GROUPS.replace("WORK", work).replace("CLIENT", "1"), main=MAIN)
    assert done.obstacles == []
    assert "run_in_threadpool" not in done.added("app/api.py")
    before, after = answers(tmp_path, done, FILL, ["/look"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


@pytest.mark.parametrize(
    "work",
    [
        "[each['client'].execute('x') for each in found.values()]",
        "[item['client'].refresh() for each in groups.values() for item in each]",
        "[item['client'].get('x') for item in data['rows']]",
        "[item['client'].get('x') for item in summary(db)['rows']]",
    ],
)
def test_an_object_of_unknown_kind_in_one_is_still_unknown(tmp_path: Path, work: str) -> None:
    client = "globals()['CLIENTS'][user.name]"
    assert app(tmp_path, GROUPS.replace("WORK", work).replace("CLIENT", client), main=MAIN).obstacles
