"""Tables that nobody knows when they would be made: they are not made later either."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert

HANDLER = (
    '\n@router.get("/users")\ndef users(db: Session = Depends(get_db)):\n    return db.query(User).count()\n'
)
MAIN = (
    "from fastapi import FastAPI\nfrom app.api import router\n\napp = FastAPI()\napp.include_router(router)\n"
)
MAKE = "Base.metadata.create_all(bind=engine)\n"
BASE = "class Base(DeclarativeBase):\n    pass\n"
TABLE = "class Note(Base):\n    __tablename__ = 'x'\n    id = Column(Integer, primary_key=True)\n"
OLD = "from sqlalchemy import MetaData\nfrom sqlalchemy.orm import declarative_base\n\n"


def program(folder: Path, database: str, **more: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": database,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLER,
        "app/main.py": MAIN,
    }
    return convert(folder, {**files, **{f"app/{name}.py": text for name, text in more.items()}})


@pytest.mark.parametrize(
    "database",
    [
        DATABASE + "\n\n" + MAKE,
        DATABASE.replace(BASE, f"{OLD}Base = declarative_base()\n") + "\n\n" + MAKE,
        DATABASE.replace(BASE, f"{OLD}Base = declarative_base(metadata=MetaData())\n") + "\n\n" + MAKE,
    ],
)  # fmt: skip
def test_what_made_no_table_goes(tmp_path: Path, database: str) -> None:
    done = program(tmp_path, database)
    assert done.obstacles == []
    assert "create_all" not in "".join(done.texts.values())
    assert any("is left out: where it stands, no table is known yet" in text for text in done.notes)


@pytest.mark.parametrize(
    "database",
    [
        # here they may be known
        DATABASE + "\n\nimport app.models\n\n" + MAKE,
        DATABASE + "\n\ndef load():\n    import app.models\n\n\nload()\n" + MAKE,
        DATABASE + f"\n\n{TABLE}\n\n{MAKE}",
        DATABASE + f"\n\nTable('y', Base.metadata, Column('id', Integer, primary_key=True))\n{MAKE}",
        DATABASE + f"\n\ntry:\n    import app.models\nexcept ImportError:\n    pass\n{MAKE}",
        DATABASE + f"\n\nimportlib.import_module('app.models')\n{MAKE}",
        DATABASE.replace("    pass\n", "    metadata = shared\n", 1).replace(
            "\nengine", "\nfrom app.shared import shared\n\nengine", 1
        ) + "\n\n" + MAKE,
        # and where they are not, more is done with them
        DATABASE + "\n\nif engine.echo:\n    " + MAKE,
    ],
)  # fmt: skip
def test_what_may_make_one_waits_for_the_start(tmp_path: Path, database: str) -> None:
    header = "import importlib\nfrom sqlalchemy import Column, Integer, Table\n"
    done = program(
        tmp_path, header + database, shared="from sqlalchemy import MetaData\n\nshared = MetaData()\n"
    )
    assert done.obstacles == []
    assert "run_sync(Base.metadata.create_all)" in done.texts["app/main.py"]


def test_a_base_of_another_file_may_have_tables(tmp_path: Path) -> None:
    base = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
    moved = DATABASE.replace("class Base(DeclarativeBase):\n    pass\n", MAKE)
    done = program(
        tmp_path,
        moved.replace(
            "from sqlalchemy.orm import DeclarativeBase,",
            "from app.base import Base\nfrom sqlalchemy.orm import",
        ),
        base=base,
        models=MODELS.replace("app.db", "app.base"),
    )
    assert done.obstacles == []
    assert "run_sync(Base.metadata.create_all)" in done.texts["app/main.py"]


def test_tables_that_are_read_from_the_database_are_read(tmp_path: Path) -> None:
    done = program(tmp_path, f"{DATABASE}\n\nBase.metadata.reflect(bind=engine)\n")
    assert "is left out" not in "".join(done.notes)
    assert done.obstacles or "run_sync(Base.metadata.reflect)" in done.texts["app/main.py"]


CORE = """
from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()
notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("title", String(20)))
metadata.create_all(engine)
"""


def test_tables_without_classes_are_made(tmp_path: Path) -> None:
    done = program(tmp_path, DATABASE + CORE)
    assert done.obstacles == []
    assert "run_sync(metadata.create_all)" in done.texts["app/main.py"]
