"""Plain classes that are mapped to tables elsewhere load and expire like all others."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, MAIN, Outcome, answers, convert

PLAIN = """
class Line:
    def __init__(self, sku, qty):
        self.sku = sku
        self.qty = qty


class Batch:
    def __init__(self, ref, qty):
        self.ref = ref
        self.qty = qty
        self.lines: list[Line] = []

    @property
    def available(self):
        return self.qty - sum(line.qty for line in self.lines)

    def allocate(self, line):
        self.lines.append(line)
"""
TABLES = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import registry, relationship

from app import plain

mapping = registry()
batches = Table("batches", mapping.metadata, Column("id", Integer, primary_key=True), Column("ref", String), Column("qty", Integer))
lines = Table("lines", mapping.metadata, Column("id", Integer, primary_key=True), Column("sku", String), Column("qty", Integer), Column("batch_id", ForeignKey("batches.id")))


def start():
    line_mapper = mapping.map_imperatively(plain.Line, lines)
    mapping.map_imperatively(plain.Batch, batches, properties={"lines": relationship(TARGET)})


start()
"""
API = """
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import tables
from app.db import get_db
from app.plain import Batch, Line

router = APIRouter()


@router.get("/free/{ref}")
def free(ref: str, db: Session = Depends(get_db)):
    batch = db.query(Batch).filter_by(ref=ref).first()
    return batch.available


@router.get("/all")
def every(db: Session = Depends(get_db)):
    return [[line.qty for line in batch.lines] for batch in db.scalars(select(Batch)).all()]


@router.get("/take/{ref}")
def take(ref: str, db: Session = Depends(get_db)):
    batch = db.query(Batch).filter_by(ref=ref).one()
    batch.allocate(Line("x", 1))
    db.commit()
    return [batch.ref, batch.available]


@router.get("/new")
def new(db: Session = Depends(get_db)):
    batch = Batch("new", 9)
    batch.allocate(Line("x", 2))
    db.add(batch)
    db.commit()
    return batch.ref
"""
FILL = """
import sqlite3
with sqlite3.connect("app.db") as db:
    db.execute("create table batches (id integer primary key, ref text, qty integer)")
    db.execute("create table lines (id integer primary key, sku text, qty integer, batch_id integer)")
    db.execute("insert into batches (ref, qty) values ('a', 5), ('b', 7)")
    db.execute("insert into lines (sku, qty, batch_id) values ('x', 1, 1), ('x', 2, 1), ('x', 3, 2)")
"""


def project(folder: Path, target: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/plain.py": PLAIN,
        "app/main.py": MAIN,
        "app/api.py": API,
    }
    return convert(folder, {**files, "app/tables.py": TABLES.replace("TARGET", target)})


@pytest.mark.parametrize("target", ["line_mapper", "plain.Line"])
def test_they_answer_as_before(tmp_path: Path, target: str) -> None:
    done = project(tmp_path, target)
    assert done.obstacles == []
    urls = ["/free/a", "/all", "/take/a", "/free/a", "/new", "/free/new", "/all"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert [status for _, status, _ in before] == [200] * len(urls)
    for one, other in zip(before, after, strict=True):
        assert one == other


def test_what_is_read_of_them_is_loaded_by_the_query(tmp_path: Path) -> None:
    text = project(tmp_path, "line_mapper").texts["app/api.py"]
    assert "select(Batch).options(selectinload(Batch.lines)).filter_by(ref=ref)" in text


def test_a_relationship_is_loaded_whatever_it_leads_to(tmp_path: Path) -> None:
    done = project(tmp_path, "somewhere.Line")
    assert done.obstacles == []
    assert "selectinload(Batch.lines)" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "properties",
    [
        "PROPERTIES",
        "{**PROPERTIES}",
        "{'lines': deferred(batches.c.qty)}",
        "{NAME: relationship(plain.Line)}",
    ],
)
def test_what_a_mapping_says_elsewhere_keeps_the_database(tmp_path: Path, properties: str) -> None:
    tables = TABLES.replace('{"lines": relationship(TARGET)}', properties).replace(
        "\n\ndef start", "PROPERTIES = {'lines': relationship(plain.Line)}\nNAME = 'lines'\n\n\ndef start"
    )
    tables = tables.replace("import registry, relationship", "import deferred, registry, relationship")
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/plain.py": PLAIN,
        "app/main.py": MAIN,
        "app/api.py": API,
    }
    done = convert(tmp_path, {**files, "app/tables.py": tables})
    assert any("maps a class whose relationships are not followed" in text for text in done.obstacles)
