"""Several databases, each with its strategy: what belongs to one changes, what belongs to the others does not."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import Config, ConfigError, load_config
from async_fix.codemods.model import Report


def provider(name: str) -> str:
    return (
        "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\n\n"
        f'{name}_engine = create_engine("sqlite:///./{name}.db")\n{name}_sessions = sessionmaker(bind={name}_engine)\n\n\n'
        f"def get_{name}():\n    with {name}_sessions() as session:\n        yield session\n"
    )


MODELS = "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\nclass Base(DeclarativeBase):\n    pass\n\n\nclass User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n\n\nclass Event(Base):\n    __tablename__ = 'events'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    text: Mapped[str]\n"
MAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.audit import audit_engine, get_audit
from app.models import Base, Event, User
from app.shop import get_shop, shop_engine

Base.metadata.create_all(bind=shop_engine)
Base.metadata.create_all(bind=audit_engine)
app = FastAPI()


def find_user(db: Session, id: int):
    return db.get(User, id)


def events_of(db: Session, text: str):
    return db.query(Event).filter(Event.text == text).all()


@app.get("/users/{id}")
def read_user(id: int, db: Session = Depends(get_shop)):
    return {"name": find_user(db, id).name}


@app.get("/events")
def read_events(text: str, db: Session = Depends(get_audit)):
    return [event.text for event in events_of(db, text)]
"""
SHOP, AUDIT = "app.shop:shop_engine", "app.audit:audit_engine"


def applied(folder: Path, config: Config, main: str = MAIN) -> tuple[Report, Mapping[str, str]]:
    files = {
        "audit": provider("audit"),
        "shop": provider("shop"),
        "models": MODELS,
        "main": main,
        "__init__": "",
    }
    (folder / "app").mkdir()
    (folder / "requirements.txt").write_text("fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n")
    for name, text in files.items():
        (folder / f"app/{name}.py").write_text(text)
    report = pipeline.apply(pipeline.start([folder / "app"], config))
    assert report.dropped == ()
    return report, {f.path: (f.new or b"").decode() for f in report.files}


@pytest.mark.parametrize("other", ["leave", "thread"])
def test_one_goes_async_and_the_other_does_not(tmp_path: Path, other: str) -> None:
    _, texts = applied(tmp_path, Config(databases={AUDIT: other}))
    main = texts["app/main.py"]
    assert "async def read_user(id: int, db: AsyncSession = Depends(get_shop)):" in main
    assert "return await db.get(User, id)" in main
    assert "Base.metadata.create_all(bind=audit_engine)" in main
    assert "def events_of(db: Session, text: str):\n    return db.query(Event)" in main
    assert ("await run_in_threadpool(_read_events, text, db)" in main) is (other == "thread")
    assert "app/audit.py" not in texts
    assert "create_async_engine" in texts["app/shop.py"]
    for path, text in texts.items():
        (tmp_path / path).write_text(text)
    again = pipeline.apply(pipeline.start([tmp_path / "app"], Config(databases={AUDIT: other})))
    assert again.files == ()


def test_the_other_way_round(tmp_path: Path) -> None:
    report, texts = applied(tmp_path, Config(database="leave", databases={AUDIT: "native"}))
    main = texts["app/main.py"]
    assert "def read_user(id: int, db: Session = Depends(get_shop)):" in main
    assert "async def read_events(text: str, db: AsyncSession = Depends(get_audit)):" in main
    assert "app/shop.py" not in texts
    assert report.database is not None
    assert report.database.names == (AUDIT, SHOP)


STUCK = MAIN.replace("    return db.query(Event)", "    db.bulk_of_its_own()\n    return db.query(Event)")


def test_one_that_cannot_go_does_not_hold_the_other(tmp_path: Path) -> None:
    report, texts = applied(tmp_path, Config(), STUCK)
    main = texts["app/main.py"]
    assert "async def read_user(id: int, db: AsyncSession = Depends(get_shop)):" in main
    assert "\ndef read_events(text: str, db: Session = Depends(get_audit)):" in main
    assert "app/audit.py" not in texts
    [obstacle] = [reason for reason in report.refusals if reason.code == "AF917"]
    assert obstacle.text == "sqlalchemy.orm.Session.bulk_of_its_own has no async form that is known"
    assert report.database is not None
    assert (report.database.moved, report.database.routes) == (1, 1)
    for path, text in texts.items():
        (tmp_path / path).write_text(text)
    again = pipeline.apply(pipeline.start([tmp_path / "app"], Config()))
    assert again.files == ()
    assert [reason.text for reason in again.refusals if reason.code == "AF917"] == [obstacle.text]


@pytest.mark.parametrize(
    "main",
    [
        STUCK.replace(
            "def find_user(db: Session, id: int):\n", "def find_user(db: Session, id: int):\n    events_of\n"
        ),
        STUCK.replace("events_of(db, text)", "[find_user(db, 1), *events_of(db, text)]"),
        STUCK.replace(
            "text: str, db: Session = Depends(get_audit)",
            "text: str, db: Session = Depends(get_audit), other: Session = Depends(get_shop)",
        ),
        STUCK.replace("    return db.get(User, id)", "    db.bulk_of_its_own()\n    return db.get(User, id)"),
    ],
    ids=["a helper that names the other", "a helper of both", "a handler of both", "neither can"],
)
def test_what_is_not_apart_stays_together(tmp_path: Path, main: str) -> None:
    _, texts = applied(tmp_path, Config(), main)
    assert "AsyncSession" not in "".join(texts.values())


def test_a_script_alone_is_nothing_to_gain(tmp_path: Path) -> None:
    script = "\n\nwith audit_sessions() as session:\n    print(session.connection())\n"
    main = MAIN.replace("Depends(get_audit)", "Depends(get_shop)").replace(
        "    return db.get(", "    db.bulk_of_its_own()\n    return db.get("
    )
    (tmp_path / "seed.py").write_text(provider("audit") + script)
    _, texts = applied(tmp_path, Config(), main)
    assert texts == {}


@pytest.mark.parametrize("strategy", ["beside", "run-sync"])
def test_twins_are_for_the_handlers_of_one_alone(tmp_path: Path, strategy: str) -> None:
    _, texts = applied(tmp_path, Config(database="leave", databases={AUDIT: strategy}))
    assert "def read_user(id: int, db: Session = Depends(get_shop)):" in texts["app/main.py"]
    assert "async def read_events(text: str, db: AsyncSession" in texts["app/main.py"]
    assert "app/shop.py" not in texts


@pytest.mark.parametrize(
    "main",
    [
        MAIN.replace("events_of(db, text)", "[find_user(db, 1)]").replace("event.text", "event.name"),
        MAIN.replace(
            "def find_user(db: Session, id: int):\n", "def find_user(db: Session, id: int):\n    get_audit\n"
        ),
        MAIN.replace(
            "text: str, db: Session = Depends(get_audit)",
            "text: str, db: Session = Depends(get_audit), other: Session = Depends(get_shop)",
        ),
    ],
    ids=["a helper of both", "a helper that names the other", "a handler of both"],
)
def test_what_works_for_both_keeps_the_database_sync(tmp_path: Path, main: str) -> None:
    report, texts = applied(tmp_path, Config(databases={AUDIT: "leave"}), main)
    assert any(f"for a database that stays sync as well: {AUDIT}" in r.text for r in report.refusals), (
        report.refusals
    )
    assert "AsyncSession" not in "".join(texts.values())


def test_a_name_that_is_no_database_is_an_error_that_lists_them(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=f"names app.shop:engine, which is no database; the project has {AUDIT}, {SHOP}"
    ):
        applied(tmp_path, Config(databases={"app.shop:engine": "leave"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'database = "native"\n[databases]\n"a:b" = "beside"',
            "native and beside cannot be carried out in one run",
        ),
        (
            'database = "leave"\n[databases]\n"a:b" = "run-sync"\n"a:c" = "beside"',
            "beside and run-sync cannot be",
        ),
        ('[databases]\n"a:b" = "nativ"', 'databases: a:b is "nativ"; it must be one of native, beside'),
        ('databases = ["a:b"]', "databases is "),
    ],
)
def test_strategies_that_do_not_go_together(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "async-fix.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path)
    assert message in str(error.value)


def test_the_command_line_adds_to_the_config(tmp_path: Path) -> None:
    (tmp_path / "async-fix.toml").write_text('[databases]\n"a:b" = "leave"\n"a:c" = "leave"\n')
    found = load_config(tmp_path, {"databases": {"a:c": "thread"}, "database": "native"})
    assert found.databases == {"a:b": "leave", "a:c": "thread"}
