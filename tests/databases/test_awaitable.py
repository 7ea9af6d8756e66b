"""Relationships that no query can load beforehand, awaited where they are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

NAMED = """

NAMED: dict[str, User] = {}


def named(name: str = "ann", db: Session = Depends(get_db)) -> User:
    if name not in NAMED:
        NAMED[name] = db.scalars(select(User).where(User.name == name)).one()
    return db.merge(NAMED[name])


"""
CLASSIC = DATABASE.replace(
    "class Base(DeclarativeBase):\n    pass\n", "Base = declarative_base(name='Base')\n"
)
CLASSIC = CLASSIC.replace("import DeclarativeBase,", "import declarative_base,")
OWN = DATABASE.replace(
    "class Base(DeclarativeBase):", "class Base(\n    Shown,  # first\n    DeclarativeBase,\n):"
)
OWN = OWN.replace("class Base(", "class Shown:\n    pass\n\n\nclass Base(")
BODIES = {
    "return [n.title for n in user.notes]": "[n.title for n in await user.awaitable_attrs.notes]",
    "return user.notes[0].title": "return (await user.awaitable_attrs.notes)[0].title",
    "return user.notes[1].owner.notes[0].title": ".awaitable_attrs.owner).awaitable_attrs.notes)[0].title",
    "left = 2\nwhile left and user.notes:\n    left -= 1\nreturn left": "left and await user.awaitable_attrs",
    "return shown(user)": "return await shown(user)",
    "return hasattr(user, 'notes')": "return hasattr(type(user), 'notes')",
    "for u in [user]:\n    return getattr(u, 'notes', [])[0].title": "(await u.awaitable_attrs.notes)[0]",
    "for u in [user]:\n    return len(getattr(u, 'notes'))": "return len(await u.awaitable_attrs.notes)",
    "with open('app.db'):\n    return user.notes[0].title": "await user.awaitable_attrs.notes\n\n    def ",
    "with open('app.db'):\n    for n in user.notes:\n        return n.title": "      for n in user.notes:\n",
    "return (\n    user\n    # all\n    .notes[0].title\n)": "# all\n        .awaitable_attrs.notes)[0]",
}
FOLDER = """

class Folder:
    notes: list = []


def shown(thing) -> list:
    return [n.title for n in thing.notes]
"""
MIXED = """
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Doc(AsyncAttrs, Base):
    __tablename__ = "docs"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
TRIED = CLASSIC.replace(
    "Base = declarative_base(name='Base')",
    "try:\n    Base = declarative_base(name='Base')\nexcept TypeError:\n    Base = declarative_base()",
)
SHOWN = "\n\ndef shown(user: User) -> dict:\n    return {n.id: n.title for n in user.notes}\n"


def project(
    folder: Path, bodies: list[str], database: str = DATABASE, more: str = "", needs: str = ""
) -> Outcome:
    api = "from sqlalchemy.ext.hybrid import hybrid_method\n" + HEADER + more + NAMED
    for number, body in enumerate(bodies):
        lines = "\n".join(f"    {line}" for line in body.split("\n"))
        api += f'@router.get("/{number}")\ndef h{number}(user: User = Depends(named)):\n{lines}\n\n\n'
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS, "app/main.py": MAIN}
    return convert(folder, {**files, "app/api.py": api}, needs or "fastapi\nsqlalchemy>=2\n")


def test_it_is_awaited_where_it_is_read_and_the_answers_stay(tmp_path: Path) -> None:
    done = project(tmp_path, [*BODIES], more=SHOWN)
    assert done.obstacles == []
    for becomes in BODIES.values():
        assert becomes in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, [f"/{number}" for number in range(len(BODIES))])
    assert {status for _, status, _ in before} == {200}
    assert after == before


@pytest.mark.parametrize(
    ("database", "becomes"),
    [
        (DATABASE, "class Base(AsyncAttrs, DeclarativeBase):\n    pass\n"),
        (CLASSIC, "Base = declarative_base(name='Base', cls=AsyncAttrs)\n"),
        (OWN, "class Base(\n    AsyncAttrs,\n    Shown,  # first\n    DeclarativeBase,\n):\n    pass\n"),
        (
            DATABASE.replace("(DeclarativeBase)", "(AsyncAttrs, DeclarativeBase)"),
            "class Base(AsyncAttrs, Decl",
        ),
    ],
    ids=["class", "call", "several", "there"],
)
def test_the_declarative_base_gets_the_mixin_once(tmp_path: Path, database: str, becomes: str) -> None:
    if "AsyncAttrs" in database:
        database = f"from sqlalchemy.ext.asyncio import AsyncAttrs\n{database}"
    done = project(tmp_path, ["return user.notes[0].title"], database)
    assert done.obstacles == []
    assert becomes in done.texts["app/db.py"]


@pytest.mark.parametrize(
    ("database", "more", "body", "needs", "why"),
    [
        (DATABASE, "", "return user.notes[0].title", "fastapi\nsqlalchemy<2\n", "is loaded when it is read"),
        (
            CLASSIC.replace("name='Base'", "cls=object"),
            *("", "return user.notes[0].title", "", "is loaded when it is read"),
        ),
        (DATABASE, "", "return (lambda: user.notes[0].title)()", "", "is loaded when it is read"),
        (
            DATABASE,
            "",
            "return any(n.title for _ in 'a' for n in user.notes)",
            "",
            "is loaded when it is read",
        ),
        (DATABASE, SHOWN, "return any(map(shown, [user]))", "", "shown is handed on as a plain function"),
        (
            DATABASE,
            "\n\nclass Out:\n    def __init__(self, user: User):\n        self.notes = user.notes\n",
            *("return Out(user).notes[0].title", "", "__init__"),
        ),
        (
            DATABASE,
            "\n\nclass Out:\n    @hybrid_method\n    def of(self, user: User):\n        return user.notes\n",
            *("return len(Out().of(user))", "", "is loaded when it is read"),
        ),
        (DATABASE, "", "user.notes = []\nreturn len(user.notes)", "", "is loaded when it is read"),
        (DATABASE, "", "user.notes += []\nreturn len(user.notes)", "", "is loaded when it is read"),
        (DATABASE, FOLDER, "return [shown(user), shown(Folder())]", "", "is loaded when it is read"),
        (DATABASE, "", "return len(getattr(user, 'notes', []))", "", "is loaded when it is read"),
        (
            DATABASE,
            *("", "each = None\nfor each in [user]:\n    pass\nreturn len(getattr(each, 'notes', []))", ""),
            "is loaded when it is read",
        ),
        (
            DATABASE,
            FOLDER.replace("[n.title for n in thing.notes]", "[hasattr(thing, 'notes')]"),
            *("return [shown(user), shown(Folder())]", "", "is loaded when it is read"),
        ),
        (DATABASE, "", "return hasattr(user.notes[0], 'owner')", "", "is loaded when it is read"),
        (
            DATABASE,
            FOLDER.replace("(thing)", "(thing: User)"),
            *("return [shown(user), shown(Folder())]", "", "is loaded when it is read"),
        ),
        (
            DATABASE,
            "",
            "import smtplib\nwith smtplib.SMTP() as file:\n    user = user\n    return user.notes[0].title",
            *("", "holds something that is awaited"),
        ),
        (
            DATABASE,
            "",
            "import smtplib\nwith smtplib.SMTP() as file:\n    if file:\n        return user.notes[0].title",
            *("", "holds something that is awaited"),
        ),
        (
            DATABASE,
            "",
            "import smtplib\nwith smtplib.SMTP() as file:\n    return file and user.notes[0].title",
            *("", "holds something that is awaited"),
        ),
        (
            DATABASE,
            "",
            "import smtplib\nwith smtplib.SMTP() as s:\n    if not s:\n        return\n"
            "    return user.notes[0].title",
            *("", "holds something that is awaited"),
        ),
        (DATABASE, MIXED, "return user.notes[0].title", "", "is loaded when it is read"),
        (TRIED, "", "return user.notes[0].title", "", "is loaded when it is read"),
        (
            DATABASE,
            "",
            "match user:\n    case User(notes=[first, *_]):\n        return first.title\nreturn user.notes",
            *("", "is loaded when a pattern reads it"),
        ),
    ],
    ids=[
        *(
            "old",
            "other class",
            "lambda",
            "generator",
            "handed on",
            "init",
            "hybrid",
            "set",
            "extended",
            "other objects",
        ),
        *("by a text, of what may be None", "by a text, of what was None", "asked of other objects"),
        *("asked of what is read", "stand-in", "set in a connection", "if in a connection"),
        *(
            "and in a connection",
            "behind a return in a connection",
            "mixed in",
            "two bases",
            "pattern",
        ),
    ],
)
def test_where_it_cannot_be_awaited_nothing_is_changed(
    tmp_path: Path, database: str, more: str, body: str, needs: str, why: str
) -> None:
    done = project(tmp_path, [body], database, more, needs)
    assert any(why in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_what_a_query_can_load_is_not_awaited(tmp_path: Path) -> None:
    done = project(
        tmp_path,
        ["return user.name"],
        more=SHOWN
        + (
            "\n\n@router.get('/one')\ndef one(db: Session = Depends(get_db)):\n"
            "    return shown(db.get(User, 1))\n"
        ),
    )
    assert done.obstacles == []
    assert "awaitable_attrs" not in done.texts["app/api.py"]
    assert "AsyncAttrs" not in done.texts["app/db.py"]


BOTH = """

class Box:
    def __init__(self, user: User):
        self.user = user


def label(box: Box) -> str:
    return f"{box.user.name} {len(box.user.notes)} {first(box.user)}"


def first(user: User) -> str:
    for each in user.notes:
        return each.title
    return ""


@router.get('/label')
def one(name: str = 'ann', db: Session = Depends(get_db)):
    return label(Box(db.get(User, 1)))
"""


def test_what_awaits_is_not_run_as_a_plain_function_as_well(tmp_path: Path) -> None:
    """A session could run `label` where it has one, but `first` below it awaits."""
    done = project(tmp_path, ["return first(user)"], more=BOTH)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/0", "/label"])
    assert after == before
    assert {status for _, status, _ in before} == {200}
