"""Objects whose relationships are read: every query that they may come from loads them, or none is relied on."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import Outcome, app, squeezed

LOADED = "select(User).options(selectinload(User.notes))"
LOOP = "\nreturn [n.title for u in users for n in u.notes]"
ALL = "db.query(User).all()"
SOME = "db.query(User).filter(User.id > 3).all()"
NAMES = "def names({parameters}):\n    {body}\n    return [n.title for u in users for n in u.notes]\n"
PAGE = "@dataclass\nclass Page:\n    total: int\n    items: list[User]\n\n\ndef show(page: Page):\n    return [n.title for u in page.items for n in u.notes]\n"


def program(folder: Path, body: str, more: str = "") -> Outcome:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    head = "from contextlib import contextmanager\nfrom dataclasses import dataclass, replace\n\n\n"
    handler = f"\n\n@router.get('/x')\ndef handler(id: int = 1, db: Session = Depends(get_db)):\n{lines}\n"
    return app(folder, head + more + handler)


def text(folder: Path, body: str, more: str = "") -> str:
    done = program(folder, body, more)
    assert done.obstacles == []
    return done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        f"if id:\n    known = users = {SOME}\nelse:\n    users = {ALL}",
        f"users = known = {SOME}\nif id:\n    users = {ALL}",
        f"users = {ALL}\nusers += {SOME}",
        f"users = {ALL}\nusers.extend({SOME})",
        f"users = {ALL}\nusers.append(db.query(User).first())",
        f"users = {ALL}\nif id:\n    users.insert(0, db.query(User).first())",
        f"users: list[User] = {ALL}\nif (users := {SOME}):\n    pass",
        f"users, total = {ALL}, 1\nif id:\n    users = {SOME}",
    ],
)
def test_every_query_that_a_name_holds_loads_what_is_read(tmp_path: Path, body: str) -> None:
    assert text(tmp_path, body + LOOP).count(LOADED) == 2


@pytest.mark.parametrize(
    ("parameters", "body", "call"),
    [
        (
            "users=None",
            f"if users is None:\n        with SessionLocal() as db:\n            users = {ALL}",
            "names(mine)",
        ),
        ("db: Session, users=None", f"if not users:\n        users = {ALL}", "names(db, mine)"),
        ("db: Session, users=None", f"users = users or {ALL}", "names(db, users=mine)"),
        ("db: Session, id, users", f"for _ in range(id):\n        users = {ALL}", "names(db, id, mine)"),
    ],
)
def test_a_parameter_with_a_default_holds_what_callers_give_as_well(
    tmp_path: Path, parameters: str, body: str, call: str
) -> None:
    more = NAMES.format(parameters=parameters, body=body)
    assert text(tmp_path, f"mine = {SOME}\nreturn {call}", more).count(LOADED) == 2


def test_an_update_by_a_query_puts_nothing_into_it(tmp_path: Path) -> None:
    body = "found = db.query(User).filter(User.id == id)\nfound.update({'name': 'x'})\ndb.commit()\nuser = found.one()\nreturn [n.title for n in user.notes]"
    assert text(tmp_path, body).count(LOADED) == 1


def test_a_parameter_that_is_replaced_first_holds_nothing_of_the_callers(tmp_path: Path) -> None:
    more = NAMES.format(parameters="db: Session, users", body=f"users = {ALL}")
    got = text(tmp_path, f"mine = {SOME}\nreturn names(db, mine)", more)
    assert got.count(LOADED) == 1
    assert "    mine = (await db.scalars(select(User).filter(User.id > 3))).all()\n" in got


@pytest.mark.parametrize(
    "body",
    [
        "with other(db) as users:\n    pass",
        "[users, total] = [{all}, 1]",
        "(total, (users, _)) = 1, ({all}, 2)",
    ],
)
def test_a_name_that_is_bound_in_another_way_too_is_loaded_where_it_is_read(
    tmp_path: Path, body: str
) -> None:
    more = f"@contextmanager\ndef other(db: Session):\n    yield {ALL}\n"
    done = program(tmp_path, f"users = {SOME}\n{body.format(all=ALL)}{LOOP}", more)
    got = done.texts.get("app/api.py", "")
    assert done.obstacles or "await db.refresh(each, ['notes'])" in got.replace('"', "'"), got


@pytest.mark.parametrize(
    "call",
    [
        f"Page(1, {ALL})",
        f"Page(total=1, items={ALL})",
        f"Page(1, items={ALL})",
        f"Page(items={ALL}, total=1)",
    ],
)
def test_a_field_holds_what_the_object_is_made_with(tmp_path: Path, call: str) -> None:
    got = text(tmp_path, f"return show({call})", PAGE)
    assert got.count(LOADED) == 1
    assert "run_sync" not in got


SECOND = "page = Page(1, {all})\nif id:\n    {line}\nreturn show(page)"


@pytest.mark.parametrize(
    ("more", "body"),
    [
        (PAGE, SECOND.format(all=ALL, line=f"page.items = {SOME}")),
        (PAGE, SECOND.format(all=ALL, line=f"page.items += {SOME}")),
        (PAGE, SECOND.format(all=ALL, line=f"page.items.extend({SOME})")),
        (PAGE, SECOND.format(all=ALL, line=f"page = replace(page, items={SOME})")),
        (PAGE + "Other = Page\n", SECOND.format(all=ALL, line=f"mine = {SOME}\n    page = Other(1, mine)")),
        (
            PAGE + "@dataclass\nclass Sub(Page): ...\n",
            SECOND.format(all=ALL, line=f"mine = {SOME}\n    page = Sub(1, mine)"),
        ),
        (
            "@dataclass\nclass Base:\n    first: list\n\n"
            + PAGE.replace("Page:\n    total: int", "Page(Base):", 1),
            f"first = {SOME}\nitems = {ALL}\nreturn show(Page(first, items))",
        ),
    ],
)
def test_a_field_that_may_hold_something_else(tmp_path: Path, more: str, body: str) -> None:
    """No query is relied on: its relationships are read in the session's own greenlet, or nothing changes."""
    done = program(tmp_path, body, more)
    assert done.obstacles or "await db.run_sync(lambda _: show(" in done.texts["app/api.py"]
    assert "selectinload" not in done.texts.get("app/api.py", "")


@pytest.mark.parametrize(
    ("parameters", "call"),
    [
        ("first, *rest, users=()", f"names(1, {ALL})"),
        ("users", "names(*[[]])"),
        ("users", "names(**{'users': []})"),
    ],
)
def test_an_argument_that_lands_elsewhere_is_not_taken_for_it(
    tmp_path: Path, parameters: str, call: str
) -> None:
    more = NAMES.format(parameters=parameters, body="...")
    done = program(tmp_path, f"return {call}", more)
    assert "selectinload" not in done.texts.get("app/api.py", "")


def test_a_class_in_a_class_takes_its_arguments_in_order(tmp_path: Path) -> None:
    more = "class Outer:\n    class Inner:\n        def __init__(self, users, others):\n            self.titles = [n.title for u in users for n in u.notes]\n"
    got = text(tmp_path, f"return Outer.Inner({ALL}, {SOME}).titles", more)
    wanted = f"Outer.Inner((await db.scalars({LOADED})).all(), (await db.scalars(select(User).filter("
    assert squeezed(wanted) in squeezed(got)


PAGER = """
class Pager:
    def cut(self, query):
        return query.limit(5)


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.scalars(Pager().cut(select(User))).all()]
"""


def test_what_others_give_a_helper_is_not_what_comes_out_here(tmp_path: Path) -> None:
    """By its type it may be a User, which has no owner, and by its query it is a Note."""
    body = (
        "found = db.scalars(Pager().cut(select(Note))).all()\nreturn [Out.model_validate(n) for n in found]"
    )
    out = "\n\nclass Owner(BaseModel):\n    model_config = {'from_attributes': True}\n    id: int\n\n\nclass Out(BaseModel):\n    model_config = {'from_attributes': True}\n    notes: list[Owner] = []\n    owner: Owner | None = None\n"
    found = text(tmp_path, body, f"from pydantic import BaseModel\n{PAGER}{out}")
    assert "select(Note).options(selectinload(Note.owner))" in found
    assert "Pager().cut(select(User))" in found


def test_a_query_that_goes_on_to_ask_for_another_class_is_no_origin(tmp_path: Path) -> None:
    found = text(tmp_path, f"users = db.query(Note).join(Note.owner).with_entities(User).all(){LOOP}")
    assert "select(Note).join(Note.owner).with_only_columns(User)" in found
    assert 'await db.refresh(each, ["notes"])' in found.replace("'", '"')


def test_columns_that_a_query_goes_on_to_ask_for_are_plain(tmp_path: Path) -> None:
    body = "rows = db.query(Note).with_entities(Note.id, Note.title).all()\nreturn [row.title.upper() for row in rows]"
    assert "with_only_columns(Note.id, Note.title)" in text(tmp_path, body)


ONE = "db.get(User, 1)"
TWO = "db.query(User).filter(User.id == 2).one()"
READ = "n = len(user.notes)"


@pytest.mark.parametrize(
    ("body", "loaded"),
    [
        # the second query is not asked for what is read of the first
        (f"user = {ONE}\n{READ}\nuser = {TWO}\nreturn [n, user.name]", 1),
        (f"user = {ONE}\nprint(user.name)\nuser = {TWO}\n{READ}\nreturn n", 1),
        (f"for user in {ALL}:\n    {READ}\nuser = {TWO}\nreturn user.name", 1),
        (f"if id:\n    user = {ONE}\n    {READ}\nelse:\n    user = {TWO}\nreturn user.name", 1),
        # and here it may be that one
        (f"user = {ONE}\nfor _ in range(id):\n    {READ}\n    user = {TWO}\nreturn n", 2),
        (f"user = {ONE}\nwhile id:\n    id -= 1\n    user = {TWO}\n{READ}\nreturn n", 2),
        (f"user = {ONE}\nif id:\n    user = {TWO}\n{READ}\nreturn n", 2),
        (f"user = {ONE}\ntry:\n    user = {TWO}\nexcept ValueError:\n    print(id)\n{READ}\nreturn n", 2),
        (f"try:\n    user = {ONE}\n    print(id)\nexcept ValueError:\n    user = {TWO}\n{READ}\nreturn n", 2),
    ],
)
def test_only_what_a_name_can_hold_where_it_is_read_is_loaded(tmp_path: Path, body: str, loaded: int) -> None:
    done = text(tmp_path, body)
    assert done.count("selectinload(User.notes)") + done.count('["notes"]') == loaded


def test_helpers_that_call_each_other_often_are_followed_once(tmp_path: Path) -> None:
    """Along every way between them these are forty million steps."""
    steps = "def step0(user: User):\n    return [n.title for n in user.notes]\n\n\n"
    for level in range(1, 8):
        again = f" + step{level - 1}(user)" * 11
        steps += f"def step{level}(user: User):\n    return step{level - 1}(user){again}\n\n\n"
    found = text(tmp_path, "return step7(db.get(User, id))", steps)
    assert "await db.get(User, id, options=[selectinload(User.notes)])" in found
