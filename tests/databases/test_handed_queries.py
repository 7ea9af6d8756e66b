"""Legacy queries that go through functions, names and attributes: whose session takes their rows, and where
nobody can tell."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app, squeezed

HANDLER = """
from sqlalchemy import func

@router.get("/x")
def handler(q: str = "", number: int = 1, db: Session = Depends(get_db)):
"""
ROWS = "return [u.name for u in {}]"


def handler(body: str) -> str:
    return HANDLER + "".join(f"    {line}\n" for line in body.split("\n"))


ACTIVE = "def active(log: Session, db: Session):\n    return db.query(User)\n"
REPO = "class Repo:\n    def __init__(self, db: Session):\n        self.db = db\n\n    def active(self, log: Session):\n        return self.db.query(User)\n"


@pytest.mark.parametrize(
    ("more", "body", "becomes"),
    [
        (ACTIVE, ROWS.format("active(audit, db).all()"), "await db.scalars(active(audit, db))"),
        (ACTIVE, ROWS.format("active(db=db, log=audit).all()"), "await db.scalars(active(db=db, log=audit))"),
        (REPO, "repo = Repo(db)\n" + ROWS.format("repo.active(audit).all()"), "await repo.db.scalars(repo.active(audit))"),
    ],
)  # fmt: skip
def test_the_rows_come_from_the_session_that_was_asked(
    tmp_path: Path, more: str, body: str, becomes: str
) -> None:
    """Not from the first one that is handed over: it may work on another database."""
    done = app(tmp_path, more + handler(f"audit = SessionLocal()\n{body}"), main=MAIN)
    assert done.obstacles == []
    assert f"for u in ({becomes}).all()]" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '["ann","bob"]']


@pytest.mark.parametrize(
    ("more", "body", "becomes"),
    [
        (
            "def page(query, number):\n    if number:\n        query = query.offset(number)\n    return query\n",
            ROWS.format("page(db.query(User), number).all()"),
            "(await db.scalars(page(select(User), number))).all()",
        ),
        (
            "def page(number, query):\n    return query.offset(number)\n",
            ROWS.format("page(number, query=db.query(User)).all()"),
            "(await db.scalars(page(number, query=select(User)))).all()",
        ),
        (
            "def tree(db: Session, n: int):\n    if n:\n        return tree(db, n - 1)\n    return db.query(User)\n",
            ROWS.format("tree(db, 2).all()"),
            "(await db.scalars(tree(db, 2))).all()",
        ),
    ],
)
def test_a_query_that_a_function_gives(tmp_path: Path, more: str, body: str, becomes: str) -> None:
    done = app(tmp_path, more + handler(body))
    assert done.obstacles == []
    assert f"for u in {becomes}]" in done.texts["app/api.py"]


@pytest.mark.parametrize("compared", ["db.query(User)", "query"])
def test_a_query_that_is_compared_with_none(tmp_path: Path, compared: str) -> None:
    body = f"query = db.query(User)\nif {compared} is None:\n    return []\n{ROWS.format('query.all()')}"
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    assert "db.query" not in done.texts["app/api.py"]


NOT_FOLLOWED = "a query is handed on to code that is not followed"
UNKNOWN_SESSION = "a query of a session that is not known here"


@pytest.mark.parametrize(
    ("helper", "words"),
    [
        ("    if number:\n        query = []\n    return query", UNKNOWN_SESSION),
        ("    for query in [query]:\n        pass\n    return query", NOT_FOLLOWED),
        ("    print(query)\n    return query.offset(number)", NOT_FOLLOWED),
        ("    if query:\n        return None\n    return query.offset(number)", UNKNOWN_SESSION),
    ],
)
def test_a_helper_that_does_more_than_build(tmp_path: Path, helper: str, words: str) -> None:
    more = f"def page(query, number):\n{helper}\n"
    done = app(tmp_path, more + handler(ROWS.format("page(db.query(User), number)")))
    assert any(words in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


@pytest.mark.parametrize(
    ("more", "body", "words"),
    [
        ("import report\n", "return report.page(number, query=db.query(User))", NOT_FOLLOWED),
        ("", "kept = {}\nkept['q'] = db.query(User)\nreturn kept['q'].all()", NOT_FOLLOWED),
        ("", "a = b = db.query(User)\nreturn a.all() + b.all()", NOT_FOLLOWED),
        ("", "names = [1]\nnames.sort(key=lambda n: db.query(User).get(n).name)\nreturn names", "a query outside a function"),
        ("", "later = (u.name for i in [1] for u in db.query(User).all())\nreturn list(later)", "where nothing can be awaited"),
        ("", "query = db.query(User)\nfor query in [query]:\n    pass\nreturn query.count()", "sometimes something else"),
        ("", "query = db.query(User)\nif q:\n    query = query.all()\nreturn [u.name for u in query]", "sometimes something else"),
        ("", "query = db.query(User)\nreturn query.get(number).name", "Query.get() behind other methods"),
        ("", "return db.query(User).get(db.query(Note).first().owner_id).name", "given what becomes something else"),
        ("def rows(db: Session):\n    yield 1\n    return db.query(User)\n", "return list(rows(db))", "a generator returns a query"),
        (REPO, "return [u.name for u in Repo(db).active(db).all()]", UNKNOWN_SESSION),
        (
            "class Repo:\n    @property\n    def active(self):\n        db = SessionLocal()\n        return db.query(User)\n",
            "return [u.name for u in Repo().active.all()]",
            "whose session is not known where it is read",
        ),
        (
            "kept = {}\n\nclass Repo:\n    def __init__(self, db: Session):\n        kept['db'] = db\n        self.query = db.query(User)\n",
            "return [u.name for u in Repo(db).query.all()]",
            NOT_FOLLOWED,
        ),
    ],
)  # fmt: skip
def test_a_query_that_is_lost_from_sight(tmp_path: Path, more: str, body: str, words: str) -> None:
    done = app(tmp_path, more + handler(body))
    assert any(words in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


ONE = "db.query(User).filter(User.id == 1)"


@pytest.mark.parametrize(
    ("legacy", "becomes"),
    [
        ("delete(False)", "delete(User).filter(User.id == 1).execution_options(synchronize_session=False)"),
        ("delete('fetch')", "delete(User).filter(User.id == 1).execution_options(synchronize_session='fetch')"),
        ("update({'name': q}, False)", "update(User).filter(User.id == 1).values({'name': q}).execution_options(synchronize_session=False)"),
        ("update(values={'name': q})", "update(User).filter(User.id == 1).values({'name': q})"),
    ],
)  # fmt: skip
def test_what_bulk_changes_are_told_by_place_or_by_name(tmp_path: Path, legacy: str, becomes: str) -> None:
    done = app(tmp_path, handler(f"{ONE}.{legacy}\ndb.commit()\nreturn 1"))
    assert done.obstacles == []
    assert f"    await db.execute({becomes})\n" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("legacy", "words"),
    [
        (f"{ONE}.delete(False, 3)", "arguments that have no rule"),
        (f"{ONE}.update({{'name': q}}, update_args={{'mysql_limit': 1}})", "arguments that have no rule"),
        (f"{ONE}.delete(  # gone\n)", "a comment between its arguments"),
        (f"{ONE}.update(\n    {{'name': q}},  # all\n    synchronize_session=False,\n)", "a comment between its arguments"),
        ("(db.query(User)).filter(User.id == 1).delete()", "cannot be taken apart"),
        (f"{ONE}.update({{'name': db.query(func.max(User.name)).scalar()}})", "given what becomes something else"),
    ],
)  # fmt: skip
def test_bulk_changes_without_a_rule(tmp_path: Path, legacy: str, words: str) -> None:
    done = app(tmp_path, handler(f"{legacy}\ndb.commit()\nreturn 1"))
    assert [words in text for text in done.obstacles] == [True]
    assert "AsyncSession" not in "".join(done.texts.values())


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ("db.execute(select(User), execution_options={'yield_per': 10})", "yield_per: rows are read bit by bit"),
        ("db.scalars(select(User), execution_options=dict(stream_results=True))", "stream_results: rows"),
        ("db.execute(text('select * from users').execution_options(stream_results=True))", "stream_results: rows"),
        ("db.scalars(select(User).execution_options(**options))", "stream_results: rows"),
        ("db.execute(select(User), execution_options={'populate_existing': True})", ""),
        ("own.execute(select(User), execution_options={'yield_per': 10})", ""),
    ],
)  # fmt: skip
def test_rows_that_an_async_session_would_not_give_bit_by_bit(tmp_path: Path, read: str, words: str) -> None:
    """It raises `AsyncMethodRequired` for a cursor on the server, wherever that was asked for."""
    more = "from sqlalchemy import text\n\n\nclass Own:\n    def execute(self, statement, execution_options):\n        return []\n\n\nown = Own()\n"
    body = f"options = {{'stream_results': True}}\nwith engine.connect() as connection:\n    return [row.name for row in {read}]"
    done = app(tmp_path, more + handler(body))
    assert [words in text for text in done.obstacles] == ([True] if words else [])
    assert ("AsyncSession" in done.added("app/api.py")) is not bool(words)


STREAMED = """
@router.get("/x")
def handler(db: Session = Depends(get_db)):
    names = []
    {body}
    return names
"""
ADDS = "        names.append((row.id, row.name))"


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (
            f"for row in db.query(User).filter(User.id > 1).yield_per(10):\n{ADDS}",
            "async for row in await db.stream_scalars(select(User).filter(User.id > 1).execution_options(yield_per=10)):",
        ),
        (
            f"for row in db.query(User.id, User.name).yield_per(10):\n{ADDS}",
            "async for row in await db.stream(select(User.id, User.name).execution_options(yield_per=10)):",
        ),
        (
            f"for row in db.scalars(select(User).execution_options(yield_per=10)):\n{ADDS}",
            "async for row in await db.stream_scalars(select(User).execution_options(yield_per=10)):",
        ),
        (
            f"for row in db.execute(select(User), execution_options={{'yield_per': 10}}).scalars():\n{ADDS}",
            "async for row in (await db.stream(select(User), execution_options={'yield_per': 10})).scalars():",
        ),
        (
            f"found = db.execute(select(User.id, User.name).execution_options(yield_per=10))\n    names += found.keys()\n    for row in found:\n{ADDS}",
            "found = await db.stream(select(User.id, User.name).execution_options(yield_per=10))\n    names += found.keys()\n    async for row in found:",
        ),
        (
            f"query = select(User).execution_options(yield_per=10)\n    for row in db.scalars(query):\n{ADDS}",
            "query = select(User).execution_options(yield_per=10)\n    async for row in await db.stream_scalars(query):",
        ),
        (
            f"with engine.connect() as connection:\n      for row in connection.execution_options(stream_results=True).execute(select(User)):\n{ADDS}",
            'async for row in await connection.stream(select(User), execution_options={"stream_results": True}):',
        ),
        (
            f"with engine.connect() as connection:\n      found = connection.execution_options(stream_results=True).execute(select(User))\n      for rows in found.partitions(2):\n       for row in rows:\n{ADDS}",
            "async for rows in found.partitions(2):",
        ),
    ],
)
def test_loops_over_rows_that_come_bit_by_bit(tmp_path: Path, body: str, becomes: str) -> None:
    done = app(tmp_path, STREAMED.format(body=body), main=MAIN)
    assert done.obstacles == []
    assert not any("at once" in note for note in done.notes)
    assert squeezed(becomes) in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


@pytest.mark.parametrize(
    "body",
    [
        "names += [u.name for u in db.scalars(select(User).execution_options(yield_per=10))]",
        "found = db.execute(select(User).execution_options(yield_per=10))\n    names.append(found.first())",
        "with engine.connect() as connection:\n        names += connection.execution_options(stream_results=True).execute(select(User)).scalars().all()",
    ],
)
def test_what_is_no_loop_is_read_at_once(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, STREAMED.format(body=body))
    assert done.obstacles == []
    assert any("all rows are read at once" in note for note in done.notes)
    assert "stream" not in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "for row in db.query(User).yield_per(10).all():\n        names.append(row.id)",
        "names += [row.id for row in db.query(User).yield_per(10)]",
        "query = db.query(User).yield_per(10)\n    names += [row.id for row in query]",
    ],
)
def test_legacy_queries_that_no_loop_goes_through(tmp_path: Path, body: str) -> None:
    assert any("yield_per" in text for text in app(tmp_path, STREAMED.format(body=body)).obstacles)


LOADS = """
from sqlalchemy.orm import joinedload

from app.models import User


def with_notes(query):
    return query.options(joinedload(User.notes))
"""


def test_a_helper_of_another_file_says_what_is_loaded(tmp_path: Path) -> None:
    """Its join repeats rows: that is read in its file, not in the one that calls it."""
    body = "return [len(u.notes) for u in with_notes(db.query(User)).order_by(User.id).all()]"
    done = app(tmp_path, "from app.loads import with_notes\n" + handler(body), main=MAIN, loads=LOADS)
    assert done.obstacles == []
    assert ").order_by(User.id))).unique().all()" in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, "[2,1]"]
