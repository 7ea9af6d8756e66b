"""Work before the response that reads and stores rows with sessions of its own: the house's own example."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from projects import DATABASE, HEAD, LEFT, PACKAGES, ROUTES, Migrated, migrate

REPORTS = """\
from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import SessionLocal, User

CACHE = {}
shared = SessionLocal()


def fetch(user_id: int) -> dict:
    with SessionLocal() as db:
        user = db.get(User, user_id)
        return {"email": user.email if user else "nobody"}


def fetch_or_refuse(user_id: int) -> dict:
    with SessionLocal() as db:
        user = db.get(User, user_id)
        if user is None:
            raise HTTPException(404)
        return {"email": user.email}


def fetch_and_keep(user_id: int) -> dict:
    with SessionLocal() as db:
        CACHE[user_id] = db.get(User, user_id).email
        return {"email": CACHE[user_id]}


def fetch_and_count(user_id: int) -> dict:
    with SessionLocal() as db:
        db.add(User(email="seen"))
        db.commit()
        return {"email": db.get(User, user_id).email}


def fetch_shared(user_id: int) -> dict:
    return {"email": shared.get(User, user_id).email}


def check_user(user_id: int) -> dict:
    with SessionLocal() as db:
        return {"email": db.scalars(select(User).where(User.id == user_id)).one().email}


def draw(data: dict) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas("report.pdf")
    canvas.drawString(1, 1, data["email"])
    return canvas.getpdfdata()


def store(user_id: int, pdf: bytes) -> None:
    with SessionLocal() as db:
        db.add(User(email=f"{user_id}: {len(pdf)}"))
        db.commit()


def store_and_tell(user_id: int, pdf: bytes) -> int:
    with SessionLocal() as db:
        user = User(email=f"{user_id}: {len(pdf)}")
        db.add(user)
        db.commit()
        return user.id


def store_with(db: Session, pdf: bytes) -> None:
    db.add(User(email=f"{len(pdf)}"))
    db.commit()


def count() -> int:
    with SessionLocal() as db:
        return len(db.scalars(select(User)).all())


def note(email: str) -> None:
    with SessionLocal() as db:
        db.add(User(email=email))
        db.commit()


def build(user_id: int) -> None:
    data = fetch(user_id)
    pdf = draw(data)
    store(user_id, pdf)


def show(user_id: int) -> None:
    data = fetch(user_id)
    draw(data)


def register(email: str) -> None:
    with SessionLocal() as db:
        user = User(email=email)
        db.add(user)
        db.commit()
        data = {"email": user.email}
    draw(data)
"""
ASYNC_DATABASE = """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine("sqlite+aiosqlite:///users.db")
SessionLocal = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
"""
ASYNC_REPORTS = """\
from reportlab.pdfgen.canvas import Canvas

from app.db import SessionLocal, User


async def fetch(user_id: int) -> dict:
    async with SessionLocal() as db:
        user = await db.get(User, user_id)
        return {"email": user.email if user else "nobody"}


def draw(data: dict) -> bytes:
    canvas = Canvas("report.pdf")
    canvas.drawString(1, 1, data["email"])
    return canvas.getpdfdata()


async def store(user_id: int, pdf: bytes) -> None:
    async with SessionLocal() as db:
        db.add(User(email=f"{user_id}: {len(pdf)}"))
        await db.commit()
"""
MAIL = """\
from app.db import SessionLocal, User
from app.mail import send_welcome


def greet(user_id: int) -> None:
    with SessionLocal() as db:
        email = db.get(User, user_id).email
    send_welcome(email, "Ann")


def greet_and_note(user_id: int) -> None:
    with SessionLocal() as db:
        user = db.get(User, user_id)
        send_welcome(user.email, "Ann")
        user.email = "greeted"
        db.commit()
"""
IMPORTS = """\
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import SessionLocal, User, get_db
from app.greetings import greet, greet_and_note
from app.reports import (
    build,
    check_user,
    count,
    draw,
    fetch,
    fetch_and_count,
    fetch_and_keep,
    fetch_or_refuse,
    fetch_shared,
    note,
    register,
    show,
    store,
    store_and_tell,
    store_with,
)


"""
THREE = "data = {}(user_id)\npdf = draw(data)\nstore(user_id, pdf)\nreturn {{}}"
STEPS = THREE.format("fetch")
STAYS = {
    "what is not there is answered": THREE.format("fetch_or_refuse"),
    "what is read is kept in memory": THREE.format("fetch_and_keep"),
    "what is read is counted in the database": THREE.format("fetch_and_count"),
    "it reads with a session of all": THREE.format("fetch_shared"),
    "what reads is a check": THREE.format("check_user"),
    "what is stored is answered": "pdf = draw(fetch(user_id))\nreturn {'id': store_and_tell(user_id, pdf)}",
    "what is stored is answered later": (
        "pdf = draw(fetch(user_id))\nnumber = store_and_tell(user_id, pdf)\nreturn {'id': number}"
    ),
    "it stores with the session of the request": "pdf = draw(fetch(user_id))\nstore_with(db, pdf)\nreturn {}",
    "the handler counts afterwards": f"{STEPS[:-9]}return {{'n': db.query(User).count()}}",
    "another function counts afterwards": f"{STEPS[:-9]}return {{'n': count()}}",
    "something is stored between": STEPS.replace("pdf =", "note('x')\npdf ="),
    "the handler answers a row": f"user = db.get(User, user_id)\n{STEPS[:-9]}return user",
    "the handler answers an attribute that nobody knows": (
        f"user = db.get(User, user_id)\n{STEPS[:-9]}return {{'reports': user.reports}}"
    ),
    "the handler commits afterwards": f"db.add(User(email='x'))\n{STEPS[:-9]}db.commit()\nreturn {{}}",
    "nothing is committed before": f"db.add(User(email='x'))\n{STEPS}",
    "its failure is answered": (
        f"try:\n{indent(STEPS[:-10], '    ')}\nexcept ValueError:\n    return {{'ok': False}}\nreturn {{}}"
    ),
    "all of it, and the handler counts afterwards": "build(user_id)\nreturn {'n': db.query(User).count()}",
    "all of it, and the handler answers a row": "user = db.get(User, user_id)\nbuild(user_id)\nreturn user",
    "all of it, and another round asks": (
        "n = 0\nfor number in range(user_id):\n    n += db.query(User).count()\n    build(number)\n"
        "return {'n': n}"
    ),
    "the row is what it is about": "register(str(user_id))\nreturn {}",
    "who tells somebody may not find what goes next": (
        "user = db.get(User, user_id)\ngreet(user_id)\ndb.delete(user)\ndb.commit()\nreturn {}"
    ),
    "what is shown may be gone": "show(user_id)\nregister(str(user_id))\nreturn {}",
    "another function changes what is told": "greet(user_id)\nregister(str(user_id))\nreturn {}",
    "who tells somebody notes it for others": "greet_and_note(user_id)\nreturn {}",
}
TASK = """\
@broker.task
async def h_task(user_id: int) -> None:
    from app.reports import draw, fetch, store

    data = await fetch(user_id)
    pdf = await asyncio.to_thread(draw, data)
    await store(user_id, pdf)
"""


def _migrated(folder: Path, body: str, **more: str) -> Migrated:
    signature = "def h(user_id: int, db: Session = Depends(get_db))"
    route = f'@router.post("/x")\n{signature}:\n{indent(body, "    ")}\n'
    files = {"app/db.py": DATABASE, "app/reports.py": REPORTS, "app/greetings.py": MAIL}
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + IMPORTS + route, **files, **more})


def test_what_reads_makes_and_stores_goes_to_a_worker(tmp_path: Path) -> None:
    done = _migrated(tmp_path, STEPS)
    assert done.body("h").endswith("    await h_task.kiq(user_id)\n    return {}\n")
    assert TASK in done.tasks


def test_a_worker_does_it_in_turn_where_the_database_stays_sync(tmp_path: Path) -> None:
    done = _migrated(tmp_path, STEPS, **{"pyproject.toml": LEFT})
    assert "await h_task.kiq(user_id)" in done.body("h")
    body = "    data = fetch(user_id)\n    pdf = draw(data)\n    store(user_id, pdf)\n"
    assert f"def h_task(user_id: int) -> None:\n{body}" in done.tasks


def test_so_does_what_is_all_done_by_one_function(tmp_path: Path) -> None:
    done = _migrated(tmp_path, "build(user_id)\nreturn {}")
    assert "await build_pdf_task.kiq(user_id)" in done.body("h")
    assert "async def build_pdf_task(user_id: int) -> None:\n" in done.tasks
    assert "    await build(user_id)\n" in done.tasks
    assert not done.stays, "nobody waits for it but the task"


def test_the_report_says_that_rows_are_stored_later(tmp_path: Path) -> None:
    told = "h_task works on the database when it runs, which may be after the next request"
    assert told in _migrated(tmp_path, STEPS).behaviour


def test_what_is_async_already_goes_to_a_worker_as_well(tmp_path: Path) -> None:
    more = {"app/db.py": ASYNC_DATABASE, "app/reports.py": ASYNC_REPORTS, "app/greetings.py": ""}
    body = STEPS.replace("fetch", "await fetch").replace("store", "await store")
    route = f'@router.post("/x")\nasync def h(user_id: int):\n{indent(body, "    ")}\n'
    imports = "from app.reports import draw, fetch, store\n\n\n"
    done = migrate(tmp_path, {**PACKAGES, ROUTES: HEAD + imports + route, **more})
    assert "await h_task.kiq(user_id)" in done.body("h")
    assert "    pdf = await asyncio.to_thread(draw, data)\n    await store(user_id, pdf)\n" in done.tasks


@pytest.mark.parametrize("more", [{}, {"pyproject.toml": LEFT}], ids=["async", "sync"])
def test_who_only_reads_to_tell_somebody_may_leave(tmp_path: Path, more: dict[str, str]) -> None:
    done = _migrated(tmp_path, "greet(user_id)\nreturn {}", **more)
    assert "kiq" in done.body("h") + done.after.get("app/greetings.py", "")
    assert "send_welcome" in done.tasks or "greet(user_id)" in done.tasks


def test_who_only_reads_does_not_mind_what_else_is_read(tmp_path: Path) -> None:
    body = (
        "user = db.get(User, user_id)\nshow(user_id)\nreturn {'n': db.query(User).count(), 'to': user.email}"
    )
    assert "await show_task.kiq(user_id)" in _migrated(tmp_path, body).body("h")


def test_columns_that_are_known_may_be_answered(tmp_path: Path) -> None:
    body = f"user = db.get(User, user_id)\n{STEPS[:-9]}return {{'email': user.email}}"
    assert "_task.kiq(user_id)" in _migrated(tmp_path, body).body("h")


@pytest.mark.parametrize("hazard", STAYS)
@pytest.mark.parametrize("more", [{}, {"pyproject.toml": LEFT}], ids=["async", "sync"])
def test_what_somebody_looks_at_stays(tmp_path: Path, hazard: str, more: dict[str, str]) -> None:
    done = _migrated(tmp_path, STAYS[hazard], **more)
    assert "kiq" not in done.body("h")
    assert "store" not in done.tasks
    assert "build" not in done.tasks
    assert "register" not in done.tasks
    assert "show" not in done.tasks


def test_another_function_that_calls_it_may_look_next(tmp_path: Path) -> None:
    more = dedent(
        """

        @router.post("/y")
        def other(user_id: int, db: Session = Depends(get_db)):
            h(user_id, db)
            return {"n": db.query(User).count()}
        """
    )
    done = _migrated(tmp_path, STEPS + more)
    assert not done.tasks


def test_a_worker_has_another_database_in_memory(tmp_path: Path) -> None:
    done = _migrated(tmp_path, STEPS, **{"app/db.py": DATABASE.replace("sqlite:///users.db", "sqlite://")})
    assert not done.tasks


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
    connection.execute(text("insert into users (id, email) values (1, 'ann')"))
with TestClient(app) as client:
    answers = [client.post("/x", params={"user_id": 1}).json() for _ in range(2)]
with engine.connect() as connection:
    print(answers, connection.execute(text("select id, email from users order by id")).all())
"""


def test_the_rows_are_stored_by_the_task(tmp_path: Path) -> None:
    draws = REPORTS.replace("from reportlab.pdfgen.canvas import Canvas", "from fpdf import FPDF")
    start, end = draws.index("    canvas = Canvas"), draws.index("def store(")
    drawn = """    page = FPDF()
    page.add_page()
    page.set_font("Helvetica")
    page.cell(text=data["email"])
    return bytes(page.output())


"""
    done = _migrated(tmp_path, STEPS, **{"app/reports.py": draws[:start] + drawn + draws[end:]})
    assert "await h_task.kiq(user_id)" in done.body("h")
    told = done.runs(SERVED, TASKIQ_IN_PLACE="1")
    assert told.startswith("[{}, {}] [(1, 'ann'), (2, '1: ")
    assert told.count("'1: ") == 2


def test_what_is_sent_is_still_read_in_the_handler(tmp_path: Path) -> None:
    imports = "from app.mail import send_welcome\n"
    body = 'user = db.get(User, user_id)\nsend_welcome(user.email, "Ann")\nreturn {}'
    route = f"async def h(user_id: int, db: Session = Depends(get_db)):\n{indent(body, '    ')}\n"
    files = {
        "app/db.py": DATABASE,
        "app/reports.py": REPORTS,
        "app/greetings.py": MAIL,
        "pyproject.toml": LEFT,
    }
    done = migrate(
        tmp_path, {**PACKAGES, ROUTES: f'{HEAD}{imports}{IMPORTS}@router.post("/x")\n{route}', **files}
    )
    assert "await send_welcome_task.kiq(user.email" in done.body("h")
    left = [reason.text for reason in done.report.refusals if reason.code == "AF908"]
    assert any(text.startswith("User.email blocks") for text in left)


LETTERS = """\
import smtplib
from email.message import EmailMessage

from app.db import SessionLocal, User


def send_letter(user_id: int) -> None:
    with SessionLocal() as db:
        to = db.get(User, user_id).email
    message = EmailMessage()
    message["To"] = to
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)
"""


@pytest.mark.parametrize("is_awaited", [False, True], ids=["by all as a task", "by one that waits for it"])
def test_what_a_worker_does_as_a_whole_queues_nothing_itself(tmp_path: Path, is_awaited: bool) -> None:
    """It goes async with the database, and its mail could be a task of its own."""
    routes = HEAD + "from app.letters import send_letter\n\n\n"
    routes += "@router.post('/a')\ndef a(user_id: int):\n    send_letter(user_id)\n    return {}\n"
    if is_awaited:
        routes += "\n\n@router.post('/b')\ndef b(user_id: int):\n    return {'sent': send_letter(user_id)}\n"
    done = migrate(tmp_path, {**PACKAGES, "app/db.py": DATABASE, "app/letters.py": LETTERS, ROUTES: routes})
    assert "await send_letter_task.kiq(user_id)" in done.body("a")
    assert ("_task.kiq(to)" in done.body("send_letter", "app/letters.py")) is is_awaited
    assert ("from app.letters import send_letter\n" in done.imports) is not is_awaited
