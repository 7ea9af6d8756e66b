"""Legacy queries: what each becomes, exactly, and which are refused by name."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, app, convert, squeezed

HANDLER = """
import sqlalchemy as sa
from sqlalchemy import distinct, func
from sqlalchemy.orm import joinedload, subqueryload

@router.get("/x")
def handler(q: str = "", number: int = 1, db: Session = Depends(get_db)):
{body}
"""


def handler(body: str) -> str:
    lines = body.strip("\n").split("\n")
    return HANDLER.format(body="\n".join(f"    {line}" for line in lines))


@pytest.mark.parametrize(
    ("legacy", "becomes"),
    [
        ("db.query(User).all()", "(await db.scalars(select(User))).all()"),
        ("db.query(User).first()", "await db.scalar(select(User).limit(1))"),
        ("db.query(User).limit(1).first()", "await db.scalar(select(User).limit(1))"),
        ("db.query(User).limit(5).first()", "await db.scalar(select(User).limit(5).limit(1))"),
        (
            "db.query(User).filter(User.id == 1).one()",
            "(await db.scalars(select(User).filter(User.id == 1))).one()",
        ),
        (
            "db.query(User).filter_by(name=q).one_or_none()",
            "(await db.scalars(select(User).filter_by(name=q))).one_or_none()",
        ),
        (
            "(db.query(User).\n    filter(User.id == 1)\n    .one())",
            "(await db.scalars(select(User).filter(User.id == 1))).one()",
        ),
        (
            "db.query(User).\\\n    filter(User.id == 1).\\\n    all()",
            "(await db.scalars(select(User).filter(User.id == 1))).all()",
        ),
        ("db.query(User).get(number)", "await db.get(User, number)"),
        ("db.query(User).with_for_update().get(number)", "await db.get(User, number, with_for_update=True)"),
        (
            "db.query(User).with_for_update(nowait=True).get(number)",
            "await db.get(User, number, with_for_update=dict(nowait=True))",
        ),
        (
            "db.query(User).options(subqueryload(User.notes)).get(number)",
            "await db.get(User, number, options=[subqueryload(User.notes)])",
        ),
        (
            "db.query(User.id, *[func.max(each).label('x') for each in [User.name]]).all()",
            "(await db.execute(select(User.id, *[func.max(each).label('x') for each in [User.name]]))).all()",
        ),
        ("db.query(User.id, User.name).all()", "(await db.execute(select(User.id, User.name))).all()"),
        ("db.query(User.name).first()", "(await db.execute(select(User.name).limit(1))).first()"),
        (
            "db.query(User, Note).join(Note).all()",
            "(await db.execute(select(User, Note).join(Note))).unique().all()",
        ),
        ("db.query(User).join(Note).all()", "(await db.scalars(select(User).join(Note))).unique().all()"),
        ("db.query(User.id).join(Note).all()", "(await db.execute(select(User.id).join(Note))).all()"),
        (
            "db.query(User).options(joinedload(User.notes)).one()",
            "(await db.scalars(select(User).options(joinedload(User.notes)))).unique().one()",
        ),
        (
            "db.query(Note).options(joinedload(Note.owner)).all()",
            "(await db.scalars(select(Note).options(joinedload(Note.owner)))).all()",
        ),
        (
            "db.query(Note).options(joinedload(Note.owner, innerjoin=True)).join(Note.owner).all()",
            "(await db.scalars(select(Note).options(joinedload(Note.owner, innerjoin=True)).join(Note.owner))).all()",
        ),
        (
            "db.query(Note).options(joinedload(Note.owner).joinedload(User.notes)).all()",
            "(await db.scalars(select(Note).options(joinedload(Note.owner).joinedload(User.notes)))).unique().all()",
        ),
        (
            "db.query(Note).join(Note.owner).options(contains_eager(Note.owner)).all()",
            "(await db.scalars(select(Note).join(Note.owner).options(contains_eager(Note.owner)))).unique().all()",
        ),
        (
            "db.query(User).join(Note.owner).all()",
            "(await db.scalars(select(User).join(Note.owner))).unique().all()",
        ),
        (
            "db.query(Note).join(Note.owner).join(User.notes.of_type(Note)).all()",
            "(await db.scalars(select(Note).join(Note.owner).join(User.notes.of_type(Note)))).unique().all()",
        ),
        (
            "db.query(User).options(subqueryload(User.notes)).all()",
            "(await db.scalars(select(User).options(subqueryload(User.notes)))).all()",
        ),
        (
            "db.query(func.count(User.id)).scalar()",
            "(await db.execute(select(func.count(User.id)))).scalar_one()",
        ),
        (
            "db.query(func.coalesce(func.sum(User.id), 0)).filter(User.name == q).scalar()",
            "await db.scalar(select(func.coalesce(func.sum(User.id), 0)).filter(User.name == q))",
        ),
        (
            "db.query(func.round(sa.cast(func.count(User.id), sa.Float) / 2 * 100, 1).label('share')).scalar()",
            "await db.scalar(select(func.round(sa.cast(func.count(User.id), sa.Float) / 2 * 100, 1).label('share')))",
        ),
        (
            "db.query(-(func.max(User.id) - func.min(User.id))).scalar()",
            "await db.scalar(select(-(func.max(User.id) - func.min(User.id))))",
        ),
        (
            "db.query(func.coalesce(User.id, 0)).scalar()",
            "(await db.execute(select(func.coalesce(User.id, 0)))).scalar_one_or_none()",
        ),
        (
            "db.query(distinct(User.id)).scalar()",
            "(await db.execute(select(distinct(User.id)))).scalar_one_or_none()",
        ),
        (
            "db.query((sa.cast(func.sum(User.id), sa.Float) / 2).label('half')).scalar()",
            "await db.scalar(select((sa.cast(func.sum(User.id), sa.Float) / 2).label('half')))",
        ),
        (
            "db.query(func.sum(User.id).over()).scalar()",
            "(await db.execute(select(func.sum(User.id).over()))).scalar_one_or_none()",
        ),
        (
            "db.query(func.generate_series(1, func.max(User.id))).scalar()",
            "(await db.execute(select(func.generate_series(1, func.max(User.id))))).scalar_one_or_none()",
        ),
        (
            "db.query(func.coalesce(func.sum(User.id), 0)).group_by(User.name).scalar()",
            "(await db.execute(select(func.coalesce(func.sum(User.id), 0)).group_by(User.name))).scalar_one_or_none()",
        ),
        (
            "db.query(func.max(User.id)).group_by(User.name).scalar()",
            "(await db.execute(select(func.max(User.id)).group_by(User.name))).scalar_one_or_none()",
        ),
        (
            "db.query(User.id).filter(User.name == q).scalar()",
            "(await db.execute(select(User.id).filter(User.name == q))).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter(User.id > 1).count()",
            "(await db.execute(select(func.count()).select_from(User).filter(User.id > 1))).scalar_one()",
        ),
        (
            "db.query(db.query(User).filter(User.id == 1).exists()).scalar()",
            "await db.scalar(select(select(User).filter(User.id == 1).exists()))",
        ),
        (
            "db.query(User).filter(User.id.in_(db.query(Note.owner_id))).all()",
            "(await db.scalars(select(User).filter(User.id.in_(select(Note.owner_id))))).all()",
        ),
        ("list(db.query(User))", "(await db.scalars(select(User))).all()"),
        ("[u.id for u in db.query(User)]", "[u.id for u in await db.scalars(select(User))]"),
        (
            "db.query(User).order_by(User.name.desc().nulls_last(), User.id.asc()).all()",
            "(await db.scalars(select(User).order_by(User.name.desc().nulls_last(), User.id.asc()))).all()",
        ),
        (
            "db.query(Note).filter(Note.owner.has(name='x'), Note.owner.of_type(User).has()).all()",
            "(await db.scalars(select(Note).filter(Note.owner.has(name='x'), Note.owner.of_type(User).has()))).all()",
        ),
        (
            "{n.id for u in [1] for n in db.query(User)}",
            "{n.id for u in [1] for n in await db.scalars(select(User))}",
        ),
        (
            "db.query(User).filter(User.id.in_(db.query(Note).with_entities(Note.owner_id))).all()",
            "(await db.scalars(select(User).filter(User.id.in_(select(Note).with_only_columns(Note.owner_id))))).all()",
        ),
        (
            "db.query(Note).with_entities(Note.title).all()",
            "(await db.execute(select(Note).with_only_columns(Note.title))).all()",
        ),
    ],
)
def test_a_query_in_one_piece(tmp_path: Path, legacy: str, becomes: str) -> None:
    done = app(tmp_path, handler(f"found = {legacy}\nreturn str(found)"))
    assert done.obstacles == []
    assert f"found = {becomes}\n" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("legacy", "becomes"),
    [
        (
            "db.query(Note).filter(Note.id == 1).delete()",
            "await db.execute(delete(Note).filter(Note.id == 1))",
        ),
        ("db.query(Note).delete()", "await db.execute(delete(Note))"),
        (
            'db.query(Note).filter_by(id=1).update({"title": q}, synchronize_session=False)',
            'await db.execute(update(Note).filter_by(id=1).values({"title": q})'
            ".execution_options(synchronize_session=False))",
        ),
        (
            "gone = db.query(Note).filter(Note.id == 1).delete()",
            "gone = (await db.execute(delete(Note).filter(Note.id == 1))).rowcount",
        ),
    ],
)
def test_bulk(tmp_path: Path, legacy: str, becomes: str) -> None:
    done = app(tmp_path, handler(f"{legacy}\ndb.commit()\nreturn 1"))
    assert f"    {becomes}\n" in done.texts["app/api.py"]


def test_how_many_rows_were_deleted_passes_type_checkers(tmp_path: Path) -> None:
    done = app(
        tmp_path,
        "def purge(db: Session) -> int:\n    return db.query(Note).delete()\n" + handler("return purge(db)"),
    )
    text = done.texts["app/api.py"]
    assert "    return cast(CursorResult[Any], await db.execute(delete(Note))).rowcount\n" in text
    assert "from typing import Any, cast\n" in text
    assert "from sqlalchemy import CursorResult, delete" in text


def test_a_query_that_is_built_up(tmp_path: Path) -> None:
    body = """
query = db.query(Note)
if q:
    query = query.filter(Note.title.contains(q))
if number:
    query = query.join(User).filter(User.id == number)
total = query.count()
notes = query.order_by(Note.id).offset(3).limit(3).all()
query = query.all()
for note in query:
    print(note.title)
return total, len(notes)
"""
    text = app(tmp_path, handler(body)).texts["app/api.py"]
    assert "    query = select(Note)\n" in text
    assert "        query = query.filter(Note.title.contains(q))\n" in text
    assert "select_from(query.subquery())" in text
    assert "notes = (await db.scalars(query.order_by(Note.id).offset(3).limit(3))).unique().all()\n" in text
    assert "    query = (await db.scalars(query)).unique().all()\n    for note in query:\n" in text


def test_a_filtered_query_is_deleted_by_its_criteria(tmp_path: Path) -> None:
    body = """
found = db.query(Note).filter(Note.id == number)
note = found.first()
found.delete(synchronize_session=False)
db.commit()
return note is None
"""
    text = app(tmp_path, handler(body)).texts["app/api.py"]
    assert (
        "await db.execute(delete(Note).where(found.whereclause).execution_options(synchronize_session=False))"
        in text
    )


@pytest.mark.parametrize("method", ["delete", "add", "refresh"])
def test_a_query_in_the_place_of_an_object_fails_as_it_did(tmp_path: Path, method: str) -> None:
    """`db.delete(query)` where `query.first()` was meant."""
    body = f"query = db.query(User).filter(User.id == 1)\nif not query.first():\n    return 'none'\ndb.{method}(query)\ndb.commit()\nreturn 'ok'"
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    assert f"db.{method}(query)\n" in done.texts["app/api.py"]


def test_a_query_goes_through_a_helper_and_out_of_a_function(tmp_path: Path) -> None:
    more = """
def page(query, number):
    return query.offset(number * 10).limit(10)

def active(db: Session, q: str):
    query = db.query(User)
    if q:
        query = query.filter(User.name == q)
    return query
"""
    text = app(tmp_path, more + handler("return [u.name for u in page(active(db, q), number).all()]")).texts[
        "app/api.py"
    ]
    assert "def active(db: AsyncSession, q: str):" in text, "it awaits nothing"
    assert "    query = select(User)\n" in text
    assert "for u in (await db.scalars(page(active(db, q), number))).all()]" in text


@pytest.mark.parametrize(
    "body",
    [
        "model = db.info['model']\nreturn db.query(model).first()",
        "class Repo:\n    def __init__(self, model):\n        self.model = model\n    def one(self):\n        return db.query(self.model).first()\nreturn Repo",
        "return db.query(*[User]).first()",
        "things = [func.max(User.id)]\nthings.append(User)\nreturn db.query(User.name, *things).first()",
        "return db.query(User.name, *load()).first()",
        "return (u.name for u in db.query(User))",
        "return list(n for u in [1] for n in db.query(User))",
        "return db.query(User).yield_per(10).all()",
        "return db.query(User).filter(User.id == 1).get(3)",
        "return db.query(User).values(User.id)",
        "return db.query(User).union(db.query(User)).all()",
        "return db.query(User).join(Note).delete()",
        "return db.query(User).limit(3).update({})",
        "return db.query(User.id).delete()",
        "query = db.query(Note)\nif q:\n    query = query.filter(Note.title == q)\nquery.delete()\nreturn 1",
        "query = db.query(Note)\nif q:\n    query = db.query(User)\nreturn query.all()",
        "query = [] if q else db.query(User)\nreturn list(query)",
        "queries = [db.query(User)]\nreturn queries[0].all()",
        "return {'q': db.query(User)}['q'].first()",
        "return (lambda: db.query(User).all())()",
        "import anyio\nreturn anyio.run(db.query(User).all)",
        "return print(db.query(User))",
        "query = db.query(User)\nif q:\n    query = query.with_entities(User.id)\nreturn query.all()",
        "query = db.query(User)\nreturn print(query.with_entities(User.id))",
        "query = db.query(User)\nif q:\n    query = query.add_columns(User.name)\nreturn query.all()",
        "from itertools import groupby\nrows = groupby(db.query(User), key=id)\ndb.commit()\nreturn [k for k, _ in rows]",
        "from itertools import groupby\nrows = groupby(db.query(User), key=id)\nreturn [k for k, _ in rows] + list(rows)",
        "def inner():\n    return db.query(User).all()\nreturn list(map(lambda _: inner(), [1]))",
    ],
)
def test_refused(tmp_path: Path, body: str) -> None:
    done = app(tmp_path, handler(body))
    assert done.obstacles, done.texts
    assert "AsyncSession" not in "".join(done.texts.values())


PAGE = """
from sqlalchemy.orm import Query

def paginate(query: Query, number: int = 1):
    total = query.order_by(None).count()
    return query.limit(10).offset(number * 10).all(), total
"""


def test_a_helper_that_takes_the_rows_is_handed_the_session(tmp_path: Path) -> None:
    body = """
query = db.query(User)
if q:
    query = query.join(Note).filter(Note.title == q)
users, total = paginate(query.order_by(User.id), number=number)
notes, more = paginate(db.query(Note))
return [u.name for u in users], [n.title for n in notes], total + more
"""
    text = app(tmp_path, PAGE + handler(body)).texts["app/api.py"]
    assert "async def paginate(db: AsyncSession, query: Select, number: int = 1):\n" in text
    assert (
        "    total = (await db.execute(select(func.count()).select_from(query.order_by(None).subquery()))).scalar_one()\n"
        in text
    )
    assert "(await db.scalars(query.limit(10).offset(number * 10))).unique().all(), total\n" in text
    assert "    users, total = await paginate(db, query.order_by(User.id), number=number)\n" in text
    assert "    notes, more = await paginate(db, select(Note))\n" in text


def test_a_helper_that_has_the_session_already(tmp_path: Path) -> None:
    more = "def rows(session: Session, query):\n    return query.limit(3).all()\n"
    text = app(tmp_path, more + handler("return [u.name for u in rows(db, db.query(User))]")).texts[
        "app/api.py"
    ]
    assert (
        "async def rows(session: AsyncSession, query):\n    return (await session.scalars(query.limit(3))).all()"
        in text
    )
    assert "for u in await rows(db, select(User))]" in text


@pytest.mark.parametrize(
    ("more", "body"),
    [
        (PAGE, "return paginate(db.query(User)), paginate(db.query(User.id))"),
        (PAGE + "def other(query):\n    return paginate(query)\n", "return paginate(db.query(User))"),
        (PAGE + "pages = {'x': paginate}\n", "return paginate(db.query(User))"),
        ("def rows(query):\n    db = 1\n    return query.all(), db\n", "return rows(db.query(User))"),
        ("def rows(query):\n    yield from query.all()\n", "return list(rows(db.query(User)))"),
        ("def rows(*queries):\n    return queries[0].all()\n", "return rows(db.query(User))"),
        (
            PAGE + "def other(session: Session):\n    return paginate(session.query(User))\n",
            "return (lambda: paginate(db.query(User)))()",
        ),
        ("def gone(query):\n    query.delete()\n", "return gone(db.query(User))"),
    ],
)
def test_helpers_that_cannot_be_handed_a_session(tmp_path: Path, more: str, body: str) -> None:
    done = app(tmp_path, more + handler(body))
    assert done.obstacles, done.texts
    assert "AsyncSession" not in "".join(done.texts.values())


def test_a_comment_between_the_arguments_stays(tmp_path: Path) -> None:
    body = "db.query(User).filter(User.id == 1).update(  # all of them\n    {'name': q}\n)\ndb.commit()"
    text = app(tmp_path, handler(body)).texts["app/api.py"]
    assert "update(User).filter(User.id == 1).values(  # all of them\n" in text


@pytest.mark.parametrize(
    ("end", "becomes"),
    [
        (".first()", ".limit(1))"),
        (".all()", ")).all()"),
        (".count()", ")"),
        (".delete()", ")"),
        (".update({'name': q})", ".values({'name': q}))"),
    ],
)
def test_comments_stay_between_the_steps_of_a_query(tmp_path: Path, end: str, becomes: str) -> None:
    """A comment lost on the way would take the whole database down with it."""
    body = f"x = (\n    db.query(User)  # asked for\n    .filter(User.id == 1)  # one. only\n    {end}  # done\n)"
    done = app(tmp_path, handler(body))
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert f".filter(User.id == 1)  # one. only\n        {becomes}" in text
    assert "(User)  # asked for\n" in text
    assert "  # done\n" in text


def test_a_comment_behind_the_parentheses_of_a_query_stays(tmp_path: Path) -> None:
    body = "x = (\n    (db.query(User)  # asked for\n    ).\n    # some\n    filter(User.id == 1)  # one\n    # really\n    .one()\n)"
    text = app(tmp_path, handler(body)).texts["app/api.py"]
    assert [line.partition("#")[2] for line in text.splitlines() if "#" in line] == [
        " asked for",
        " some",
        " one",
        " really",
    ]


@pytest.mark.parametrize(
    ("function", "becomes"),
    [
        ("def all_users(db: Session) -> list[User]:\n    return db.query(User).all()", "return list(await db.scalars(select(User)))"),
        ("def all_users(db: Session) -> List[User]:\n    found = db.query(User).all()\n    return found", "found = list(await db.scalars(select(User)))"),
        ("def all_users(db: Session):\n    found: list[User] = db.query(User).all()\n    return found", "found: list[User] = list(await db.scalars(select(User)))"),
        ("def all_users(db: Session) -> list[User]:\n    return db.query(User).join(Note).all()", "return list((await db.scalars(select(User).join(Note))).unique())"),
        ("def all_users(db: Session):\n    return db.query(User).all() + [User()]", "return list(await db.scalars(select(User))) + [User()]"),
        ("def all_users(db: Session) -> tuple[list[User], int]:\n    found = db.query(User).all()\n    return found, 1", "found = list(await db.scalars(select(User)))"),
        ("def named(users: List[User]) -> list[str]:\n    return [u.name for u in users]\n\n\ndef all_users(db: Session) -> list[str]:\n    found = db.query(User).all()\n    return named(found)", "found = list(await db.scalars(select(User)))"),
        ("def all_users(db: Session):\n    found = db.query(User).all()\n    found.append(User())\n    return found", "found = list(await db.scalars(select(User)))"),
        ("class Page(NamedTuple):\n    users: list[User]\n\n\ndef all_users(db: Session):\n    found = db.query(User).all()\n    return Page(users=found)", "found = list(await db.scalars(select(User)))"),
        ("def all_users(db: Session) -> list[User]:\n    found = db.query(User).all()\n    return found[:5] if found else []", "found = list(await db.scalars(select(User)))"),
        ("class Page(NamedTuple):\n    users: Sequence[User]\n\n\ndef all_users(db: Session):\n    found = db.query(User).all()\n    return Page(users=found)", "found = (await db.scalars(select(User))).all()"),
        ("def all_users(db: Session) -> tuple[int, list[User]]:\n    found = db.query(User).all()\n    return len(found), []", "found = (await db.scalars(select(User))).all()"),
        ("def all_users(db: Session):\n    return db.query(User).all()", "return (await db.scalars(select(User))).all()"),
        ("def all_users(db: Session) -> Sequence[User]:\n    return db.query(User).all()", "return (await db.scalars(select(User))).all()"),
        ("def all_users(db: Session) -> list[str]:\n    found = db.query(User).all()\n    return [u.name for u in found]", "found = (await db.scalars(select(User))).all()"),
        ("def all_users(db: Session) -> User | None:\n    return db.query(User).all()[0]", "return (await db.scalars(select(User))).all()[0]"),
    ],
)  # fmt: skip
def test_a_list_is_made_where_one_is_promised(tmp_path: Path, function: str, becomes: str) -> None:
    names = "from collections.abc import Sequence\nfrom typing import List, NamedTuple\n"
    done = app(tmp_path, f"{names}\n\n{function}\n" + handler("return len(all_users(db))"))
    assert done.obstacles == []
    assert f"    {becomes}\n" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("function", "becomes"),
    [
        ("def all_users(db: Session) -> int:\n    return db.query(User).count()", "return (await db.execute(select(func.count()).select_from(User))).scalar_one()"),
        ("def all_users(db: Session):\n    total = db.query(func.count(User.id)).scalar()\n    return total // 10", "total = (await db.execute(select(func.count(User.id)))).scalar_one()"),
        ("def all_users(db: Session):\n    total = db.query(User).with_entities(func.count(User.id)).scalar()\n    return total // 10", "total = (await db.execute(select(User).with_only_columns(func.count(User.id)))).scalar_one()"),
        ("def all_users(db):\n    total = db.query(User).count()\n    return total // 10", "total = await db.scalar(select(func.count()).select_from(User))"),
        ("def all_users(db: Session):\n    return db.query(User).count()", "return await db.scalar(select(func.count()).select_from(User))"),
        ("def all_users(db: Session) -> bool:\n    return db.query(User).count() == 0", "return await db.scalar(select(func.count()).select_from(User)) == 0"),
        ("def all_users(db: Session) -> bool:\n    return db.query(User).count() > 0", "return (await db.execute(select(func.count()).select_from(User))).scalar_one() > 0"),
        ("def all_users(db: Session) -> int:\n    return db.query(func.count(User.id)).scalar() or 0", "return await db.scalar(select(func.count(User.id))) or 0"),
        ("def all_users(db: Session) -> int:\n    return db.query(func.max(User.id)).scalar()", "return await db.scalar(select(func.max(User.id)))"),
    ],
)  # fmt: skip
def test_a_count_is_an_int_where_none_will_not_do(tmp_path: Path, function: str, becomes: str) -> None:
    done = app(tmp_path, f"from sqlalchemy import func\n\n\n{function}\n" + handler("return all_users(db)"))
    assert done.obstacles == []
    assert f"    {becomes}\n" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "query",
    [
        "db.query(User).options(together(User.notes)).all()",
        "q.all()",
    ],
)
def test_rows_repeat_when_a_join_loads_under_another_name(tmp_path: Path, query: str) -> None:
    before = "q = db.query(User).options(together(User.notes))\n    " if query == "q.all()" else ""
    handler = f"from sqlalchemy.orm import joinedload as together\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    {before}return {query}\n"
    done = app(tmp_path, handler)
    assert done.obstacles == []
    assert ".unique().all()" in done.texts["app/api.py"]


BASE = "async def base(db: Session) -> Query:\n    return db.query(User).filter(User.id > 0)\n"
NAMED = "async def named(query: Query, name: str) -> Query:\n    if not name:\n        return query\n    return query.filter(User.name == name)\n"
ROWS = "async def rows(query: Query):\n    return query.all()\n"


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ("query = await named(await base(db), q)\nreturn query.count()", "select_from(query.subquery())"),
        (
            "query = await base(db)\nquery = await named(query, q)\nreturn query.first().id",
            "(await db.scalar(query.limit(1))).id",
        ),
        (
            "return (await base(db)).filter(User.id < 9).first().id",
            "(await db.scalar((await base(db)).filter(User.id < 9).limit(1))).id",
        ),
        ("return len(await rows(db.query(User)))", "len(await rows(db, select(User)))"),
    ],
)
def test_coroutines_that_build_on_a_query_are_followed(tmp_path: Path, body: str, becomes: str) -> None:
    """A legacy application that was made `async def` all over still asks a sync session."""
    used = [each for each in (BASE, NAMED, ROWS) if each[10 : each.index("(")] in body]
    helpers = f"from sqlalchemy.orm import Query\n\n{''.join(used)}"
    done = app(tmp_path, helpers + handler(body).replace("def handler", "async def handler"))
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert becomes in text
    assert "Query" not in text


@pytest.mark.parametrize(
    ("pin", "becomes"),
    [("==2.0.36", "Select[tuple[User]]"), (">=2.0,<2.1", "Select[tuple[User]]"), (">=2", "Select[Any]")],
)
def test_the_rows_of_a_query_are_told_as_the_version_has_them(tmp_path: Path, pin: str, becomes: str) -> None:
    """A `Select` of SQLAlchemy 2.0 is one of tuples, and of 2.1 one of their parts."""
    helpers = "from sqlalchemy.orm import Query\n\n\ndef base(db: Session) -> Query[User]:\n    return db.query(User)\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    api = HEADER + helpers + handler("return base(db).first().id")
    done = convert(tmp_path, {**files, "app/api.py": api}, f"fastapi\nsqlalchemy{pin}\naiosqlite\ngreenlet\n")
    assert f"def base(db: AsyncSession) -> {becomes}:\n" in done.texts["app/api.py"]


def test_a_coroutine_that_would_give_a_query_is_none(tmp_path: Path) -> None:
    helpers = f"import asyncio\nfrom sqlalchemy.orm import Query\n\n{BASE}"
    body = "found = asyncio.gather(base(db), base(db))\nreturn [query.all() for query in await found]"
    done = app(tmp_path, helpers + handler(body).replace("def handler", "async def handler"))
    assert done.obstacles
    assert done.texts == {}


def test_options_of_a_statement_that_is_counted_elsewhere_are_not_lost(tmp_path: Path) -> None:
    """Within the statement that counts they would say nothing."""
    body = "query = db.query(User).execution_options(hidden=True)\ntotal = query.count()\nreturn total"
    done = app(tmp_path, handler(body))
    assert any("options that are said elsewhere" in text for text in done.obstacles), done.obstacles
    done = app(tmp_path, handler("return db.query(User).execution_options(hidden=True).count()"))
    inner = "select(User).execution_options(hidden=True).subquery()"
    counted = f"select(func.count()).select_from({inner}).execution_options(hidden=True)"
    assert squeezed(f"return await db.scalar({counted})") in squeezed(done.texts["app/api.py"])


@pytest.mark.parametrize(
    ("reads", "becomes"),
    [
        ("sum(u.id for u in db.query(User))", "sum(u.id for u in await db.scalars(select(User)))"),
        (
            "sum(u.id for u in db.query(User).all())",
            "sum(u.id for u in (await db.scalars(select(User))).all())",
        ),
        (
            "next((u for u in everyone(db) if u.name == q), None)",
            "next((u for u in await everyone(db) if u.name == q), None)",
        ),
        ("any(u.id for u in db.scalars(select(User)))", "any(u.id for u in await db.scalars(select(User)))"),
        (
            "[(i, u.name) for i, u in enumerate(db.query(User))]",
            "[(i, u.name) for i, u in enumerate((await db.scalars(select(User))).all())]",
        ),
        (
            "sorted(db.query(User), key=lambda u: u.name)[0].name",
            "sorted((await db.scalars(select(User))).all(), key=lambda u: u.name)[0].name",
        ),
        (
            "[k for k, _ in groupby(db.query(User), key=lambda u: u.name)]",
            "[k for k, _ in groupby((await db.scalars(select(User))).all(), key=lambda u: u.name)]",
        ),
    ],
)
def test_a_query_that_is_gone_through(tmp_path: Path, reads: str, becomes: str) -> None:
    more = "from itertools import groupby\n\n\ndef everyone(db: Session):\n    return db.query(User).all()\n"
    done = app(tmp_path, more + handler(f"return {reads}"))
    assert done.obstacles == []
    assert squeezed(f"return {becomes}") in squeezed(done.texts["app/api.py"])


@pytest.mark.parametrize(
    "reads",
    [
        "any(db.get(User, i).id for i in range(3))",
        "sum(u.id for i in range(3) for u in db.query(User))",
        "any(u.id for i in range(3) for u in everyone(db))",
        "(lambda: sum(u.id for u in everyone(db)))()",
        "reversed(db.query(User))",
        "{'later': (u.id for u in db.query(User))}",
        "{'later': enumerate(db.query(User))}",
        "str(u.id for u in map(str, db.query(User)))",
    ],
)
def test_what_a_generator_expression_asks_for_later_is_refused(tmp_path: Path, reads: str) -> None:
    more = "def everyone(db: Session):\n    return db.query(User).all()\n"
    done = app(tmp_path, more + handler(f"return {reads}"))
    assert done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


def test_of_a_chain_that_is_not_followed_one_place_is_named(tmp_path: Path) -> None:
    more = "import report\n\n\ndef total(db: Session):\n    return report.wrap(db.query(User)).filter(User.id == 1).count()\n"
    done = app(tmp_path, more + handler("return total(db)"))
    assert len([text for text in done.obstacles if "origin is not followed" in text]) <= 1


KEPT = """
from itertools import groupby
from sqlalchemy import func
from sqlalchemy.orm import Query

@router.get("/stats")
def stats(name: str = "", db: Session = Depends(get_db)):
    query = db.query(User).filter(User.id > 0)
    if name:
        query = query.filter(User.name == name)
    by_name = query.with_entities(User.name, func.count().label("n")).group_by(User.name).order_by(User.name)
    mean = query.with_entities(func.avg(User.id)).scalar()
    return {"all": query.count(), "names": [[n, k] for n, k in by_name.all()], "mean": mean}

@router.get("/more")
def more(db: Session = Depends(get_db)):
    query: Query = db.query(User).order_by(User.id)
    rows = query.add_columns(User.name, (User.id + 1).label("next")).all()
    pair = db.query(User).join(Note).add_entity(Note).filter(User.id == 1).first()
    count: int = query.add_columns(User.name).count()
    return [[row.User.id, row.name, row.next] for row in rows], pair, count

@router.get("/groups")
def groups(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.name, User.id)
    by_name = groupby(users, key=lambda user: user.name)
    return {name: [user.id for user in group] for name, group in by_name}
"""


def test_other_columns_of_a_kept_query_and_rows_that_are_grouped_answer_the_same(tmp_path: Path) -> None:
    done = app(tmp_path, KEPT, main=MAIN)
    assert done.obstacles == []
    fill = "from app.db import *\nfrom app.models import User\nimport sqlalchemy as s, sqlalchemy.orm as o\ne = s.create_engine('sqlite:///./app.db')\nBase.metadata.create_all(e)\nwith o.Session(e) as d:\n    d.add_all([User(name=n) for n in 'aab'])\n    d.commit()\n"
    before, after = answers(
        tmp_path, done, fill, ["/stats", "/stats?name=a", "/stats?name=z", "/groups", "/more"]
    )
    assert before == after
    assert before[4][2] == '[[[1,"a",2],[2,"a",3],[3,"b",4]],null,3]'
    assert [text for _, status, text in before if status == 200][3] == '{"a":[1,2],"b":[3]}'
    text = done.texts["app/api.py"]
    assert 'query.with_only_columns(User.name, func.count().label("n")).group_by(User.name)' in text
    assert "query: Select = select(User).order_by(User.id)" in text
    assert "Query" not in text
    assert "by_name = groupby((await db.scalars(users)).all(), key=lambda user: user.name)\n" in text


ALIASES = "from sqlalchemy.orm import aliased\n\n"


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (
            "other = aliased(Note)\n    return [tuple(p) for p in db.query(Note.id, other.id).join(other, Note.id < other.id)]",
            "await db.execute(select(Note.id, other.id).join(other, Note.id < other.id))",
        ),
        (
            "other = aliased(Note)\n    return [n.owner.name for n in db.query(other).order_by(other.id)]",
            "await db.scalars(select(other).options(selectinload(other.owner)).order_by(other.id))",
        ),
        (
            "other = aliased(User, name='o')\n    return [n.title + o.name for n, o in db.query(Note, other).join(other, Note.owner)]",
            "await db.execute(select(Note, other).join(other, Note.owner))",
        ),
        (
            "other = aliased(Note)\n    return db.query(other).filter(other.id > 1).count()",
            "await db.scalar(select(func.count()).select_from(other).filter(other.id > 1))",
        ),
    ],
)
def test_an_alias_is_asked_for_like_its_class(tmp_path: Path, body: str, becomes: str) -> None:
    route = f"@router.get('/x')\ndef show(db: Session = Depends(get_db)):\n    {body}\n"
    done = app(tmp_path, ALIASES + route, main=MAIN)
    assert done.obstacles == []
    assert squeezed(becomes) in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


@pytest.mark.parametrize("end", ["all()[0]", "first()", "one()"])
def test_a_statement_that_says_all_of_it(tmp_path: Path, end: str) -> None:
    query = "db.query(User).from_statement(text('select * from users where id = 2'))"
    route = f"from sqlalchemy import text\n\n@router.get('/x')\ndef show(db: Session = Depends(get_db)):\n    return {query}.{end}.name\n"
    done = app(tmp_path, route, main=MAIN)
    assert done.obstacles == []
    method = "scalar" if end == "first()" else "scalars"
    found = f"(await db.{method}(select(User).from_statement(text('select * from users where id = 2')))"
    assert squeezed(found) in squeezed(done.texts["app/api.py"])
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1:] == [200, '"bob"']
