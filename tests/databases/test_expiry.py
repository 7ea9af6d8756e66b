"""What a commit, a flush or a deletion leaves of the objects that are read afterwards."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, app, convert

HANDLER = '\n@router.get("/x")\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n'


def handler(body: str) -> str:
    return HANDLER + "\n".join(f"    {line}" for line in body.split("\n")) + "\n"


def changed(folder: Path, body: str, *, factory: str = "", columns: str = "", more: str = "") -> str:
    database = DATABASE.replace("autoflush=False", f"autoflush=False{factory}")
    head, _, tail = MODELS.partition("    name: Mapped[str]")
    models = (
        "from sqlalchemy import Column, DateTime, func, text\n"
        + f"{head}    {columns or '...'}\n    name: Mapped[str]{tail}"
    )
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": models}
    done: Outcome = convert(folder, {**files, "app/api.py": HEADER + more + handler(body)})
    assert done.obstacles == []
    return done.texts["app/api.py"]


CHANGE = "user = db.get(User, id)\nuser.name = 'x'\ndb.{end}()\nreturn user.name, user.updated"
ON_UPDATE = "updated = Column(DateTime, onupdate=func.now())"
KEEPS = ", expire_on_commit=False"


@pytest.mark.parametrize(
    ("end", "factory", "columns", "is_refreshed"),
    [
        ("commit", "", "", True),
        ("commit", KEEPS, "", False),
        ("commit", KEEPS, ON_UPDATE, True),
        ("commit", KEEPS, "updated = Column(DateTime, server_onupdate=text('now'))", True),
        ("commit", KEEPS, "updated = Column(DateTime, onupdate=print)", False),
        ("commit", KEEPS, "updated = Field(sa_column=Column(DateTime, onupdate=func.now()))", True),
        ("commit", KEEPS, "updated = Field(sa_column_kwargs={'onupdate': func.now()})", True),
        ("commit", KEEPS, "updated = column_property(Column(DateTime, onupdate=func.now()))", True),
        ("commit", KEEPS, "updated = Field(sa_column_kwargs={'comment': func.now()})", False),
        ("commit", KEEPS, "made = Column(DateTime, server_default=func.now())", False),
        ("flush", "", "", False),
        ("flush", "", ON_UPDATE, True),
        ("rollback", KEEPS, "", True),
    ],
)
def test_what_expires(tmp_path: Path, end: str, factory: str, columns: str, is_refreshed: bool) -> None:
    text = changed(tmp_path, CHANGE.format(end=end), factory=factory, columns=columns)
    assert (f"    await db.{end}()\n    await db.refresh(user)\n" in text) is is_refreshed
    assert text.count("refresh") == is_refreshed


@pytest.mark.parametrize(
    ("body", "columns", "is_refreshed"),
    [
        ("user.name = 'x'\nreturn user", "", False),  # and sends the name alone
        ("user.name, user.made = 'x', None\nreturn {'user': user}", "made = Column(DateTime)", False),
        ("user.name = 'x'\ndb.commit()", "", False),
        ("user.name += 'x'\nreturn user", "", True),
        ("user.name = 'x'\nreturn user.id", "", True),
        ("user.id = 5\nreturn user", "", True),
        ("user.upper = 'x'\nreturn user", "upper = property(str, lambda self, to: print(self.name))", True),
        ("user.name = 'x'\nreturn user", "check = validates('name')(lambda self, _, to: self.id)", True),
        (
            "user.made = 'x'\nreturn user",
            "made = column_property(Column(DateTime), active_history=True)",
            True,
        ),
    ],
)
def test_a_column_that_is_set_asks_for_nothing(
    tmp_path: Path, body: str, columns: str, is_refreshed: bool
) -> None:
    text = changed(tmp_path, f"user = db.get(User, id)\ndb.commit()\n{body}", columns=columns)
    assert ("await db.refresh(user)" in text) is is_refreshed


LOOP = "users = list(db.scalars(select(User)).all())\nfor user in users:\n    user.name = 'x'\ndb.flush()\nfor user in users:\n    print({read})\nreturn 1"


@pytest.mark.parametrize(
    ("body", "is_refreshed"),
    [
        (CHANGE.replace(", user.updated", ""), False),
        (CHANGE.replace("user.name, user.updated", "Note(owner_id=user.id).title"), False),
        (CHANGE.replace("user.name, user.updated", "user.shown()"), True),
        (CHANGE.replace("user.name, user.updated", "shown(user)"), True),
        (CHANGE.replace("return", "other = user\nreturn other.name,"), True),
        (
            "for name in 'ab':\n    user = User(name=name)\n    db.add(user)\n    db.flush()\n    print(user.id)",
            False,
        ),
        (
            "user = db.get(User, id)\nfor name in 'ab':\n    print(user.updated)\n    user.name = name\n    db.flush()",
            True,
        ),
        (LOOP.format(read="user.name"), False),
        (LOOP.format(read="user.updated"), True),
        (LOOP.format(read="users[0].name"), True),
    ],
)
def test_a_flush_expires_only_what_the_database_computes(
    tmp_path: Path, body: str, is_refreshed: bool
) -> None:
    text = changed(
        tmp_path, body.format(end="flush"), columns=ON_UPDATE, more="def shown(it):\n    return str(it)\n"
    )
    assert ("refresh(" in text) is is_refreshed


TRIED = (
    "try:\n    db.flush()\n    print(user.id)\n    db.commit()\nexcept OSError:\n    {}\nreturn user.updated"
)


@pytest.mark.parametrize(
    ("body", "is_loaded_twice"),
    [
        ("db.flush()\nprint(user.id)\ndb.commit()\ndb.refresh(user)\nreturn user.updated", False),
        ("db.flush()\nprint(len(user.notes))\ndb.refresh(user)\nreturn user.updated", False),
        ("if id:\n    db.flush()\n    print(user.id)\ndb.commit()\nreturn user.updated", False),
        ("for name in 'ab':\n    db.flush()\n    print(user.id)\ndb.commit()\nreturn user.updated", False),
        (TRIED.format("raise HTTPException(500)"), False),
        ("db.flush()\nprint(user.updated)\ndb.commit()\nreturn user.updated", True),
        ("db.flush()\nif id:\n    db.commit()\nreturn user.updated", True),
        ("db.flush()\nprint(user.id)\ndb.refresh(user, ['name'])\nreturn user.updated", True),
        ("db.flush()\ndb.refresh(user, ['name'])\nreturn user.updated", True),
        ("other = SessionLocal()\ndb.flush()\nother.commit()\nreturn user.updated", True),
        (TRIED.format("pass"), True),
        (TRIED.format("raise HTTPException(user.updated)"), True),
        (
            "for name in 'ab':\n    db.flush()\n    if id:\n        break\n    db.commit()\nreturn user.updated",
            True,
        ),
    ],
)
def test_a_flush_leaves_to_the_commit_what_is_read_behind_that(
    tmp_path: Path, body: str, is_loaded_twice: bool
) -> None:
    text = changed(tmp_path, f"user = db.get(User, id)\nuser.name = 'x'\n{body}", columns=ON_UPDATE).replace(
        " ", ""
    )
    assert ("awaitdb.flush()\nawaitdb.refresh(user)\n" in text) is is_loaded_twice, text


@pytest.mark.parametrize(
    ("end", "factory", "is_loaded_again"),
    [("commit", "", True), ("commit", KEEPS, False), ("rollback", KEEPS, True)],
)
def test_relationships_that_a_commit_leaves_loaded_are_loaded_once(
    tmp_path: Path, end: str, factory: str, is_loaded_again: bool
) -> None:
    text = changed(
        tmp_path,
        f"note = db.query(Note).filter(Note.id == id).one()\nnote.title = 'x'\ndb.{end}()\nreturn note.owner.name",
        factory=factory,
    )
    assert ("await db.refresh(note, ['owner'])" in text.replace('"', "'")) is is_loaded_again
    assert ("selectinload(Note.owner)" in text) is not is_loaded_again


ADDED = "user = User(name='x')\nsave(db, user)\ndb.commit()\nreturn user.name"


@pytest.mark.parametrize(
    ("more", "is_refreshed"),
    [
        ("def save(db: Session, it):\n    db.add(it)\n", True),
        (
            "def keep(db: Session, it):\n    db.add(it)\n\ndef save(db: Session, it):\n    keep(db, it)\n",
            True,
        ),
        ("def save(db: Session, it):\n    db.add(Note(title='y'))\n", False),
        ("def save(db: Session, it):\n    print(it)\n", False),
    ],
)
def test_a_helper_adds_it(tmp_path: Path, more: str, is_refreshed: bool) -> None:
    assert ("await db.refresh(user)" in changed(tmp_path, ADDED, more=more)) is is_refreshed


@pytest.mark.parametrize("names", ["['notes']", "attribute_names=['notes']"])
def test_what_is_refreshed_in_part_is_loaded_whole_before(tmp_path: Path, names: str) -> None:
    body = (
        f"user = db.get(User, id)\nuser.name = 'x'\ndb.commit()\ndb.refresh(user, {names})\nreturn user.name"
    )
    assert "db.commit()\n    await db.refresh(user)\n    await db.refresh(user, " in changed(tmp_path, body)


LISTED = """found = []
for name in ("a", "b"):
    note = Note(title=name)
    found.append({member})
{before}db.commit()
for note in found:
    print(note.title)
return 1"""
GUARDED = "    for each in found:\n        if each in db:\n            await db.refresh(each)\n"


@pytest.mark.parametrize(
    ("member", "before", "refreshes"),
    [
        ("note", "", None),
        ("Note(title='x')", "", None),
        ("note", "other = User(name='x')\ndb.add(other)\n", None),
        ("note", "db.add_all(found)\n", GUARDED),
        ("note", "for each in found:\n    db.add(each)\n", GUARDED),
        ("note", "save(db, found)\n", GUARDED),
        ("note", "user = db.get(User, 1)\nuser.notes = found\n", GUARDED),
        ("note", "db.add(note)\n", GUARDED),
        ("note", "found.extend(db.scalars(select(Note)).all())\n", GUARDED),
        ("db.get(Note, id)", "", "    for each in found:\n        await db.refresh(each)\n"),
        (
            "db.get(Note, id)",
            "db.delete(db.get(User, 1))\n",
            "    for each in found:\n        await db.refresh(each)\n",
        ),
        ("db.get(Note, id)", "for each in found:\n    db.delete(each)\n", GUARDED),
        ("db.get(Note, id)", "drop(db)\n", GUARDED),
    ],
)
def test_a_list_of_objects_that_no_session_has_is_not_loaded_again(
    tmp_path: Path, member: str, before: str, refreshes: str | None
) -> None:
    """`refresh()` of an object that was never added, or is deleted, fails."""
    save = "def save(db: Session, found: list[Note]) -> None:\n    db.add_all(found)\n"
    save += "\ndef drop(db: Session) -> None:\n    db.delete(db.get(Note, 1))\n"
    text = changed(tmp_path, LISTED.format(member=member, before=before), more=save)
    assert ("refresh(" not in text) if refreshes is None else (refreshes in text)


@pytest.mark.parametrize(
    ("given", "keeps"),
    [
        ("Note(title=number)", False),
        ("Note(owner=number)", True),
        ("Note(title=number, owner=number)", True),
        ("Note(**{'title': number})", True),
        ("number", True),
        ("wrap(number)", True),
    ],
)
def test_what_fills_a_column_is_no_object_of_the_session(tmp_path: Path, given: str, keeps: bool) -> None:
    body = f"number = load(payload)\ndb.add({given})\ndb.commit()\nreturn number"
    text = (
        f"{HEADER}\nfrom somewhere import load, wrap\n{handler(body).replace('id: int = 1', 'payload: dict')}"
    )
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/api.py": text}
    done = convert(tmp_path, files)
    assert done.obstacles == []
    assert ("expire_on_commit=False" in done.texts["app/db.py"]) is keeps


@pytest.mark.parametrize(
    ("factory", "made"),
    [
        ("sessionmaker(engine, expire_on_commit=True)", "async_sessionmaker(engine, expire_on_commit=False)"),
        ("sessionmaker(engine, **OPTIONS)", "async_sessionmaker(engine, **OPTIONS, expire_on_commit=False)"),
        ("sessionmaker(engine, **EXPIRING)", "async_sessionmaker(engine, **EXPIRING)"),
        ("sessionmaker(engine, **load())", ""),
    ],
)
def test_sessions_that_say_that_they_expire(factory: str, made: str, tmp_path: Path) -> None:
    """Reading the object had failed, as it was loaded on the event loop."""
    options = "OPTIONS = {'autoflush': False}\nEXPIRING = {'expire_on_commit': True}\n"
    database = DATABASE.replace("sessionmaker(bind=engine, autoflush=False)", factory)
    database = database.replace("\nSession", f"\nfrom somewhere import load\n\n{options}\nSession")
    body = "if not (found := db.get(model_of(id), id)):\n    return 0\ndb.commit()\nreturn found.name"
    text = f"{HEADER}\nfrom somewhere import model_of\n{handler(body)}"
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS, "app/api.py": text}
    done = convert(tmp_path, files)
    assert ["must be False" in each for each in done.obstacles] == [True] * (not made)
    if made:
        assert f"SessionLocal = {made}\n" in done.texts["app/db.py"]
        assert ("EXPIRING = {'expire_on_commit': False}" in done.texts["app/db.py"]) is ("EXPIRING" in made)


def test_an_object_that_a_condition_binds_is_read_after_the_commit(tmp_path: Path) -> None:
    """Nobody knows its class: reading it had failed, as it was loaded on the event loop."""
    body = "if not (found := db.get(model_of(id), id)):\n    return 0\ndb.commit()\nreturn found.name"
    text = f"{HEADER}\nfrom somewhere import model_of\n{handler(body)}"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/api.py": text}
    assert "expire_on_commit=False" in convert(tmp_path, files).texts["app/db.py"]


REMOVE = "def remove(db: Session, id: int):\n    db.delete(db.get({model}, id))\n    db.commit()\n"


@pytest.mark.parametrize("added", ["first", "second"])
def test_what_is_made_for_a_later_commit_is_not_there_yet(tmp_path: Path, added: str) -> None:
    save = "\ndef save(db: Session, user: User) -> User:\n    db.add(user)\n    db.commit()\n    db.refresh(user)\n    return user\n"
    body = f"first = User(name='x')\nsecond = User(name='y')\nsave(db, {added})\nsecond = save(db, second)\nreturn first.name + second.name"
    assert ("db.refresh(second)" in changed(tmp_path, body, more=save)) is (added == "second")


@pytest.mark.parametrize(
    ("model", "cascade", "becomes"),
    [
        ("Note", "", "if note in db:\n        await db.refresh(note)"),
        ("User", ', cascade="all, delete-orphan"', "if note in db:\n        await db.refresh(note)"),
        ("User", "", "await remove(db, 1)\n    await db.refresh(note)"),
    ],
)
def test_what_may_be_deleted_is_refreshed_if_it_is_there(
    tmp_path: Path, model: str, cascade: str, becomes: str
) -> None:
    models = MODELS.replace(
        'relationship(back_populates="owner")', f'relationship(back_populates="owner"{cascade})'
    )
    body = "note = db.get(Note, id)\nprint(note.title)\nremove(db, 1)\nreturn note.title"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + REMOVE.format(model=model) + handler(body)})
    assert becomes in done.texts["app/api.py"]


GONE = "db.delete(user)\n"
IF_THERE = "if user in db:\n        await db.refresh(user)\n    return"


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (f"{GONE}db.commit()\nreturn user.name", "commit()\n    return"),
        (f"{GONE}if id:\n    db.commit()\nreturn user.name", "commit()\n    return"),
        (f"{GONE}db.rollback()\nreturn user.name", IF_THERE),
        (f"if id:\n    {GONE}db.commit()\nreturn user.name", IF_THERE),
        (f"{GONE}user = db.get(User, 2)\nuser.name = 'x'\ndb.commit()\nreturn user.name", IF_THERE),
        (
            f"{GONE}for user in db.scalars(select(User)).all():\n    db.commit()\n    print(user.name)",
            "refresh(",
        ),
        (
            "db.delete(user.notes[0])\ndb.commit()\nreturn user.name",
            "commit()\n    await db.refresh(user)\n    return",
        ),
    ],
)
def test_what_was_deleted_under_the_same_name_is_another_object(
    tmp_path: Path, body: str, becomes: str
) -> None:
    head = "user = db.scalars(select(User)).one()\n"
    assert becomes in changed(tmp_path, head + body)


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (
            "db.expire(user)\nreturn user.name + other.name",
            "db.expire(user)\n    await db.refresh(user)\n    return",
        ),
        ("db.expire_all()\nreturn user.name", "db.expire_all()\n    await db.refresh(user)\n    return"),
        ("db.expire(other)\nreturn user.name", "db.expire(other)\n    return"),
    ],
)
def test_what_is_expired_by_hand(tmp_path: Path, body: str, becomes: str) -> None:
    head = "user = db.scalars(select(User)).one()\nother = db.scalars(select(User)).one()\n"
    assert becomes in changed(tmp_path, head + body, factory=KEEPS)


@pytest.mark.parametrize(
    ("rest", "is_refreshed"),
    [
        ("return len(users)", False),
        ("if not users:\n    return 0\nreturn 1", False),
        ("return users is None", False),
        ("return users", False),  # [{}], as it was
        ("return users or sorted(users)", True),
        ("print(len(users))\nreturn users[0].name", True),
        ("return len(users[0].name)", True),
        ("return max(users)", True),
        ("for user in users:\n    print(len(users))\n    db.commit()", True),
    ],
)
def test_what_is_only_counted_is_not_loaded_again(tmp_path: Path, rest: str, is_refreshed: bool) -> None:
    body = f"users = db.scalars(select(User)).all()\nusers[0].name = 'x'\ndb.commit()\n{rest}"
    assert ("await db.refresh(" in changed(tmp_path, body)) is is_refreshed


@pytest.mark.parametrize(
    ("turn", "is_refreshed"),
    [
        ("users = db.scalars(select(User)).all()\nCHANGE\ndb.commit()\nprint(len(users))", False),
        (
            "users = []\nusers += db.scalars(select(User)).all()\nCHANGE\ndb.commit()\nprint(len(users))",
            False,
        ),
        (
            "users = db.scalars(select(User)).all()\nif users:\n    CHANGE\n    db.commit()\n    print(len(users))",
            False,
        ),
        (
            "for users in [db.scalars(select(User)).all()]:\n    CHANGE\n    db.commit()\n    print(len(users))",
            False,
        ),
        ("users = db.scalars(select(User)).all()\nCHANGE\ndb.commit()\nprint(users[0].name)", True),
        ("users = users or db.scalars(select(User)).all()\nCHANGE\ndb.commit()\nprint(len(users))", True),
        ("if n:\n    users = db.scalars(select(User)).all()\nCHANGE\ndb.commit()\nprint(len(users))", True),
        ("CHANGE\nusers = db.scalars(select(User)).all()\ndb.commit()\nprint(len(users))", True),
        (
            "users = db.scalars(select(User)).all()\nwhile n < 2:\n    CHANGE\n    db.commit()\n    n += 1",
            True,
        ),
        ("users = db.scalars(select(User)).all()\nCHANGE\ndb.commit()\nlater = lambda: users[0].name", True),
    ],
)
def test_what_the_next_turn_loads_itself_is_not_loaded_again(
    tmp_path: Path, turn: str, is_refreshed: bool
) -> None:
    turn = indent(turn.replace("CHANGE", "users[0].name = users[0].name + 'x'"), "    ")
    body = f"users = db.scalars(select(User)).all()\nfor n in range(2):\n{turn}\nreturn 1"
    assert ("await db.refresh(" in changed(tmp_path, body)) is is_refreshed


def test_the_truth_of_an_object_may_be_its_own_affair(tmp_path: Path) -> None:
    body = "user = db.scalars(select(User)).one()\ndb.commit()\nreturn 1 if user else 0"
    assert "await db.refresh(user)" in changed(tmp_path, body)
    assert "refresh" not in changed(tmp_path, body.replace("if user", "if user is not None"))


LOOP = "users = db.scalars(select(User)).all()\nfor user in users:\n    {read}\n    db.commit()\nreturn 1"


@pytest.mark.parametrize(
    ("read", "is_refreshed"),
    [
        ("user.name = user.name + 'x'", True),
        ("print(user)", True),
        ("user.name += 'x'", True),
        ("user.name = 'x'", False),
        ("db.delete(user)", False),
        ("db.add(user)\n    print(user.name)", False),
    ],
)
def test_a_loop_that_commits(tmp_path: Path, read: str, is_refreshed: bool) -> None:
    text = changed(tmp_path, LOOP.format(read=read))
    assert ("    for user in users:\n        await db.refresh(user)\n" in text) is is_refreshed


@pytest.mark.parametrize(
    ("end", "comes_round"),
    [
        ("return 1", False),
        ("break", False),
        ("print(1)\n        return 1", False),
        ("if len(users) > 5:\n            continue\n        return 1", True),
        ("if len(users) > 5:\n            return 1", True),
        ("pass", True),
    ],
)
def test_a_loop_that_a_commit_ends(tmp_path: Path, end: str, comes_round: bool) -> None:
    read = f"if user.name == 'x':\n        db.commit()\n        {end}"
    body = LOOP.format(read=read).replace("    db.commit()\nreturn", "return")
    text = changed(tmp_path, body)
    assert ("    for user in users:\n        await db.refresh(user)\n" in text) is comes_round


def test_a_loop_that_commits_what_stays_loaded(tmp_path: Path) -> None:
    assert "refresh" not in changed(tmp_path, LOOP.format(read="print(user.name)"), factory=KEEPS)


def test_a_loop_that_rolls_back(tmp_path: Path) -> None:
    body = LOOP.format(read="print(user.name)").replace("db.commit()", "db.rollback()")
    assert "        await db.refresh(user)\n" in changed(tmp_path, body, factory=KEEPS)


@pytest.mark.parametrize(
    ("check", "is_sure"),
    [
        ("if not user:\n    return 0", True),
        ("if not user or user.name == 'x':\n    return 0", True),
        ("if user.name == 'x' or user is None:\n    return 0", True),
        ("if not user and id:\n    return 0", False),
        ("if user:\n    print(1)", False),
    ],
)
def test_what_surely_is_there(tmp_path: Path, check: str, is_sure: bool) -> None:
    text = changed(tmp_path, f"user = db.get(User, id)\n{check}\ndb.commit()\nreturn user.name")
    assert ("    await db.commit()\n    await db.refresh(user)\n" in text) is is_sure
    assert ("    if user is not None:\n        await db.refresh(user)\n" in text) is not is_sure


def test_xunit_setup_runs_coroutines_itself(tmp_path: Path) -> None:
    test = (
        "from app.api import fill\n\n\ndef setup_module():\n    fill()\n\n\ndef test_it():\n    assert True\n"
    )
    fill = (
        "def fill():\n    with SessionLocal() as db:\n        db.add(User(name='x'))\n        db.commit()\n"
    )
    done = convert(
        tmp_path,
        {
            "app/__init__.py": "",
            "app/db.py": DATABASE,
            "app/models.py": MODELS,
            "app/api.py": HEADER + fill + handler("return db.get(User, id).name"),
            "tests/test_it.py": test,
        },
    )
    assert "def setup_module():\n    asyncio.run(fill())\n" in done.texts["tests/test_it.py"]


def test_xunit_setup_that_works_on_a_session(tmp_path: Path) -> None:
    test = "from app.db import SessionLocal\nfrom app.models import User\n\n\ndef setup_module():\n    with SessionLocal() as db:\n        db.get(User, 1)\n"
    done = app(tmp_path, handler("return db.get(User, id).name"))
    assert done.obstacles == []
    done = convert(
        tmp_path / "two",
        {
            "app/__init__.py": "",
            "app/db.py": DATABASE,
            "app/models.py": MODELS,
            "app/api.py": HEADER + handler("return db.get(User, id).name"),
            "tests/test_it.py": test,
        },
    )
    assert any("setup_module is called for its name, and not awaited" in text for text in done.obstacles), (
        done.obstacles
    )


READ = "\ndb.commit()\nreturn user.name if user else 'nobody'"
FIND = "def find(db: Session, id: int){returns}:\n    return {found}\n\n\n"
KEPT = "def find(db: Session, id: int):\n    kept = db.get(User, id)\n    {then}\n\n\n"
CHECKED = "def found(db: Session, id: int):\n    user = db.get(User, id)\n    if user is None:\n        raise HTTPException(404)\n    return user\n\n\n"


@pytest.mark.parametrize(
    "proof",
    [
        "user = db.get(User, id)\nif not user:\n    raise HTTPException(404)",
        "user = db.get(User, id)\nif user is None or id < 0:\n    return None",
        "user = db.get(User, id)\nif user == None:\n    raise HTTPException(404)",
        "user = db.get(User, id)\nassert user is not None",
        "user = db.get(User, id)\nassert user",
        "user = db.get(User, id)\nuser.name = 'x'",
        "user = db.get(User, id)\nprint(user.name)",
        "user = db.query(User).one()",
        "user = max(db.query(User).all(), key=id)",
        "user = User(name='x')\ndb.add(user)",
        "user = db.get(User, id)\nuser = db.query(User).filter(User.id > id).one()",
        "user = find(db, id)",
        "user = found(db, id)",
        "user = db.get(User, id)\nif user is None:\n    user = User(name='x')\n    db.add(user)",
        "if id:\n    user = User(name='x')\nelse:\n    user = User(name='y')\ndb.add(user)",
        "user = db.get(User, id)\nprint(user.name and id, id if user.name else 3)",
    ],
)
def test_what_is_surely_there_is_refreshed_at_once(tmp_path: Path, proof: str) -> None:
    more = FIND.format(returns=" -> User", found="db.query(User).filter(User.id == id).one()") + CHECKED
    text = changed(tmp_path, proof + READ, more=more)
    assert "    await db.commit()\n    await db.refresh(user)\n" in text


@pytest.mark.parametrize(
    ("found", "more"),
    [
        ("user = db.get(User, id)", ""),
        ("user = db.get(User, id)\nif not user:\n    print('nobody')", ""),
        ("user = db.get(User, id)\nif not user and id > 3:\n    return None", ""),
        ("user = db.get(User, id)\nif id:\n    user.name = 'x'", ""),
        ("user = db.get(User, id)\nprint(lambda: user.name)", ""),
        ("user = db.get(User, id)\nprint(user and user.name)", ""),
        ("user = db.query(User).one()\nuser = db.get(User, id)", ""),
        ("user = db.query(User).filter(User.id == id).first()", ""),
        ("user = db.query(User).filter(User.id == id).one_or_none()", ""),
        ("user = db.query(User).one()\nif id:\n    user = None", ""),
        ("found = db.query(User).all()\nuser = next((each for each in found if each.id == id), None)", ""),
        ("user = max(db.query(User).all(), key=id, default=None)", ""),
        ("user = copy(db.get(User, id))", "from copy import copy\n\n"),
        ("user = db.query(User).one()\nfor user in db.query(User):\n    print(id)", ""),
        ("user = db.get(User, id)\nprint([user.name for _ in range(id)])", ""),
        ("user = db.get(User, id)\nprint(user.name if user else 'x')", ""),
        ("user = find(db, id)", FIND.format(returns="", found="db.get(User, id)")),
        ("user = find(db, id)", FIND.format(returns=" -> User | None", found="db.get(User, id)")),
        (
            "user = find(db, id)",
            "Maybe = User | None\n" + FIND.format(returns=" -> Maybe", found="db.get(User, id)"),
        ),
        ("user = find(db, id)", KEPT.format(then="return kept")),
        ("user = find(db, id)", KEPT.format(then="if kept is not None:\n        return kept")),
        ("user = find(db, id)", FIND.format(returns=" -> 'Optional[User]'", found="db.get(User, id)")),
    ],
)
def test_what_may_be_missing_is_asked_for_first(tmp_path: Path, found: str, more: str) -> None:
    text = changed(tmp_path, found + READ, more=more)
    assert "    if user is not None:\n        await db.refresh(user)\n" in text
    assert text.count("refresh") == 1


@pytest.mark.parametrize(
    ("loop", "times"),
    [
        ("for user in users:\n    db.refresh(user)", 1),
        ("for user in users:\n    print(user.name)\n    db.refresh(user)", 2),
        ("for user in users[1:]:\n    db.refresh(user)", 2),
    ],
)
def test_a_loop_that_loads_all_of_them_again_is_enough(tmp_path: Path, loop: str, times: int) -> None:
    body = f"users = db.query(User).all()\ndb.commit()\n{loop}\nreturn [user.name for user in users]"
    assert changed(tmp_path, body).count("await db.refresh(") == times


@pytest.mark.parametrize(
    ("body", "times"),
    [
        ("try:\n    db.commit()\nexcept OSError:\n    db.rollback()\n    raise\ndb.refresh(user)", 1),
        ("try:\n    db.commit()\nexcept OSError:\n    raise\nelse:\n    db.refresh(user)", 1),
        ("try:\n    db.commit()\nfinally:\n    print(1)\ndb.refresh(user)", 1),
        ("if id:\n    db.commit()\ndb.refresh(user)", 1),
        ("try:\n    db.commit()\n    db.refresh(user)\nexcept OSError:\n    pass", 1),
        ("try:\n    db.commit()\n    print(id)\n    db.refresh(user)\nexcept OSError:\n    raise", 1),
        ("try:\n    db.commit()\n    print(id)\n    db.refresh(user)\nexcept OSError:\n    pass", 2),
        ("try:\n    db.commit()\nfinally:\n    print(user.name)\ndb.refresh(user)", 2),
        ("try:\n    db.commit()\nexcept OSError:\n    print(user.name)\ndb.refresh(user)", 2),
        ("try:\n    db.commit()\n    print(user.name)\nexcept OSError:\n    raise\ndb.refresh(user)", 2),
        ("if id:\n    db.commit()\nprint(user.name)\ndb.refresh(user)", 2),
        ("for _ in range(id):\n    print(user.name)\n    db.commit()\ndb.refresh(user)", 2),
    ],
)
def test_what_is_loaded_again_behind_the_block_is_loaded_once(tmp_path: Path, body: str, times: int) -> None:
    text = changed(tmp_path, f"user = db.get(User, id)\n{body}\nreturn user.name")
    assert text.count("await db.refresh(user)") == times


@pytest.mark.parametrize(
    ("between", "times"),
    [
        ("db.add(User(name='x'))", 1),
        ("print(id)", 1),
        ("assert id", 1),
        ("print(user.name)", 2),
        ("if id:\n    print(id)", 2),
        ("if id:\n    return id", 2),
        ("db.rollback()", 1),
        ("with SessionLocal() as other:\n    other.commit()", 2),
    ],
)
def test_what_expires_again_before_it_is_read_is_loaded_once(
    tmp_path: Path, between: str, times: int
) -> None:
    text = changed(
        tmp_path, f"user = db.get(User, id)\ndb.commit()\n{between}\ndb.commit()\nreturn user.name"
    )
    assert text.count("await db.refresh(user)") == times


def test_what_two_sessions_commit_is_loaded_by_its_own(tmp_path: Path) -> None:
    body = "other = SessionLocal()\nuser = db.get(User, id)\ndb.commit()\nother.commit()\nother.close()\nreturn user.name"
    text = changed(tmp_path, body)
    assert text.index("await db.refresh(user)") < text.index("await other.commit()")


@pytest.mark.parametrize(
    ("body", "times"),
    [
        ("db.commit()\nfor note in db.query(Note):\n    print(note.title)\nreturn note.title", 0),
        ("db.commit()\nif id:\n    note = db.get(Note, id)\nreturn note.title", 0),
        ("note = db.get(Note, id)\ndb.commit()\nfor note in db.query(Note):\n    print(note.title)\nreturn note.title", 1),
        ("while id:\n    if id > 1:\n        db.commit()\n        return note.title\n    note = db.get(Note, id)", 1),
    ],
)  # fmt: skip
def test_what_nothing_has_bound_yet_is_not_loaded_again(tmp_path: Path, body: str, times: int) -> None:
    """A read behind a loop wants what it binds; before it the name has no value."""
    assert changed(tmp_path, body).count("await db.refresh(note)") == times


GENERIC = """
from typing import Generic, TypeVar

from sqlalchemy.orm import DeclarativeBase

M = TypeVar("M", bound=DeclarativeBase)


class Repository(Generic[M]):
    def __init__(self, model: type[M]):
        self.model = model

    def get(self, db: Session, id: int) -> M | None:
        return db.query(self.model).filter(self.model.id == id).first()

    def hide(self, db: Session, id: int) -> M | None:
        row = self.get(db, id)
        if row is None:
            return None
        if hasattr(row, "name"):
            row.name = "hidden"
        else:
            db.delete(row)
        db.commit()
        if hasattr(row, "name"):
            db.refresh(row)
        return row


users, notes = Repository[User](User), Repository[Note](Note)


@router.get("/{kind}/{id}")
def hide(kind: str, id: int, db: Session = Depends(get_db)):
    row = (users if kind == "users" else notes).hide(db, id)
    return None if row is None else row.id
"""


def test_an_object_of_a_declarative_base_is_one_of_the_project(tmp_path: Path) -> None:
    """After the commit `hasattr` asks the database; such requests had done their work and answered 500."""
    done = app(tmp_path, GENERIC, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/users/1", "/notes/1", "/users/9", "/notes/2"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 4
