"""What slow work made and a handler stores with its session: the task stores it with one that it opens."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from projects import HEAD, LEFT, PACKAGES, ROUTES, Migrated, migrate

DATABASE = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("sqlite:///users.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    reports: Mapped[int] = mapped_column(default=0)


class Report(Base):
    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    content: Mapped[bytes]


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def touch(db, user):
    user.reports = 7


def rename(db, user):
    db.add(User(email=user.email))


def find(db, user_id):
    return db.get(User, user_id)
"""
PDF = """\
from fpdf import FPDF


def draw(text: str) -> bytes:
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica")
    page.cell(text=text)
    return bytes(page.output())
"""
IMPORTS = """\
from fastapi import Depends, HTTPException
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import Report, SessionLocal, User, find, get_db, rename, touch
from app.mail import send_welcome
from app.pdf import draw


"""
USER = "user = db.get(User, user_id)\nif user is None:\n    raise HTTPException(404)\n"
STORE = "pdf = draw(user.email)\ndb.add(Report(user_id=user.id, content=pdf))\ndb.commit()\n"
BODY = f"{USER}{STORE}return {{'status': 'ok'}}"
NAMED = (
    f"{USER}pdf = draw(user.email)\nreport = Report(user_id=user.id, content=pdf)\n"
    "db.add(report)\ndb.commit()\ndb.refresh(report)\nreturn {'to': user.email}"
)
OWN = "with SessionLocal() as own:\n" + indent(BODY.replace("db.", "own."), "    ")
CLOSED = (
    "own = SessionLocal()\ntry:\n"
    + indent((USER + STORE).replace("db.", "own."), "    ")
    + "finally:\n    own.close()\nreturn {'status': 'ok'}"
)
CLOSES = "with one that it closes"
MOVES = {
    "with the request's session": BODY,
    "by a name": NAMED,
    "with one of its own": OWN,
    CLOSES: CLOSED,
    "after something was committed": f"{USER}user.reports = 3\ndb.commit()\n{STORE}return {{}}",
    "after a helper that reads": f"user = find(db, user_id)\n{STORE}return {{}}",
}
STAYS = {
    "the answer has the key": NAMED.replace("user.email}", "report.id}"),
    "the answer is the row": NAMED.replace("{'to': user.email}", "report"),
    "an answer is a row that was read": BODY.replace("{'status': 'ok'}", "user"),
    "it is counted afterwards": BODY.replace("'ok'", "len(db.query(Report).all())"),
    "nobody commits": BODY.replace("db.commit()\n", ""),
    "it is only flushed": BODY.replace("db.commit()", "db.flush()"),
    "a row is changed before": BODY.replace("pdf =", "user.reports = 3\npdf ="),
    "a row is changed between": BODY.replace("db.add", "user.reports = 3\ndb.add"),
    "another row is added before": BODY.replace("pdf =", "db.add(User(email='x'))\npdf ="),
    "a helper changes a row before": BODY.replace("pdf =", "touch(db, user)\npdf ="),
    "a helper adds a row before": BODY.replace("pdf =", "rename(db, user)\npdf ="),
    "a statement changes rows before": BODY.replace(
        "pdf =", "db.execute(update(User).values(reports=1))\npdf ="
    ),
    "a commit that may not happen": BODY.replace(
        "pdf =", "user.reports = 3\nif user_id > 1:\n    db.commit()\npdf ="
    ),
    "a failure is answered": (
        f"{USER}try:\n{indent(STORE, '    ')}except IntegrityError:\n    db.rollback()\n"
        "    raise HTTPException(409)\nreturn {}"
    ),
    "what is committed is changed afterwards": f"{USER}{STORE}user.reports += 1\ndb.commit()\nreturn {{}}",
    "another round asks": f"for n in range(user_id):\n{indent(USER + STORE, '    ')}return {{}}",
    "one of its own asks another database": OWN.replace("SessionLocal()", "SessionLocal(bind=None)"),
    "a mail may say that it is there": BODY.replace(
        "return", "if db.in_transaction():\n    return {}\nsend_welcome(user.email, 'it is ready')\nreturn"
    ),
    "a row that is no product": f"{USER}sent = send_welcome(user.email, 'x')\ndb.add(User(email=str(sent)))\n"
    "db.commit()\nreturn {}",
}
BOTH = pytest.mark.parametrize("more", [{}, {"pyproject.toml": LEFT}], ids=["async", "sync"])


def _migrated(folder: Path, body: str, **more: str) -> Migrated:
    route = (
        f'@router.post("/x")\ndef h(user_id: int, db: Session = Depends(get_db)):\n{indent(body, "    ")}\n'
    )
    files = {"app/db.py": DATABASE, "app/pdf.py": PDF}
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + IMPORTS + route, **files, **more})


@BOTH
@pytest.mark.parametrize("form", MOVES)
def test_it_goes_to_a_worker(tmp_path: Path, form: str, more: dict[str, str]) -> None:
    done = _migrated(tmp_path, MOVES[form], **more)
    if form == CLOSES and more:
        assert "_task.kiq" not in done.body("h"), "the session is closed behind it, in the thread"
        return
    assert "_task.kiq" in done.body("h")
    assert "Report(" not in done.body("h")
    assert "Report(user_id=user_id, content=pdf)" in done.tasks


@BOTH
@pytest.mark.parametrize("hazard", STAYS)
def test_it_stays(tmp_path: Path, hazard: str, more: dict[str, str]) -> None:
    done = _migrated(tmp_path, STAYS[hazard], **more)
    assert "draw" not in done.tasks
    assert "Report(" not in done.tasks
    assert "User(" not in done.tasks


@BOTH
def test_a_mail_that_says_so_is_sent_by_the_same_task(tmp_path: Path, more: dict[str, str]) -> None:
    body = BODY.replace("return", "send_welcome(user.email, 'it is ready')\nreturn")
    done = _migrated(tmp_path, body, **more)
    assert done.tasks.count("@broker.task") == 1
    assert done.tasks.index("commit()") < done.tasks.index("send_welcome")
    assert "send_welcome" not in done.body("h")


def test_the_task_has_a_session_of_its_own(tmp_path: Path) -> None:
    done = _migrated(tmp_path, BODY)
    assert (
        "    await generate_h_pdf_task.kiq(user.email, user.id)\n    return {'status': 'ok'}\n"
        in done.body("h")
    )
    body = (
        "    async with SessionLocal() as db:\n        pdf = await asyncio.to_thread(draw, email)\n"
        "        db.add(Report(user_id=user_id, content=pdf))\n        await db.commit()\n"
    )
    assert f"async def generate_h_pdf_task(email: str, user_id: int) -> None:\n{body}" in done.tasks


def test_a_sync_one_stays_sync(tmp_path: Path) -> None:
    done = _migrated(tmp_path, BODY, **{"pyproject.toml": LEFT})
    body = "    with SessionLocal() as db:\n        pdf = draw(email)\n"
    assert f"def generate_h_pdf_task(email: str, user_id: int) -> None:\n{body}" in done.tasks


OTHERS = {
    "commits when the response is sent": ("        db.close()", "        db.commit()\n        db.close()"),
    "says whose rows it may see": (
        "        yield db",
        "        db.execute(text('set tenant 1'))\n        yield db",
    ),
    "asks the request which database it is": ("def get_db():", "def get_db(tenant: str = 'x'):"),
    "is in memory": ("sqlite:///users.db", "sqlite://"),
}


@pytest.mark.parametrize("hazard", OTHERS)
def test_a_session_that_is_more_than_opened_is_another(tmp_path: Path, hazard: str) -> None:
    old, new = OTHERS[hazard]
    text = "from sqlalchemy import text\n" + DATABASE
    assert old in text
    done = _migrated(tmp_path, BODY, **{"app/db.py": text.replace(old, new)})
    assert not done.tasks


def test_tests_give_the_handler_another_session(tmp_path: Path) -> None:
    test = (
        "from app.main import app\nfrom app.db import get_db\n\napp.dependency_overrides[get_db] = object\n"
    )
    assert not _migrated(tmp_path, BODY, **{"tests/test_x.py": test}).tasks


def test_a_dependency_may_wait_for_the_commit(tmp_path: Path) -> None:
    needs = "def seen(db: Session = Depends(get_db)) -> None:\n    db.get(User, 1).reports = 9\n\n\n"
    route = "def h(user_id: int, db: Session = Depends(get_db), _: None = Depends(seen)):\n"
    text = f'{HEAD}{IMPORTS}{needs}@router.post("/x")\n{route}{indent(BODY, "    ")}\n'
    done = _migrated(tmp_path, BODY, **{ROUTES: text})
    assert not done.tasks


def test_the_report_says_that_it_is_stored_later(tmp_path: Path) -> None:
    told = "generate_h_pdf_task works on the database when it runs, which may be after the next request"
    assert told in _migrated(tmp_path, BODY).behaviour


SERVED = """
import warnings

warnings.simplefilter("ignore")
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from app.db import Base
from app.main import app

engine = create_engine("sqlite:///users.db")
Base.metadata.create_all(engine)
with engine.begin() as connection:
    connection.execute(text("insert into users (id, email, reports) values (1, 'ann', 0)"))
with TestClient(app) as client:
    answers = [client.post("/x", params={"user_id": number}) for number in (1, 2, 1)]
with engine.connect() as connection:
    rows = connection.execute(text("select user_id, length(content) > 500 from reports")).all()
print([(each.status_code, each.json()) for each in answers], rows)
"""


@BOTH
@pytest.mark.parametrize(
    "form", ["with the request's session", "with one of its own", "with one that it closes"]
)
def test_the_rows_are_there_when_the_task_has_run(tmp_path: Path, form: str, more: dict[str, str]) -> None:
    done = _migrated(tmp_path, MOVES[form], **more)
    told = (
        "[(200, {'status': 'ok'}), (404, {'detail': 'Not Found'}), (200, {'status': 'ok'})] [(1, 1), (1, 1)]"
    )
    assert done.runs(SERVED, TASKIQ_IN_PLACE="1").strip() == told
