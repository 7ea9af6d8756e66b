"""Work behind the response that opens its database sessions itself: a worker opens them just as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import DATABASE, HEAD, LEFT, PACKAGES, ROUTES, Migrated, migrate

JOBS = """\
from sqlalchemy.orm import Session

from app.db import SessionLocal, User, engine, get_db
from app.mail import send_welcome

shared = SessionLocal()


def find(db: Session, user_id: int) -> User | None:
    return db.get(User, user_id)


def entered(user_id: int) -> None:
    with SessionLocal() as db:
        user = find(db, user_id)
        if user is not None:
            send_welcome(user.email, "Ann")


def made(user_id: int) -> None:
    db = Session(engine)
    try:
        send_welcome(db.get(User, user_id).email, "Ann")
    finally:
        db.close()


def provided(user_id: int) -> None:
    db = next(get_db())
    send_welcome(db.get(User, user_id).email, "Ann")


def begun(user_id: int) -> None:
    with SessionLocal.begin() as db:
        send_welcome(db.get(User, user_id).email, "Ann")


def annotated(user_id: int) -> None:
    db: Session = SessionLocal()
    send_welcome(db.get(User, user_id).email, "Ann")
    db.close()


def looped(user_id: int) -> None:
    for db in get_db():
        send_welcome(db.get(User, user_id).email, "Ann")


def listed(user_id: int) -> None:
    with SessionLocal() as db:
        for user in db.query(User).filter(User.id > user_id):
            send_welcome(user.email, "Ann")


def comprehended(user_id: int) -> None:
    with SessionLocal() as db:
        emails = [user.email for user in db.query(User)]
    send_welcome(emails[user_id], "Ann")


def with_one_of_them(user_id: int) -> None:
    db = SessionLocal() if user_id else shared
    send_welcome(db.get(User, user_id).email, "Ann")


def with_another_later(user_id: int) -> None:
    db = SessionLocal()
    if db.get(User, user_id) is None:
        db = shared
    send_welcome(db.get(User, user_id).email, "Ann")


def with_shared(user_id: int) -> None:
    send_welcome(shared.get(User, user_id).email, "Ann")


class SharedMailer:
    def __init__(self, db: Session) -> None:
        self.db = db

    def of_the_object(self, user_id: int) -> None:
        send_welcome(self.db.get(User, user_id).email, "Ann")


shared_mailer = SharedMailer(shared)
"""
QUEUED = ("entered", "made", "provided", "begun", "annotated", "looped", "listed", "comprehended")
SHARED = ("with_shared", "with_one_of_them", "with_another_later")
NEEDS = "() needs a database connection (sqlalchemy.orm.Session.get); a worker does not have it"
STAYS = {
    "with_shared": (
        "background.add_task(with_shared, user_id)",
        f"app.jobs:with_shared stays: with_shared{NEEDS}",
    ),
    "with_one_of_them": (
        "background.add_task(with_one_of_them, user_id)",
        f"app.jobs:with_one_of_them stays: with_one_of_them{NEEDS}",
    ),
    "with_another_later": (
        "background.add_task(with_another_later, user_id)",
        f"app.jobs:with_another_later stays: with_another_later{NEEDS}",
    ),
    "of_the_object": (
        "background.add_task(shared_mailer.of_the_object, user_id)",
        f"app.jobs:SharedMailer.of_the_object stays: SharedMailer.of_the_object{NEEDS}",
    ),
}


def _project(folder: Path, database: str = DATABASE) -> Migrated:
    calls = {name: f"background.add_task({name}, user_id)" for name in QUEUED}
    calls |= {name: call for name, (call, _) in STAYS.items()}
    routes = "\n\n".join(
        f'@router.post("/{name}")\n'
        f"def {name}_route(user_id: int, background: BackgroundTasks, db: Session = Depends(get_db)):\n"
        f"    {call}\n    return {{}}\n"
        for name, call in calls.items()
    )
    imports = (
        "from fastapi import BackgroundTasks, Depends\nfrom sqlalchemy.orm import Session\n\n"
        "from app.db import get_db\n"
        f"from app.jobs import {', '.join(['shared_mailer', *QUEUED, *SHARED])}\n\n\n"
    )
    files = {"app/db.py": database, "app/jobs.py": JOBS, "pyproject.toml": LEFT}
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + imports + routes, **files})


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("left"))


@pytest.mark.parametrize("name", QUEUED)
def test_a_session_that_is_opened_there_is_no_obstacle(left: Migrated, name: str) -> None:
    assert f"{name}_task.kiq" in left.body(f"{name}_route")
    assert f"def {name}_task(user_id: int) -> None:\n    {name}(user_id)\n" in left.tasks


@pytest.mark.parametrize("name", STAYS)
def test_a_session_of_somebody_else_keeps_it(left: Migrated, name: str) -> None:
    call, reason = STAYS[name]
    assert call in left.body(f"{name}_route")
    assert reason in (*left.behind, *left.stays)


def test_a_worker_has_another_database_in_memory(tmp_path: Path) -> None:
    done = _project(tmp_path, DATABASE.replace("sqlite:///users.db", "sqlite://"))
    assert not done.tasks
    assert f"app.jobs:made stays: made{NEEDS}" in done.behind


def test_a_worker_does_not_start_what_gives_sessions_their_engine(tmp_path: Path) -> None:
    start = "\n\ndef start() -> None:\n    SessionLocal.configure(bind=engine)\n"
    done = _project(tmp_path, DATABASE.replace("sessionmaker(engine)", "sessionmaker()") + start)
    assert not done.tasks
    assert f"app.jobs:made stays: made{NEEDS}" in done.behind


def test_what_turns_with_its_database_queues_its_mail_itself(tmp_path: Path) -> None:
    """A task for it as well would be imported by the module that its own task imports."""
    routes = """

        @router.post("/x")
        def h(user_id: int, background: BackgroundTasks, db: Session = Depends(get_db)):
            user = db.get(User, user_id)
            background.add_task(entered, user.id)
            return {}
    """
    imports = (
        "from fastapi import BackgroundTasks, Depends\nfrom sqlalchemy.orm import Session\n\n"
        "from app.db import User, get_db\nfrom app.jobs import entered\n"
    )
    jobs = JOBS.partition("\n\ndef made")[0].replace("shared = SessionLocal()\n\n\n", "")
    jobs = jobs.replace(", engine, get_db", "")
    files = {"app/db.py": DATABASE, "app/jobs.py": jobs}
    body = "\n".join(line[8:] for line in routes.splitlines())
    done = migrate(tmp_path, {**PACKAGES, ROUTES: HEAD + imports + body + "\n", **files})
    assert "background.add_task(entered, user.id)" in done.body("h")
    assert "async with SessionLocal() as db:" in done.after["app/jobs.py"]
    assert 'await send_welcome_task.kiq(user.email, "Ann")' in done.after["app/jobs.py"]
    assert "entered" not in done.tasks


def test_what_turns_and_queues_nothing_itself_goes_to_a_worker_whole(tmp_path: Path) -> None:
    """Behind the response its pages would hold up what runs there in this process."""
    told = """

def told(subject: str) -> None:
    with SessionLocal() as db:
        for user in db.query(User).all():
            db.add(User(email=subject))
            draw(user.email, subject)


def draw(to: str, subject: str) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(to)
    canvas.drawString(1, 1, subject)
    canvas.save()
"""
    routes = """

@router.post("/x")
def h(background: BackgroundTasks, db: Session = Depends(get_db)):
    db.query(User).count()
    background.add_task(told, "Hello")
    return {}
"""
    imports = (
        "from fastapi import BackgroundTasks, Depends\nfrom sqlalchemy.orm import Session\n\n"
        "from app.db import User, get_db\nfrom app.jobs import told\n"
    )
    jobs = JOBS.partition("\n\nshared")[0].replace(", engine, get_db", "") + told
    files = {"app/db.py": DATABASE, "app/jobs.py": jobs, ROUTES: HEAD + imports + routes}
    done = migrate(tmp_path, {**PACKAGES, **files})
    assert 'await told_task.kiq("Hello")' in done.body("h")
    assert "async with SessionLocal() as db:" in done.after["app/jobs.py"]
    assert "async def told_task(subject: str) -> None:\n" in done.tasks
    assert "    await told(subject)\n" in done.tasks
    assert not done.stays
