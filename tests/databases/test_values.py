"""Values whose type is not that of the column: psycopg2 left the conversion to PostgreSQL, new drivers do not."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, convert, squeezed

POSTGRES = DATABASE.replace("sqlite:///./app.db", "postgresql://h/x").replace(
    ', connect_args={"check_same_thread": False}', ""
)
COLUMNS = """
    age = Column(Integer)
    boss = mapped_column(ForeignKey("people.id"))
    nick = Column("nick", String(20))
    tags: Mapped[dict[str, int]] = mapped_column(JSON)
    score: Mapped[Optional[int]]
    born = Column(Date)
    seen: Mapped[Optional[datetime]] = mapped_column(DateTime(timezone=True))
    price: Mapped[Decimal]
    token: Mapped[UUID]
    own = Column(Interval)
    notes: Mapped"""
IMPORTS = "from datetime import datetime\nfrom decimal import Decimal\nfrom typing import Optional\nfrom uuid import UUID\nfrom sqlalchemy import Column, Date, DateTime, Integer, JSON, TypeDecorator\n"
OWN = "class Person(Base):\n    __tablename__ = 'people'\n    id: Mapped[int] = mapped_column(primary_key=True)\n\n\nclass Interval(TypeDecorator):\n    impl = String\n    cache_ok = True\n\n\n"
USER = IMPORTS + MODELS.replace("\n    notes: Mapped", COLUMNS, 1).replace(
    "class User", f"{OWN}class User", 1
)
TYPES = """
from datetime import date
from typing import Annotated, Optional
from fastapi import Header, Query
from pydantic import BaseModel


class Base(BaseModel):
    id: Optional[str] = None


class Token(Base):
    sub: str
    late: str = None
"""


def filtered(
    folder: Path,
    asked: str,
    parameters: str,
    before: str = "pass",
    database: str = POSTGRES,
    tokens: str = "",
) -> tuple[str, list[str]]:
    """What becomes of the condition, and the notes."""
    handler = f"{tokens}\n@router.get('/x')\ndef x({parameters}, db: Session = Depends(get_db)):\n    {before}\n    return db.query(User).filter({asked}).all()\n"
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": USER}
    done = convert(
        folder,
        {**files, "app/api.py": HEADER + TYPES + "from sqlalchemy import Date, cast, func\n" + handler},
        "fastapi\nsqlalchemy>=2\npsycopg2\naiosqlite\n",
    )
    assert done.obstacles == []
    text = done.texts["app/api.py"].rpartition("select(User).filter(")[2].partition("))).all()")[0]
    return text, [note for note in done.notes if "is sent to the database as" in note]


PAIR = "\n\nclass Pair(Base):\n    __tablename__ = 'pairs'\n    left: Mapped[int] = mapped_column(primary_key=True)\n    right: Mapped[int] = mapped_column(primary_key=True)\n"


def answered(folder: Path, asked: str, parameters: str) -> tuple[str, list[str]]:
    """The new text of a handler that gives this back, and the notes."""
    handler = f"\nfrom app.models import Pair\n\n\n@router.get('/x')\ndef x({parameters}, db: Session = Depends(get_db)):\n    db.commit()\n    found = {asked}\n    print(found)\n"
    files = {"app/__init__.py": "", "app/db.py": POSTGRES, "app/models.py": USER + PAIR}
    requirements = "fastapi\nsqlalchemy>=2\npsycopg2\n"
    done = convert(folder, {**files, "app/api.py": HEADER + TYPES + handler}, requirements)
    assert done.obstacles == []
    return done.texts["app/api.py"], [n for n in done.notes if "is sent to the database as" in n]


@pytest.mark.parametrize(
    ("asked", "parameters", "becomes"),
    [
        ("User.id == a", "a: str", "User.id == int(a)"),
        ("a == User.id", "a: str", "int(a) == User.id"),
        ("User.age >= a", "a: str", "User.age >= int(a)"),
        ("User.score == a", "a: str = 'x'", "User.score == int(a)"),
        ("User.nick != a", "a: int", "User.nick != str(a)"),
        ("User.id == a", "a: Annotated[str, Query()]", "User.id == int(a)"),
        ("User.id == a", "a: str = Query('1')", "User.id == int(a)"),
        ("User.id == a.sub", "a: Token", "User.id == int(a.sub)"),
    ],
)
def test_a_value_of_another_type(tmp_path: Path, asked: str, parameters: str, becomes: str) -> None:
    text, notes = filtered(tmp_path, asked, parameters)
    assert text == becomes
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("asked", "parameters", "becomes"),
    [
        ("db.query(User).filter_by(id=a).first()", "a: str", "select(User).filter_by(id=int(a))"),
        ("db.query(User).filter_by(nick=a, age=a).all()", "a: int", "filter_by(nick=str(a), age=a)"),
        ("db.scalars(select(User).filter_by(id=a)).all()", "a: str", "select(User).filter_by(id=int(a))"),
        ("db.query(User).get(a)", "a: str", "await db.get(User, int(a))"),
        ("db.get(User, a)", "a: str", "await db.get(User, int(a))"),
        ("db.get(User, a.sub)", "a: Token", "await db.get(User, int(a.sub))"),
        ("db.get(User, a)", "a: str = Query(None)", "db.get(User, (int(a) if a is not None else None))"),
        (
            "db.get(User, a, with_for_update=True)",
            "a: str",
            "await db.get(User, int(a), with_for_update=True)",
        ),
        (
            "[n.title for n in db.get(User, a).notes]",
            "a: str",
            "db.get(User, int(a), options=[selectinload(User.notes)])",
        ),
    ],
)
def test_a_value_by_keyword_or_key(tmp_path: Path, asked: str, parameters: str, becomes: str) -> None:
    text, notes = answered(tmp_path, asked, parameters)
    assert becomes in text
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("asked", "parameters"),
    [
        ("db.get(User, a)", "a: int"),
        ("db.get(User, a)", "a"),
        ("db.get(Pair, a)", "a: str"),
        ("db.query(User).filter_by(name=a).all()", "a: str"),
        ("db.query(User).filter_by(**{'id': a}).all()", "a: str"),
        ("db.query(User, Pair).filter_by(id=a).all()", "a: str"),
        ("db.query(User).join(Pair).filter_by(id=a).all()", "a: str"),
        ("db.query(User).select_from(Pair).filter(User.id > 1).filter_by(id=a).all()", "a: str"),
        ("db.scalars(select(User).outerjoin(Pair).filter_by(id=a)).all()", "a: str"),
        ("{'id': 1}.get(a)", "a: str"),
    ],
)
def test_a_value_by_keyword_or_key_that_stays(tmp_path: Path, asked: str, parameters: str) -> None:
    text, notes = answered(tmp_path, asked, parameters)
    assert "int(a)" not in text
    assert notes == []


@pytest.mark.parametrize(
    ("value", "parameters", "before"),
    [
        ("a", "a: str = None", ""),
        ("a", "a: Optional[str] = None", ""),
        ("a", "a: 'str | None' = None", ""),
        ("a", "a: str = Query(None)", ""),
        ("a", "a: str = Header(default=None)", ""),
        ("a", "a: Annotated[Optional[str], Query()]", ""),
        ("a.id", "a: Token", ""),
        ("a.late", "a: Token", ""),
        ("key", "a: str", "key = a if a > '3' else None"),
        ("a", "a: str", "if a == 'none':\n        a = None"),
    ],
)
def test_what_may_be_none_is_none_in_the_database_as_well(
    tmp_path: Path, value: str, parameters: str, before: str
) -> None:
    text, _ = filtered(tmp_path, f"User.id == {value}", parameters, before or "pass")
    assert text == f"User.id == (int({value}) if {value} is not None else None)"


@pytest.mark.parametrize(
    ("asked", "parameters"),
    [
        ("User.id == a", "a: int"),
        ("User.name == a", "a: str"),
        ("User.tags == a", "a: str"),
        ("User.id == a", "a"),
        ("User.id == a", "a: 'int | str'"),
        ("User.id == 1, User.name == a", "a: str"),
        ("User.id.in_([a])", "a: int"),
        ("User.name.in_(a)", "a: list[str]"),
        ("User.id.in_(a)", "a: list[int]"),
        ("User.id.in_(a)", "a: list"),
        ("User.id.in_(select(User.id))", "a: str"),
        ("User.id == User.score", "a: str"),
        ("User.owner == a", "a: str"),
        ("len(a) == a", "a: str"),
    ],
)
def test_a_value_that_stays(tmp_path: Path, asked: str, parameters: str) -> None:
    assert filtered(tmp_path, asked, parameters) == (asked, [])


@pytest.mark.parametrize(
    ("asked", "parameters", "becomes"),
    [
        ("User.born == a", "a: str", "User.born == cast(literal(a), User.born.type)"),
        ("User.seen >= a", "a: str", "User.seen >= cast(literal(a), User.seen.type)"),
        ("User.price < a", "a: str", "User.price < cast(literal(a), User.price.type)"),
        (
            "User.born.in_([a, '2024-01-02'])",
            "a: str",
            "User.born.in_([cast(literal(a), User.born.type), cast(literal('2024-01-02'), User.born.type)])",
        ),
        ("User.id.not_in((1, a))", "a: str", "User.id.not_in((1, int(a)))"),
        ("User.born == '2024-01-02'", "a: str", "User.born == cast(literal('2024-01-02'), User.born.type)"),
        ("User.seen < f'{a} 12:00'", "a: str", "User.seen < cast(literal(f'{a} 12:00'), User.seen.type)"),
        ("func.date(User.seen) == a", "a: str", "func.date(User.seen) == cast(literal(a), Date)"),
        ("cast(User.seen, Date) == a", "a: str", "cast(User.seen, Date) == cast(literal(a), Date)"),
        (
            "User.born.between(a, b)",
            "a: str, b: date",
            "User.born.between(cast(literal(a), User.born.type), b)",
        ),
        (
            "User.born == a",
            "a: Optional[str] = None",
            "User.born == (cast(literal(a), User.born.type) if a is not None else None)",
        ),
    ],
)
def test_text_that_the_database_has_read_so_far_is_still_read_by_it(
    tmp_path: Path, asked: str, parameters: str, becomes: str
) -> None:
    assert squeezed(filtered(tmp_path, asked, parameters)[0]).startswith(squeezed(becomes))


@pytest.mark.parametrize("asked", ["User.id.in_(a)", "User.born.not_in(a)"])
def test_a_list_of_text_is_refused_where_the_column_holds_none(tmp_path: Path, asked: str) -> None:
    with pytest.raises(AssertionError, match="what a holds is of another type than the column"):
        filtered(tmp_path, asked, "a: list[str]")


@pytest.mark.parametrize(
    ("asked", "parameters"),
    [
        ("User.born == a", "a: date"),
        ("User.born == a", "a"),
        ("User.born.is_(a)", "a: str"),
        ("User.token == a", "a: str"),  # all drivers take text for a UUID
        ("User.own == a", "a: str"),  # a type of the project's own
        ("User.price == a", "a: int"),
        ("User.name == f'{a}'", "a: str"),
        ("User.name.between(a, a)", "a: str"),
        ("func.lower(User.name) == a", "a: str"),
    ],
)
def test_what_all_drivers_take_stays(tmp_path: Path, asked: str, parameters: str) -> None:
    assert filtered(tmp_path, asked, parameters) == (asked, [])


def test_text_for_a_column_that_is_named_by_keyword_is_refused(tmp_path: Path) -> None:
    handler = "\n@router.get('/x')\ndef x(a: str, db: Session = Depends(get_db)):\n    return db.query(User).filter_by(born=a).all()\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": POSTGRES,
        "app/models.py": USER,
        "app/api.py": HEADER + handler,
    }
    done = convert(tmp_path, files, "fastapi\nsqlalchemy>=2\npsycopg2\n")
    assert any("a is text, and its column is not" in text for text in done.obstacles)
    assert "app/api.py" not in done.texts


def test_a_database_that_converts_by_itself(tmp_path: Path) -> None:
    assert filtered(tmp_path, "User.id == a", "a: str", database=DATABASE) == ("User.id == a", [])


ASYNCPG = "fastapi\nsqlalchemy>=1.4,<2\nasyncpg\nhttpx\n"
FORM = "\n\nclass Form(BaseModel):\n    age: str\n    nick: str\n    born: str\n    score: int\n"


def stored(folder: Path, body: str, requirements: str = ASYNCPG) -> tuple[str, list[str]]:
    """What becomes of the body, and the obstacles."""
    head = HEADER + TYPES + "from sqlalchemy import insert, update\n" + FORM
    handler = f"\n\n@router.post('/x')\ndef x(form: Form, db: Session = Depends(get_db)):\n    {body}\n    db.commit()\n"
    files = {"app/__init__.py": "", "app/db.py": POSTGRES, "app/models.py": USER}
    done = convert(folder, {**files, "app/api.py": head + handler}, requirements)
    return done.texts.get("app/api.py", ""), done.obstacles


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ("db.add(User(age=form.age, nick=form.nick))", "db.add(User(age=int(form.age), nick=form.nick))"),
        ("user = User()\n    user.age = form.age\n    db.add(user)", "user.age = int(form.age)"),
        ("user = User(nick=form.score)\n    db.add(user)", "User(nick=str(form.score))"),
        ("db.execute(insert(User).values(age=form.age))", "insert(User).values(age=int(form.age))"),
        ("db.execute(update(User).where(User.id == 1).values({'age': form.age}))", ".values({'age': int(form.age)})"),
        ("db.query(User).filter(User.id == 1).update({User.age: form.age})", "{User.age: int(form.age)}"),
        ("db.add(User(age=form.score, born=date.today(), token=form.nick))", "User(age=form.score, born=date.today(), token=form.nick)"),
        ("form.age = form.nick", "form.age = form.nick"),
    ],
)  # fmt: skip
def test_asyncpg_stores_what_the_column_takes(tmp_path: Path, body: str, becomes: str) -> None:
    text, obstacles = stored(tmp_path, body)
    assert obstacles == []
    assert becomes in text


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("db.add(User(born=form.born))", "form.born is text"),
        ("db.add(User(born='2024-01-01'))", "'2024-01-01' is text"),
        ("db.add(User(**form.model_dump()))", "form.age is text"),
    ],
)
def test_text_for_a_date_is_named_and_psycopg_reads_it(tmp_path: Path, body: str, named: str) -> None:
    text, obstacles = stored(tmp_path / "asyncpg", body)
    assert text == ""
    assert any(named in each for each in obstacles), obstacles
    text, obstacles = stored(tmp_path / "psycopg", body, "fastapi\nsqlalchemy>=2\npsycopg2\n")
    assert obstacles == []
    assert body in text


@pytest.mark.parametrize(
    ("column", "is_refused"),
    [
        ("DateTime, default=lambda: datetime.now(timezone.utc)", True),
        ("DateTime(), onupdate=now", True),
        ("DateTime(timezone=True), default=lambda: datetime.now(timezone.utc)", False),
        ("DateTime, default=datetime.utcnow", False),
        ("DateTime, default=lambda: datetime.now(timezone.utc).replace(tzinfo=None)", False),
        ("DateTime, default=datetime.now", False),
    ],
)
def test_a_time_with_a_zone_is_refused_for_asyncpg(tmp_path: Path, column: str, is_refused: bool) -> None:
    """asyncpg raises for what psycopg2 wrote: every row had failed to be stored."""
    made = f"    made = Column({column})\n    born = Column(Date)\n"
    now = "\n\ndef now():\n    return datetime.now(tz=timezone.utc)\n\n\nclass User("
    models = USER.replace("    born = Column(Date)\n", made).replace("class User(", now.lstrip("\n"))
    models = models.replace("import datetime\n", "import datetime, timezone\n", 1)
    handler = "\n\n@router.post('/x')\ndef x(db: Session = Depends(get_db)):\n    db.add(User(nick='x'))\n    db.commit()\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": POSTGRES,
        "app/models.py": models,
        "app/api.py": HEADER + handler,
    }
    for requirements in (ASYNCPG, "fastapi\nsqlalchemy>=2\npsycopg2\n"):
        done = convert(tmp_path / requirements.split()[2], files, requirements)
        is_named = any("has a zone, and its column has none" in text for text in done.obstacles)
        assert is_named is (is_refused and requirements == ASYNCPG), done.obstacles


TOKENS = """
import jwt


def claims_of(token: str = Header()) -> dict:
    return jwt.decode(token, "k", ["HS256"])


def user_of(token: str = Header()):
    user_id = claims_of(token).get("sub")
    if user_id is None:
        raise HTTPException(401)
    return user_id


def number_of(token: str = Header()) -> int:
    return claims_of(token)["sub"]


def find(db: Session, user_id: int):
    return db.query(User).filter(User.id == user_id).first()


@router.get("/named")
def named(user_id=Depends(user_of), db: Session = Depends(get_db)):
    return {"name": find(db, user_id).name}
"""
CHECKED = "try:\n        a = jwt.decode(token, 'k').get('sub')\n        if not a:\n            raise HTTPException(401)\n    except ValueError:\n        raise HTTPException(401)"
FROM_OUTSIDE = {
    "what is checked": ("User.id == a", "token: str", CHECKED, "User.id == int(a)"),
    "what is not": (
        "User.id == a",
        "token: str",
        "a = jwt.decode(token, 'k').get('sub')",
        "User.id == (int(a) if a is not None else None)",
    ),
    "what is said to be a number": (
        "User.id == a",
        "token: str",
        "a: int = jwt.decode(token, 'k')['sub']",
        "User.id == int(a)",
    ),
    "an item": ("User.id == a['sub']", "a: dict = Depends(claims_of)", "pass", "User.id == int(a['sub'])"),
    "what is injected": ("User.id == a", "a=Depends(user_of)", "pass", "User.id == int(a)"),
    "a number that is injected": ("User.id == a", "a: int = Depends(number_of)", "pass", "User.id == int(a)"),
    "a foreign key": ("User.boss == a", "a=Depends(user_of)", "pass", "User.boss == int(a)"),
    "text for text": ("User.name == a", "a=Depends(user_of)", "pass", "User.name == a"),
    "a number of the code": ("User.id == a", "token: str", "a = len(token)", "User.id == a"),
    "a column": ("User.id == a", "token: str", "a = User.boss", "User.id == a"),
}


@pytest.mark.parametrize("what", FROM_OUTSIDE)
def test_what_a_token_holds_may_be_text_whatever_is_said_of_it(tmp_path: Path, what: str) -> None:
    """psycopg 3: operator does not exist: integer = character varying."""
    asked, parameters, before, becomes = FROM_OUTSIDE[what]
    text, notes = filtered(tmp_path, asked, parameters, before, tokens=TOKENS)
    assert text == becomes
    assert len([note for note in notes if "user_id is sent" in note]) == 1
    assert len(notes) == 1 + (asked != becomes)
