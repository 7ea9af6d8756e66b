"""Fields of objects of the database whose columns say their types without an annotation."""

from __future__ import annotations

import pytest
from projects import DATABASE, HEAD, LEFT, PACKAGES, ROUTES, Migrated, migrate

MODELS = (
    (
        DATABASE
        + '''

class Price(TypeDecorator):
    impl = String
    cache_ok = True


class Text:
    """Not that of SQLAlchemy."""


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    address = Column("email", sa.String(80), nullable=False)
    note = Column(sa.Text)
    is_paid = Column(Boolean, nullable=False)
    due = Column(DateTime(timezone=True), nullable=False)
    price = Column(Price, nullable=False)
    lines = Column(JSON, nullable=False)
    kind = Column(Text, nullable=False)
    weight = Column(sa.Float(asdecimal=True), nullable=False)
    total = column_property(id + 1)
    tags = Column(ARRAY(String(20)), nullable=False)
    grid = Column(ARRAY(Integer, dimensions=2), nullable=False)
    prices = Column(ARRAY(Price), nullable=False)
    key = Column(UUID(as_uuid=True), nullable=False)
    token = Column(UUID(), nullable=False)
    old = new = Column(String, nullable=False)
'''
    )
    .replace(
        "from sqlalchemy import create_engine\n",
        "import sqlalchemy as sa\nfrom sqlalchemy import JSON, Boolean, Column, DateTime, Integer, String\n"
        "from sqlalchemy.dialects.postgresql import ARRAY, UUID\n"
        "from sqlalchemy import create_engine\nfrom sqlalchemy.types import TypeDecorator\n",
    )
    .replace("import DeclarativeBase", "import column_property, DeclarativeBase")
)
MOVES = {
    "address": "address: str",
    "note": "note: str | None",
    "is_paid": "is_paid: bool",
    "due": "due: datetime",
    "id": "found_id: int",
    "tags": "tags: list[str]",
    "key": "key: UUID",
}
STAYS = {
    "price": "a type of the project's",
    "lines": "JSON",
    "kind": "a class of the same name",
    "weight": "a Decimal, which would arrive as a float",
    "total": "no column",
    "grid": "lists of lists",
    "prices": "of a type of the project's",
    "token": "text or a UUID, by the version of SQLAlchemy",
    "old": "two names for a column",
}


NEEDED = (
    "import APIRouter, Depends\n\nfrom app.models import Order, get_order\nfrom app.plain import send_plain\n"
)
SENT = """\
    msg = EmailMessage()
    msg["To"] = found.address
    msg.set_content(f"{{found.{name}}}")
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(msg)
    return {{"ok": True}}
"""
PLAIN = """\
import smtplib


def send_plain(to, text):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", to, text)
"""
NAMED = """\
@router.post("/named")
async def named(found: Order = Depends(get_order)):
    address, note = found.address, found.note
    send_plain(address, note)
    return {"ok": True}
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    handlers = [
        f'@router.post("/{name}")\nasync def {name}_(found: Order = Depends(get_order)):\n'
        + SENT.format(name=name)
        for name in (*MOVES, *STAYS)
    ]
    routes = HEAD.replace("import APIRouter\n", NEEDED) + "\n\n".join([*handlers, NAMED])
    files = {**PACKAGES, "app/models.py": MODELS, "app/plain.py": PLAIN, ROUTES: routes}
    files["pyproject.toml"] = LEFT
    return migrate(tmp_path_factory.mktemp("columns"), files)


@pytest.mark.parametrize("name", MOVES)
def test_the_type_of_the_column_is_that_of_the_parameter(done: Migrated, name: str) -> None:
    given = ", ".join(dict.fromkeys(["address: str", MOVES[name]]))
    assert f"def send_{name}_email_task({given}) -> None:" in done.tasks


@pytest.mark.parametrize("name", STAYS, ids=STAYS.get)
def test_a_value_that_may_be_anything_stays(done: Migrated, name: str) -> None:
    assert ".kiq(" not in done.body(f"{name}_")


def test_what_a_column_gave_keeps_its_type_under_a_name(done: Migrated) -> None:
    assert "await send_plain_task.kiq(address, note)\n" in done.body("named")
    assert "def send_plain_task(to: str, text: str | None) -> None:" in done.tasks
