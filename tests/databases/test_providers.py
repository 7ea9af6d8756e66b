"""Generators of sessions that code steps through by itself: `next(get_db())` in scripts, tests and handlers."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path
from textwrap import dedent

import forked
import pytest
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert

USES = """
@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.scalars(select(User)).all()]
"""
HEAD = (
    "import contextlib\nfrom app.db import Base, SessionLocal, engine, get_db\nfrom app.models import User\n"
)
PROVIDER = DATABASE[DATABASE.index("def get_db") :]


def project(folder: Path, body: str, provider: str = PROVIDER, database: str = DATABASE) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": database.replace(PROVIDER, dedent(provider)),
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
        "seed.py": HEAD + dedent(body),
    }
    return convert(folder, files)


def run(folder: Path, done: Outcome) -> tuple[str, str]:
    """What the script says before and after, each time with a new database."""
    said = []
    for texts in ({}, done.texts):
        for path, text in texts.items():
            (folder / path).write_text(text)
        (folder / "app.db").unlink(missing_ok=True)
        result = forked.run("seed.py", cwd=folder)
        assert result.returncode == 0, result.stderr
        said.append(result.stdout)
    return said[0], said[1]


SEED = """
def main():
    Base.metadata.create_all(engine)
    {start}
    db.add(User(name="a"))
    db.commit()
    print(db.query(User).count(), [u.name for u in db.query(User).all()])
    {end}

if __name__ == "__main__":
    main()
"""
SAME_FUNCTION = {
    # what is written: what becomes of it
    "at once": (
        ("db = next(get_db())", "db.close()"),
        ("    db = SessionLocal()\n", "    await db.close()\n"),
    ),
    "step by step, closed": (
        ("steps = get_db()\n    db = next(steps)", "steps.close()"),
        ("    steps = get_db()\n    db = await anext(steps)\n", "    await steps.aclose()\n"),
    ),
    "step by step, to its end": (
        ("steps = get_db()\n    db = next(steps)", "next(steps, None)"),
        ("    steps = get_db()\n    db = await anext(steps)\n", "    await anext(steps, None)\n"),
    ),
    "step by step, its end caught": (
        (
            "steps = get_db()\n    db = next(steps)",
            "try:\n        next(steps)\n    except StopIteration:\n        print('over')",
        ),
        ("        await anext(steps)\n    except StopAsyncIteration:\n",),
    ),
    "all of them": (
        ("db = list(get_db())[0]", "db.close()"),
        ("    db = [item async for item in get_db()][0]\n", "    await db.close()\n"),
    ),
    "in a loop": (
        ("for db in get_db(): print(db.query(User).count())\n    db = next(get_db())", "db.close()"),
        ("    async for db in get_db():",),
    ),
}


def test_a_script_may_block(tmp_path: Path) -> None:
    """Nobody else waits on its loop: it turns with the database all the same."""
    reads = "db = SessionLocal()\n    print(open('seed.py').readline())"
    done = project(tmp_path, SEED.format(start=reads, end="db.close()"))
    assert "    print(open('seed.py').readline())\n" in done.texts["seed.py"]
    assert "    asyncio.run(main())\n" in done.texts["seed.py"]


@pytest.mark.parametrize("what", SAME_FUNCTION)
def test_a_script_says_the_same(tmp_path: Path, what: str) -> None:
    (start, end), expected = SAME_FUNCTION[what]
    done = project(tmp_path, SEED.format(start=start, end=end))
    assert done.obstacles == []
    for text in expected:
        assert text in done.added("seed.py")
    before, after = run(tmp_path, done)
    assert before == after
    assert "['a']" in before


MANAGED = """
def main():
    Base.metadata.create_all(engine)
    with next(get_db()) as db:
        db.add(User(name="a"))
        db.commit()
    with next(get_db()) as db:
        print([u.name for u in db.query(User).all()])

if __name__ == "__main__":
    main()
"""
PROVIDERS = {
    "usual": PROVIDER,
    "with a rollback": """
        def get_db():
            '''A session.'''
            db: Session = SessionLocal()
            try:
                yield db
            except Exception:
                db.rollback()
                raise
            finally:
                db.close()
    """,
    "entered": """
        def get_db():
            with SessionLocal() as db:
                yield db
    """,
    "with a commit": """
        def get_db():
            db = SessionLocal()
            try:
                yield db
                db.commit()
            except Exception:
                db.rollback()
                raise
            finally:
                db.close()
    """,
    "with a rollback at every end": """
        def get_db():
            db = SessionLocal()
            try:
                yield db
            except:
                db.rollback()
                raise
            finally:
                db.close()
    """,
    "made within the attempt": """
        def get_db():
            try:
                db = SessionLocal()
                yield db
            finally:
                db.close()
    """,
    "none before": """
        def get_db():
            db = None
            try:
                db = SessionLocal()
                yield db
            finally:
                if db is not None:
                    db.close()
    """,
    "of the class": """
        def get_db():
            with Session(engine) as db:
                yield db
    """,
}


@pytest.mark.parametrize("what", PROVIDERS)
def test_a_session_is_made_as_its_provider_makes_it(tmp_path: Path, what: str) -> None:
    provider = "from sqlalchemy.orm import Session\n\n" + dedent(PROVIDERS[what])
    done = project(tmp_path, MANAGED, provider)
    assert done.obstacles == []
    made = "AsyncSession(engine)" if what == "of the class" else "SessionLocal()"
    assert done.added("seed.py").count(f"    async with {made} as db:\n") == 2
    assert run(tmp_path, done) == ("['a']\n", "['a']\n")


def test_a_method_is_replaced_by_what_it_makes(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/models.py": MODELS,
        "app/db.py": """
            from sqlalchemy import create_engine
            from sqlalchemy.orm import DeclarativeBase, sessionmaker

            class Base(DeclarativeBase):
                pass

            class Manager:
                def __init__(self):
                    self.engine = create_engine("sqlite:///app.db")
                    self.Session = sessionmaker(bind=self.engine)

                def session(self):
                    session = self.Session()
                    try:
                        yield session
                    finally:
                        session.close()

            manager = Manager()
        """,
        "app/api.py": """
            from fastapi import APIRouter, Depends
            from sqlalchemy import select
            from sqlalchemy.orm import Session
            from app.db import manager
            from app.models import User

            router = APIRouter()

            @router.get("/users")
            def users(db: Session = Depends(manager.session)):
                return [u.name for u in db.scalars(select(User)).all()]
        """,
        "seed.py": """
            from app.db import manager
            from app.models import User

            def add(name, db):
                db.add(User(name=name))
                db.commit()
                db.close()

            if __name__ == "__main__":
                add("a", next(manager.session()))
        """,
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    assert '    asyncio.run(add("a", manager.Session()))\n' in done.added("seed.py")


def test_what_is_left_of_next_is_closed(tmp_path: Path) -> None:
    typed = DATABASE.replace("SessionLocal =", "SessionLocal: sessionmaker =")
    done = project(tmp_path, SEED.format(start="db = next(get_db())", end=""), database=typed)
    assert "    async with SessionLocal() as db:\n        db.add(User" in done.texts["seed.py"]
    assert not [note for note in done.notes if "never closed" in note]
    before, after = run(tmp_path, done)
    assert before == after


def test_a_session_that_nobody_closes_is_told(tmp_path: Path) -> None:
    kept = "kept = [db]"
    done = project(tmp_path, SEED.format(start="db = next(get_db())", end=kept))
    assert [note for note in done.notes if "seed.py:7: the session of next(get_db()) is never closed" in note]
    done = project(tmp_path / "closed", SEED.format(start="db = next(get_db())", end="db.close()"))
    assert not [note for note in done.notes if "never closed" in note]


REFUSED = {
    "a provider that does more": (
        "db = next(get_db())",
        "def get_db():\n    db = SessionLocal()\n    db.info['user'] = 1\n    try:\n        yield db\n    finally:\n        db.close()\n",
    ),
    "a provider that commits at its end": (
        "db = next(get_db())",
        "def get_db():\n    db = SessionLocal()\n    try:\n        yield db\n    finally:\n        db.commit()\n        db.close()\n",
    ),
    "a provider that commits where it has one": (
        "db = next(get_db())",
        "def get_db():\n    db = None\n    try:\n        db = SessionLocal()\n        yield db\n    finally:\n        if db:\n            db.commit()\n            db.close()\n",
    ),
    "a provider that looks at every end": (
        "db = next(get_db())",
        "def get_db():\n    db = SessionLocal()\n    try:\n        yield db\n    except BaseException:\n        print('end')\n        raise\n    finally:\n        db.close()\n",
    ),
    "a factory that is given something": (
        "db = next(get_db())",
        "def get_db():\n    db = SessionLocal(info={'user': 1})\n    try:\n        yield db\n    finally:\n        db.close()\n",
    ),
    "a registry, which forgets nothing by itself": (
        "db = next(get_db())",
        "from sqlalchemy.orm import scoped_session\nregistry = scoped_session(SessionLocal)\n\ndef get_db():\n    db = registry()\n    try:\n        yield db\n    finally:\n        db.close()\n",
    ),
    "a generator that is handed on": ("steps = get_db()\n    print(steps)\n    db = next(steps)", PROVIDER),
    "a generator that is sent to": ("steps = get_db()\n    db = steps.send(None)", PROVIDER),
    "a generator in a closure": (
        "steps = get_db()\n    close = lambda: steps.close()\n    db = next(steps)",
        PROVIDER,
    ),
    "an end that is swallowed": (
        "steps = get_db()\n    with contextlib.suppress(StopIteration):\n        db = next(steps)",
        PROVIDER,
    ),
    "an end that is one of several": (
        "steps = get_db()\n    try:\n        db = next(steps)\n    except (StopIteration, OSError):\n        raise",
        PROVIDER,
    ),
    "a default": ("db = next(get_db(), None)", PROVIDER),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_not_be_the_same_is_refused(tmp_path: Path, what: str) -> None:
    start, provider = REFUSED[what]
    done = project(tmp_path, SEED.format(start=start, end=""), provider)
    assert done.obstacles
    assert done.texts == {}
