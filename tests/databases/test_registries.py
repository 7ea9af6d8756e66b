"""A session for each thread becomes one for each task, and is given back by whoever asked for it."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

USES = '\n@router.get("/x")\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n    return db.get(User, id).name\n'
MADE = "sessionmaker(bind=engine, autoflush=False)"


def scoped(
    folder: Path, more: str = "", registry: str = f"scoped_session({MADE})", script: str = ""
) -> Outcome:
    database = DATABASE.replace(MADE, registry).replace("import Declar", "import scoped_session, Declar")
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS, "app/seed.py": script}
    return convert(folder, {**files, "app/api.py": f"{HEADER}{more}\n{USES}"})


def test_a_provider_removes_the_session_of_its_task(tmp_path: Path) -> None:
    text = scoped(tmp_path).texts["app/db.py"]
    made = "async_scoped_session(async_sessionmaker(bind=engine, autoflush=False), scopefunc=current_task)"
    assert f"SessionLocal = {made}\n" in text
    assert "from asyncio import current_task\n" in text
    assert (
        "    db = SessionLocal()\n    try:\n        yield db\n    finally:\n        await SessionLocal.remove()\n"
        in text
    )


@pytest.mark.parametrize(
    ("more", "becomes"),
    [
        (
            "def f():\n    db = SessionLocal()\n    db.commit()\n    db.close()\n",
            "    await db.commit()\n    await SessionLocal.remove()\n",
        ),
        (
            "def f():\n    db = SessionLocal()\n    db.commit()\n    SessionLocal.remove()\n",
            "    await db.commit()\n    await SessionLocal.remove()\n",
        ),
        (
            "def f():\n    db: Session = SessionLocal()\n    db.commit()\n    db.close()\n",
            "    await db.commit()\n    await SessionLocal.remove()\n",
        ),
        (
            "from fastapi import Request\n\nasync def f(request: Request):\n    request.state.db = SessionLocal()\n    request.state.db.close()\n",
            "    request.state.db = SessionLocal()\n    await SessionLocal.remove()\n",
        ),
        (
            "def f():\n    try:\n        yield SessionLocal()\n    finally:\n        SessionLocal.remove()\n",
            "        yield SessionLocal()\n    finally:\n        await SessionLocal.remove()\n",
        ),
    ],
)
def test_whoever_closes_it_removes_it(tmp_path: Path, more: str, becomes: str) -> None:
    done = scoped(tmp_path, more)
    assert done.obstacles == []
    assert becomes in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("def f():\n    db = SessionLocal()\n    return db.get(User, 1)", "nobody removes"),
        ("def f():\n    with SessionLocal() as db:\n        return db.get(User, 1)", "nobody removes"),
        ("def f():\n    return SessionLocal().get(User, 1)", "nobody removes"),
        ("def f():\n    return SessionLocal.get(User, 1)", "a session of its own"),
        ("Query = SessionLocal.query_property()", "a session of its own"),
        (
            "from sqlalchemy.orm import scoped_session\n\ndef f(db: scoped_session):\n    return 1",
            "a session of its own",
        ),
    ],
)
def test_a_session_that_stays_in_its_registry(tmp_path: Path, more: str, words: str) -> None:
    done = scoped(tmp_path, more)
    assert any(words in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


SEED = "from app.db import SessionLocal\n\ndef seed():\n    db = SessionLocal()\n    db.commit()\n"


@pytest.mark.parametrize(
    ("more", "is_left"),
    [
        ("\nseed()\n", True),
        ("\nif __name__ == '__main__':\n    seed()\n", True),
        # the second one would find what the first one left
        ("\ndef more():\n    db = SessionLocal()\n    db.commit()\n\nseed()\nmore()\n", False),
    ],
)
def test_a_script_may_leave_it_to_its_end(tmp_path: Path, more: str, is_left: bool) -> None:
    done = scoped(tmp_path, script=SEED + more)
    assert any("nobody removes" in text for text in done.obstacles) is not is_left
    if is_left:
        assert "    async with SessionLocal() as db:\n" in done.texts["app/seed.py"]
        assert "asyncio.run(seed())\n" in done.texts["app/seed.py"]


def test_a_registry_with_a_scope_of_its_own(tmp_path: Path) -> None:
    done = scoped(tmp_path, registry=f"scoped_session({MADE}, scopefunc=print)")
    assert any("a scope of its own" in text for text in done.obstacles), done.obstacles


GIVEN = "def get_db():\n    db = {registry}\n    try:\n        yield db\n    finally:\n        {end}\n"


def given(folder: Path, registry: str, end: str, handler: str = USES) -> Outcome:
    database = DATABASE[: DATABASE.index("def get_db")].replace(
        "import Declar", "import scoped_session, Declar"
    )
    provider = f"Registry = scoped_session(SessionLocal)\n\n\n{GIVEN.format(registry=registry, end=end)}"
    files = {
        "app/__init__.py": "",
        "app/db.py": database + provider,
        "app/models.py": MODELS,
        "app/main.py": MAIN,
    }
    return convert(folder, {**files, "app/api.py": f"{HEADER}\n{handler}"})


@pytest.mark.parametrize(
    ("registry", "end", "made", "ends"),
    [
        ("scoped_session(SessionLocal)", "db.close()", "SessionLocal()", "await db.close()"),
        ("scoped_session(SessionLocal)", "db.remove()", "SessionLocal()", "await db.close()"),
        ("Registry", "db.close()", "Registry()", "await Registry.remove()"),
        ("Registry", "db.remove()", "Registry()", "await Registry.remove()"),
        ("Registry", "Registry.remove()", "Registry()", "await Registry.remove()"),
    ],
)
def test_a_registry_that_is_given_for_a_session(
    tmp_path: Path, registry: str, end: str, made: str, ends: str
) -> None:
    done = given(tmp_path, registry, end)
    assert done.obstacles == []
    assert done.texts["app/db.py"].endswith("async " + GIVEN.format(registry=made, end=ends))
    assert any("a request has one session from now on" in note for note in done.notes)
    before, after = answers(tmp_path, done, FILL, ["/x", "/x?id=2"])
    assert after == before


@pytest.mark.parametrize(
    ("registry", "end", "handler"),
    [
        ("Registry", "pass", USES),  # nobody lets it go
        ("scoped_session(SessionLocal, scopefunc=len)", "db.close()", USES),
        ("scoped_session(sessionmaker(bind=engine))", "db.close()", USES),
        # who asks it elsewhere is not seen to use a session
        ("Registry", "db.close()", USES.replace("db: Session", "db")),
        (
            "Registry",
            "db.close()",
            USES.replace("db.get", "Registry.get").replace("\n@", "from app.db import Registry\n\n@"),
        ),
    ],
)
def test_a_registry_that_is_more_than_a_session(
    tmp_path: Path, registry: str, end: str, handler: str
) -> None:
    assert given(tmp_path, registry, end, handler).obstacles
