"""Slow work of a helper, or an object, that is given the database session: its task opens one of its own."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest
from projects import DATABASE, HEAD, LEFT, OUTBOX, PACKAGES, ROUTES, Migrated, migrate, source

LOG = """

class Log(Base):
    __tablename__ = "logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
"""
LETTERS = """\
from fastapi import Depends, HTTPException
from sqlalchemy.orm import Session

from app.db import Log, SessionLocal, User, get_db
from app.mail import send_welcome

shared = SessionLocal()


def tell_one(db: Session, user_id: int) -> None:
    user = db.get(User, user_id)
    if user is not None:
        send_welcome(user.email, "one")


def tell_all(text: str, *, db: Session) -> None:
    for user in db.query(User).order_by(User.id).all():
        send_welcome(user.email, text)


def tell_user(db: Session, user: User) -> None:
    count = db.query(User).count()
    send_welcome(user.email, f"one of {count}")


def tell_and_log(db: Session, to: str) -> None:
    send_welcome(to, "logged")
    db.add(Log(text=to))
    db.commit()


def tell_and_count(db: Session, to: str) -> int:
    send_welcome(to, "counted")
    return db.query(User).count()


def tell_or_refuse(db: Session, user_id: int) -> None:
    user = db.get(User, user_id)
    if user is None:
        raise HTTPException(404)
    send_welcome(user.email, "refused")


def mark(db: Session, user: User) -> None:
    try:
        send_welcome(user.email, "marked")
        user.email = "told"
    except OSError:
        user.email = "lost"
    db.commit()


def note(db: Session, user: User) -> None:
    log = Log(text="begun")
    db.add(log)
    db.commit()
    try:
        send_welcome(user.email, "noted")
        log.text = "noted"
    except OSError:
        log.text = "lost"
    db.commit()


class Base:
    def __init__(self, db: Session) -> None:
        self.db = db


class Letters(Base):
    def add(self, email: str) -> None:
        self.db.add(User(email=email))
        self.db.flush()

    def tell(self, user_id: int) -> None:
        tell_one(self.db, user_id)
        send_welcome(self.db.get(User, user_id).email, "letter")


def get_letters(db: Session = Depends(get_db)) -> Letters:
    return Letters(db)


class SharedLetters(Base):
    def tell(self, user_id: int) -> None:
        send_welcome(self.db.get(User, user_id).email, "shared")


class Made:
    def __init__(self, db: Session) -> None:
        self.db = db

    def tell(self, user_id: int) -> None:
        send_welcome(self.db.get(User, user_id).email, "made")


made = Made(shared)
"""
ADDS = "user = User(email='new')\ndb.add(user)\n"
MOVES = {
    "one": (f"{ADDS}db.commit()\ntell_one(db, user.id)\nreturn {{}}", "tell_one_task.kiq, user.id)"),
    "all": ("tell_all('all', db=db)\nreturn {}", "tell_all_task.kiq('all')"),
    "behind": ("background.add_task(tell_one, db, 1)\nreturn {}", "tell_one_task.kiq(1)"),
    "logged": ("background.add_task(tell_and_log, db, 'log')\nreturn {}", "tell_and_log_task.kiq('log')"),
    "object": (
        f"{ADDS}db.commit()\ndb.refresh(user)\ntell_user(db, user)\nreturn {{}}",
        "tell_user_task.kiq, user.id)",
    ),
    "method": ("Letters(db).tell(1)\nreturn {}", "await tell_task.kiq(1)"),
    "kept": ("letters = Letters(db)\nletters.tell(1)\nreturn {}", "await send_kept_email_task.kiq()"),
    "bound": (
        "letters = Letters(db)\nbackground.add_task(letters.tell, user_id)\nreturn {}",
        "await send_bound_email_task.kiq(user_id)",
    ),
    "inner": (
        "def job():\n    letters = get_letters(db)\n    letters.tell(user_id)\n\n"
        "background.add_task(job)\nreturn {}",
        "await send_inner_email_task.kiq(user_id)",
    ),
    "caught": (
        "try:\n    user = db.query(User).filter(User.id == user_id).first()\n    if user:\n"
        "        tell_one(db, user.id)\nexcept OSError as error:\n    print(error)\nreturn {}",
        "await caught_task.kiq(user_id)",
    ),
    "given": ("given.tell(user_id)\nreturn {}", "await letters_tell_task.kiq(user_id)"),
    "made": ("print(type(given))\ngiven.tell(user_id)\nreturn {}", "await letters_tell_task.kiq(user_id)"),
    "marked": (
        "user = db.get(User, user_id)\nif user is None:\n    raise HTTPException(404)\n"
        "background.add_task(mark, db, user)\nreturn {}",
        "add_task(mark_task.kiq, user.id)",
    ),
}
STAYS = {
    "not committed": f"{ADDS}db.flush()\ntell_one(db, user.id)\nreturn {{}}",
    "not committed, behind": f"{ADDS}db.flush()\nbackground.add_task(tell_one, db, user.id)\nreturn {{}}",
    "not committed, by an object": f"{ADDS}db.flush()\ngiven.tell(user.id)\nreturn {{}}",
    "not committed by the object": "given.add('x')\ngiven.tell(1)\nreturn {}",
    "committed after it": f"tell_one(db, 1)\n{ADDS}db.commit()\nreturn {{}}",
    "rows of its own that the next request may look at": "tell_and_log(db, 'x')\nreturn {}",
    "its result is used": "return {'n': tell_and_count(db, 'x')}",
    "it may refuse": "tell_or_refuse(db, 1)\nreturn {}",
    "its failure is answered": (
        "try:\n    tell_one(db, 1)\nexcept Exception:\n    return {'failed': True}\nreturn {}"
    ),
    "it changes an object that is answered": (
        "user = db.get(User, 1)\nmark(db, user)\nreturn {'to': user.email}"
    ),
    "what it asks for must be there": (
        "try:\n    user = db.query(User).one()\n    tell_one(db, user.id)\nexcept OSError:\n    pass\n"
        "return {}"
    ),
    "what it asks for is changed afterwards": (
        "try:\n    user = db.query(User).first()\n    tell_one(db, user.id)\nexcept OSError:\n    pass\n"
        "db.query(User).delete()\ndb.commit()\nreturn {}"
    ),
    "a row beside it is committed behind": (
        "letters = Letters(db)\nletters.tell(1)\ndb.add(User(email='x'))\ndb.commit()\nreturn {}"
    ),
    "a session of all": "tell_one(shared, 1)\nreturn {}",
    "one of two": "own = db if user_id else shared\ntell_one(own, 1)\nreturn {}",
    "a row that is locked": "db.query(User).with_for_update().first()\ntell_one(db, 1)\nreturn {}",
    "a session with a way of its own": "db.autoflush = False\ntell_one(db, 1)\nreturn {}",
    "an object of all": "made.tell(1)\nreturn {}",
    "another object like it is of all": "Made(db).tell(1)\nreturn {}",
}
PYPROJECT = '[project]\nname = "x"\nversion = "1"\n'
SERVICE = ", given: Letters = Depends(get_letters)"
TAKES = "user_id: int, background: BackgroundTasks, db: Session = Depends(get_db)"


def _project(folder: Path, cases: dict[str, str], letters: str = LETTERS, **more: str) -> Migrated:
    defined = [
        node.name for node in ast.parse(letters).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    ]
    named = set(re.findall(r"\w+", " ".join([*cases.values(), SERVICE if "given" in str(cases) else ""])))
    imports = (
        "from fastapi import BackgroundTasks, Depends, HTTPException\nfrom sqlalchemy.orm import Session\n\n"
        "from app.db import User, get_db\n"
        f"from app.letters import {', '.join(sorted(named & {*defined, 'made', 'shared'}))}\n\n\n"
    )
    takes = {name: TAKES + SERVICE * bool(re.search(r"\bgiven\b", body)) for name, body in cases.items()}
    routes = "\n\n".join(
        f'@router.post("/{name}")\ndef {name}({takes[name]}):\n{indent(body, "    ")}\n'
        for name, body in cases.items()
    )
    opened = "    db = SessionLocal()\n    try:\n        yield db\n    except Exception as error:\n"
    opened += "        print(error)\n        db.rollback()\n        raise\n    finally:\n        db.close()\n"
    database = DATABASE.replace("    with SessionLocal() as db:\n        yield db\n", opened)
    script = "from sqlalchemy import create_engine\n\nif __name__ == '__main__':\n    create_engine('mysql://old')\n"
    more = {"scripts/old.py": script, **more}
    files = {"app/db.py": database + LOG, "app/letters.py": letters, "pyproject.toml": LEFT}
    return migrate(folder, {**PACKAGES, **files, ROUTES: HEAD + imports + routes, **more})


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("moved"), {name: body for name, (body, _) in MOVES.items()})


@pytest.mark.parametrize("route", MOVES)
def test_it_is_queued_without_the_session(moved: Migrated, route: str) -> None:
    assert MOVES[route][1] in moved.body(route)


def test_a_session_that_the_handler_does_not_need_any_more_is_not_asked_for(moved: Migrated) -> None:
    assert moved.body("inner").startswith(
        "async def inner(user_id: int):\n    await send_inner_email_task.kiq(user_id)\n"
    )
    assert "db: Session = Depends(get_db)" in moved.body("one")


def test_tasks_of_handlers_that_stay_in_their_threads_are_counted(moved: Migrated) -> None:
    assert moved.report.statistics["tasks"] == moved.tasks.count("@broker.task")


def test_the_task_opens_its_own(moved: Migrated) -> None:
    assert "from app.db import SessionLocal, User\n" in moved.imports
    assert (
        source(
            """
        @broker.task
        def tell_user_task(user_id: int) -> None:
            with SessionLocal() as db:
                user = db.get(User, user_id)
                if user is None:
                    return
                tell_user(db, user)


        @broker.task
        def tell_task(user_id: int) -> None:
            with SessionLocal() as db:
                Letters(db).tell(user_id)
        """
        )
        in moved.tasks
    )


SERVED = """
import json
import warnings

warnings.simplefilter("ignore")
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from app.db import Base
from app.main import app

engine = create_engine("sqlite:///users.db")
Base.metadata.create_all(engine)
with engine.begin() as connection:
    connection.execute(text("insert into users (id, email) values (1, 'ann')"))
with TestClient(app) as client:
    answers = [client.post("/" + name, params={"user_id": 1}).json() for name in %s]
with engine.connect() as connection:
    logs = [[*row] for row in connection.execute(text("select text from logs"))]
    emails = [row[0] for row in connection.execute(text("select email from users order by id"))]
    print(json.dumps([answers, logs, emails]))
"""


def _printed(moved: Migrated, folder: Path, urls: list[str]) -> list[str]:
    """What the program prints, before and after."""
    for path, text in moved.before.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    code = OUTBOX + SERVED % urls
    after = moved.runs(code, TASKIQ_IN_PLACE="1").splitlines()
    before = replace(moved, folder=folder).runs(code).splitlines()
    assert sorted(after) == sorted(before)
    return before


def test_the_same_is_sent_and_stored(moved: Migrated, tmp_path: Path) -> None:
    before = _printed(moved, tmp_path, [*MOVES])
    assert sum(line.startswith("mail ") for line in before) == 20
    assert json.loads(before[-1]) == [[{}] * len(MOVES), [["log"]], ["told", "new", "new"]]


@pytest.mark.parametrize("hazard", STAYS)
def test_what_a_session_of_its_own_would_not_do_stays(tmp_path: Path, hazard: str) -> None:
    done = _project(tmp_path, {"h": STAYS[hazard]})
    assert "kiq" not in done.body("h")
    assert not done.tasks


def test_tests_with_a_session_of_theirs_would_look_at_another_database(tmp_path: Path) -> None:
    conftest = "from app.db import get_db\nfrom app.main import app\n\n"
    conftest += "app.dependency_overrides[get_db] = lambda: None\n"
    done = _project(tmp_path, {"h": "tell_one(db, 1)\nreturn {}"}, **{"tests/conftest.py": conftest})
    assert not done.tasks
    assert any("tests have another one" in why for why in done.stays)


def test_a_helper_that_goes_async_with_the_database_works_with_an_async_session(tmp_path: Path) -> None:
    """`note` waits for the mail, as it needs the row behind it: it is a worker that waits."""
    letters = LETTERS.partition("\n\nclass ")[0].replace("shared = SessionLocal()\n\n\n", "")
    letters = letters.replace("import Depends, ", "import ").replace(", get_db\n", "\n")
    cases = {"logged": MOVES["logged"][0], "noted": MOVES["marked"][0].replace("mark", "note")}
    done = _project(tmp_path / "after", cases, letters, **{"pyproject.toml": PYPROJECT})
    assert "background.add_task(note_task.kiq, user.id)" in done.body("noted")
    assert "background.add_task(tell_and_log, db, 'log')" in done.body("logged")  # queues its mail itself
    assert (
        source(
            """
        @broker.task
        async def note_task(user_id: int) -> None:
            from app.letters import note

            async with SessionLocal() as db:
                user = await db.get(User, user_id)
                if user is None:
                    return
                await note(db, user)
        """
        )
        in done.tasks
    )
    before = _printed(done, tmp_path / "before", [*cases])
    assert json.loads(before[-1]) == [[{}] * len(cases), [["log"], ["noted"]], ["ann"]]


def test_what_a_worker_does_needs_no_thread_and_what_stays_in_one_is_told(tmp_path: Path) -> None:
    cases = {"caught": MOVES["caught"][0], "one": MOVES["one"][0]}
    done = _project(tmp_path, cases, **{"pyproject.toml": LEFT.replace('"leave"', '"thread"')})
    assert done.body("caught") == (
        "async def caught(user_id: int, background: BackgroundTasks):\n"
        "    await caught_task.kiq(user_id)\n    return {}\n"
    )
    assert "run_in_threadpool(_one, " in done.body("one")
    assert any("tell_one stays: all that its route does with the session" in why for why in done.stays)


HEROES = """\
from typing import Annotated

from fastapi import Depends
from sqlmodel import Field, Session, SQLModel, create_engine, select

from app.mail import send_welcome

engine = create_engine("sqlite:///heroes.db")


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str


def get_session():
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def tell(*, session: Session, email: str) -> None:
    for hero in session.exec(select(Hero).where(Hero.email == email)).all():
        send_welcome(hero.email, "hero")
"""


def test_a_session_of_an_engine_is_opened_with_that_one(tmp_path: Path) -> None:
    """A script has another engine."""
    body = '    tell(session=session, email="a")\n    return {}\n'
    route = f'@router.post("/h")\ndef h(session: SessionDep):\n{body}'
    imports = "from app.heroes import SessionDep, tell\n\n\n"
    files = {
        "app/heroes.py": HEROES,
        "scripts/old.py": "from sqlmodel import create_engine\n\nold = create_engine('x')\n",
    }
    done = migrate(tmp_path, {**PACKAGES, **files, "pyproject.toml": LEFT, ROUTES: HEAD + imports + route})
    assert 'await tell_task.kiq(email="a")' in done.body("h")
    assert "    with Session(engine) as session:\n        tell(session=session, email=email)\n" in done.tasks


ASYNC_HANDLERS = """\
from fastapi import BackgroundTasks, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import get_db
from app.letters import Letters


@router.post("/kept")
async def kept(number: int, background: BackgroundTasks, db: AsyncSession = Depends(get_db)):
    letters = Letters(db)
    background.add_task(letters.tell, number)
    return {}


@router.post("/made")
async def made(number: int, background: BackgroundTasks, db: AsyncSession = Depends(get_db)):
    background.add_task(Letters(db).tell, number)
    return {}


@router.post("/used")
async def used(number: int, background: BackgroundTasks, db: AsyncSession = Depends(get_db)):
    letters = Letters(db)
    background.add_task(letters.tell, number)
    return {"n": await letters.count()}


@router.post("/changed")
async def changed(number: int, background: BackgroundTasks, db: AsyncSession = Depends(get_db)):
    letters = Letters(db)
    letters.lang = "fr"
    background.add_task(letters.tell, number)
    return {}
"""
ASYNC_DATABASE = """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SessionLocal = async_sessionmaker(create_async_engine("sqlite+aiosqlite:///users.db"))


class Base(DeclarativeBase):
    pass


class Hero(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


async def get_db():
    async with SessionLocal() as db:
        yield db
"""
ASYNC_LETTERS = """\
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Hero
from app.mail import send_welcome


class Letters:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def tell(self, number: int) -> None:
        hero = await self.db.get(Hero, number)
        try:
            send_welcome(hero.email, "hero")
            hero.email = "told"
        except OSError:
            hero.email = "lost"
        await self.db.commit()

    async def count(self) -> int:
        return await self.db.scalar(select(func.count()).select_from(Hero))
"""


@pytest.mark.parametrize("changes", [False, True])
def test_an_object_that_is_made_with_an_async_session(tmp_path: Path, changes: bool) -> None:
    """Where a handler sets something in one, a new one would not be the same."""
    handlers = (
        ASYNC_HANDLERS if changes else ASYNC_HANDLERS.partition('\n\n\n@router.post("/changed")')[0] + "\n"
    )
    routes = HEAD + handlers
    done = migrate(
        tmp_path, {**PACKAGES, "app/db.py": ASYNC_DATABASE, "app/letters.py": ASYNC_LETTERS, ROUTES: routes}
    )
    if changes:
        assert not done.tasks
        return
    assert (
        done.body("kept") == "async def kept(number: int):\n    await tell_task.kiq(number)\n    return {}\n"
    )
    assert "    await tell_task.kiq(number)\n" in done.body("made")
    assert "    letters = Letters(db)\n    background.add_task(tell_task.kiq, number)\n" in done.body("used")
    assert "    async with SessionLocal() as db:\n        await Letters(db).tell(number)\n" in done.tasks


ONE_FILE = """\
import smtplib
from email.message import EmailMessage

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite:///users.db")
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


def get_db():
    with SessionLocal() as db:
        yield db


def tell(db: Session, user_id: int) -> None:
    message = EmailMessage()
    message["To"] = db.get(User, user_id).email
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)


@app.post("/behind")
def behind(user_id: int, background: BackgroundTasks, db: Session = Depends(get_db)):
    background.add_task(tell, db, user_id)
    return {}


@app.post("/caught")
def caught(user_id: int, db: Session = Depends(get_db)):
    try:
        user = db.query(User).filter(User.id == user_id).first()
        if user:
            tell(db, user.id)
    except OSError as error:
        print(error)
    return {}
"""


def test_an_application_of_one_file_is_imported_inside_the_task(tmp_path: Path) -> None:
    done = migrate(tmp_path, {"main.py": ONE_FILE, "pyproject.toml": LEFT}, ".")
    tasks = done.tasks_of("domain/tasks.py")
    opened = "    with SessionLocal() as db:\n        tell(db, user_id)\n"
    assert (
        f"def tell_task(user_id: int) -> None:\n    from main import SessionLocal, tell\n\n{opened}" in tasks
    )
    assert "    from main import SessionLocal, User, tell\n" in tasks
    served = (
        SERVED.replace("app.db", "main")
        .replace("app.main", "main")
        .replace("import Base\n", "import Base\n", 1)
    )
    served = served.replace("from logs", "from users") % ["behind", "caught"]
    said = done.runs(OUTBOX + served.replace("select text", "select email"), TASKIQ_IN_PLACE="1")
    assert said.count("mail ann") == 2


FIRST = """\
from functools import partial

from fastapi import BackgroundTasks, Depends
from sqlalchemy.orm import Session

from app.db import User, get_db
from app.letters import tell_one


def get_me(db: Session = Depends(get_db)) -> User:
    return db.get(User, 1)


@router.post("/first")
def first(db: Session = Depends(get_db), me: User = Depends(get_me)):
    if me.email:
        tell_one(db, me.id)
    return {}


@router.post("/wrapped")
def wrapped(user_id: int, background: BackgroundTasks, db: Session = Depends(get_db)):
    background.add_task(partial(tell_one, db), user_id)
    return {}
"""


def test_the_parameter_before_which_another_is_added_stays(tmp_path: Path) -> None:
    """The group had failed its proof; and what is wrapped had a second task of the same text."""
    files = {"app/db.py": DATABASE + LOG, "app/letters.py": LETTERS, "pyproject.toml": LEFT}
    done = migrate(tmp_path, {**PACKAGES, **files, ROUTES: HEAD + FIRST})
    assert done.body("first").startswith("def first(background_tasks: BackgroundTasks, db: Session = ")
    assert "await tell_one_task.kiq(user_id)" in done.body("wrapped")
    assert done.tasks.count("@broker.task") == 1
