"""Objects that are read in many ways: the application answers after as it did before."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, convert

HELPERS = """from pydantic import BaseModel, ConfigDict
from itertools import groupby
import heapq

class Orm(BaseModel):
    model_config = ConfigDict(from_attributes=True)

class NoteOut(Orm):
    id: int
    title: str

class UserOut(Orm):
    id: int
    name: str
    notes: list[NoteOut]

class NoteWithOwner(NoteOut):
    owner: UserOut

class Pair(Orm):
    User: UserOut
    Note: NoteOut

class Pairs(Orm):
    rows: list[Pair]

def by_id(db: Session, id: int):
    return db.get(User, id)

def page(db: Session, n: int):
    users = db.query(User).limit(n).all()
    return users, len(users)

def maybe(db: Session, id: int):
    if id > 100:
        return None
    user = db.get(User, id)
    return user

class Repo:
    def __init__(self, db: Session):
        self.db = db
    def get(self, id: int):
        return self.db.get(User, id)
    def all(self):
        return self.db.query(User).all()
    def page(self):
        return self.db.query(User).all(), 3

def rename(user):
    user.name = 'renamed'
    return user

def up(db: Session, n: int):
    if n > 1:
        return up(db, n - 1)
    return db.get(User, n)

def show(user, n):
    return [x.title for x in user.notes][:n]

def show2(n, user):
    return [x.title for x in user.notes][:n]


def twosess(user: User):
    with SessionLocal() as other:
        other.add(User(name="log"))
        other.commit()
    return user.name
"""

BODIES = {
    ("row", "list[Pair]"): "return db.execute(select(User, Note).join(Note, Note.owner_id == User.id)).all()",
    ("row_one", "Pair"): "return db.execute(select(User, Note).join(Note, Note.owner_id == User.id)).first()",
    ("row_query", "list[Pair]"): "return db.query(User, Note).join(Note).all()",
    ("row_in_model", "Pairs"): "return {'rows': db.execute(select(User, Note).join(Note)).all()}",
    ("page_unpack", ""): "users, n = page(db, 2)\nreturn [x.title for u in users for x in u.notes]",
    ("page_await", ""): "users, n = Repo(db).page()\nreturn [x.title for u in users for x in u.notes]",
    ("tuple_unpack", ""): "user, n = db.get(User, 1), 3\nreturn [x.title for x in user.notes]",
    (
        "plus",
        "",
    ): "users = db.query(User).all() + db.query(User).all()\nreturn [x.title for u in users for x in u.notes]",
    (
        "becomes_rows",
        "",
    ): "found = db.query(User).order_by(User.id)\nif id:\n    found = found.filter(User.id == id).all()\nelse:\n    found = found.limit(1).all()\nreturn [x.title for u in found for x in u.notes]",
    (
        "becomes_one",
        "",
    ): "with SessionLocal() as s:\n    found = s.query(User)\n    for n in (1, 2):\n        found = found.filter(User.id < n + 1)\n    found = found.first()\n    if not found:\n        raise HTTPException(404)\n    return found.name",
    ("or", ""): "user = db.get(User, 99) or db.get(User, 1)\nreturn [x.title for x in user.notes]",
    ("ifexp", ""): "user = db.get(User, 2) if id else db.get(User, 1)\nreturn [x.title for x in user.notes]",
    ("subscript", ""): "user = db.query(User).all()[0]\nreturn [x.title for x in user.notes]",
    ("annassign_none", ""): "user: User\nuser = db.get(User, 1)\nreturn [x.title for x in user.notes]",
    (
        "with_as",
        "",
    ): "import contextlib\nwith contextlib.nullcontext(db.get(User, 1)) as user:\n    return [x.title for x in user.notes]",
    (
        "loop_self",
        "",
    ): "users = []\nfor i in [1, 2]:\n    users = users + [db.get(User, i)]\nreturn [x.title for u in users for x in u.notes]",
    (
        "dict_holds",
        "",
    ): "found = {}\nfor u in db.query(User).all():\n    found[u.id] = u\nreturn [x.title for u in found.values() for x in u.notes]",
    ("maybe", ""): "user = maybe(db, 1)\nreturn [x.title for x in user.notes] if user else []",
    (
        "walrus",
        "",
    ): "if (user := by_id(db, 1)) is not None:\n    return [x.title for x in user.notes]\nreturn []",
    ("recursive", ""): "user = up(db, 2)\nreturn [x.title for x in user.notes]",
    ("commit_ret", ""): "user = db.get(User, 1)\nuser.name = 'x'\ndb.commit()\nreturn user.name",
    (
        "commit_dict",
        "",
    ): "users = {u.id: u for u in db.query(User).all()}\ndb.commit()\nreturn [u.name for u in users.values()]",
    (
        "commit_if",
        "",
    ): "user = db.get(User, 1)\nif id:\n    user.name = 'x'\n    db.commit()\nreturn user.name",
    (
        "commit_try",
        "",
    ): "user = db.get(User, 1)\ntry:\n    user.name = 'x'\n    db.commit()\n    db.refresh(user)\nexcept ValueError:\n    db.rollback()\nreturn user.name",
    (
        "commit_except",
        "",
    ): "user = db.get(User, 1)\ntry:\n    raise ValueError\nexcept ValueError:\n    user.name = 'x'\n    db.commit()\ndb.refresh(user)\nreturn user.name",
    (
        "commit_finally",
        "",
    ): "user = db.get(User, 1)\ntry:\n    user.name = 'x'\nfinally:\n    db.commit()\ndb.refresh(user)\nreturn user.name",
    (
        "commit_try_fin",
        "",
    ): "user = db.get(User, 1)\ntry:\n    user.name = 'x'\n    db.commit()\nfinally:\n    db.refresh(user)\nreturn user.name",
    (
        "commit_add",
        "",
    ): "user = db.get(User, 1)\nuser.name = 'x'\ndb.commit()\ndb.add(user)\ndb.refresh(user)\nreturn user.name",
    (
        "commit_while",
        "",
    ): "user = db.get(User, 1)\nn = 0\nwhile n < 2:\n    n += 1\n    user.name = 'x'\n    db.commit()\ndb.refresh(user)\nreturn user.name",
    (
        "commit_refresh_each",
        "",
    ): "users = db.query(User).all()\ndb.commit()\nfor u in users:\n    db.refresh(u)\nreturn [u.name for u in users]",
    ("commit_helper_obj", ""): "user = db.get(User, 1)\nother = rename(user)\ndb.commit()\nreturn other.name",
    ("commit_tuple", ""): "pair = (db.get(User, 1), 3)\npair[0].name = 'x'\ndb.commit()\nreturn pair[0].name",
    (
        "commit_listargs",
        "",
    ): "users = [db.get(User, 1)]\nusers[0].name = 'x'\ndb.commit()\nreturn users[0].name",
    (
        "commit_two_sessions",
        "",
    ): "user = db.get(User, 1)\nwith SessionLocal() as other:\n    other.add(User(name='new'))\n    other.commit()\nreturn user.name",
    ("rollback_made", ""): "user = User(name='x')\ndb.add(user)\ndb.rollback()\nreturn user.name",
    (
        "lambda_sort",
        "",
    ): "users = sorted(db.query(User).all(), key=lambda u: len(u.notes))\nreturn [u.id for u in users]",
    (
        "nlargest2",
        "",
    ): "import heapq as h\nusers = h.nlargest(1, db.query(User).all(), lambda u: len(u.notes))\nreturn [u.id for u in users]",
    (
        "groupby",
        "",
    ): "return {k: [u.id for u in g] for k, g in groupby(db.query(User).all(), key=lambda u: len(u.notes))}",
    ("max", ""): "return max(db.query(User).all(), key=lambda u: len(u.notes)).id",
    ("return_model", "list[UserOut]"): "return Repo(db).all()",
    ("return_call", "UserOut"): "return by_id(db, 1)",
    ("return_named", "UserOut"): "return rename(db.get(User, 1))",
    ("return_list", "list[UserOut]"): "return [rename(db.get(User, i)) for i in (1, 2)]",
    ("return_listof", "list[UserOut]"): "return [rename(u) for u in Repo(db).all()]",
    ("return_dict", "NoteWithOwner"): "return {'id': 7, 'title': 'x', 'owner': by_id(db, 1)}",
    ("return_dict2", "NoteWithOwner"): "return dict(id=7, title='x', owner=rename(by_id(db, 1)))",
    ("return_nested", "NoteWithOwner"): "return {'id': 7, 'title': str(id), 'owner': maybe(db, 1)}",
    ("return_later", "NoteWithOwner"): "note = db.query(Note).first()\nreturn note",
    (
        "match2",
        "",
    ): "note = db.get(Note, 1)\nmatch note:\n    case Note(title=t):\n        return [t, note.owner.name]\nreturn []",
    ("setattr", ""): "note = db.get(Note, 1)\nsetattr(note, 'title', 'y')\nreturn getattr(note, 'title')",
    ("getattr_rel", ""): "note = db.get(Note, 1)\nreturn getattr(note, 'owner').name",
    ("while_owner", ""): "note = db.get(Note, 1)\nn = 0\nwhile n < 1 and note.owner:\n    n += 1\nreturn n",
    ("ifrel", ""): "note = db.get(Note, 1)\nif not note.owner:\n    return 0\nreturn 1",
    ("ifexprel", ""): "user = db.get(User, 1)\nreturn 'has' if user.notes else 'none'",
    (
        "append_rel",
        "",
    ): "user = db.get(User, 1)\nuser.notes.append(Note(title='z'))\ndb.commit()\nreturn [n.title for n in user.notes]",
    (
        "flag",
        "",
    ): "user = None\nif id:\n    user = db.get(User, 1)\nif user:\n    return [n.title for n in user.notes]\nreturn []",
    (
        "in_try",
        "",
    ): "try:\n    return [n.title for n in by_id(db, 1).notes]\nexcept AttributeError:\n    return []",
    ("chained", ""): "return [n.owner.notes[0].title for n in db.query(Note).all()]",
    ("kw", ""): "return show(user=by_id(db, 1), n=3)",
    ("kw2", ""): "return show2(3, by_id(db, 1))",
    ("filter_lambda", ""): "return [u.id for u in filter(lambda u: u.notes, Repo(db).all())]",
    ("scalars_one", ""): "return db.scalars(select(User).where(User.id == id)).one().notes[0].title",
    (
        "exec_tuple",
        "",
    ): "return [[u.name, len(u.notes), n.title] for u, n in db.execute(select(User, Note).join(Note)).all()]",
    (
        "exec_row",
        "",
    ): "return [[r.User.name, len(r.User.notes)] for r in db.execute(select(User, Note).join(Note)).all()]",
    (
        "exec_row0",
        "",
    ): "return [[r[0].name, len(r[0].notes)] for r in db.execute(select(User, Note).join(Note)).all()]",
    (
        "aug",
        "",
    ): "users = []\nfor i in [1, 2]:\n    users += [db.get(User, i)]\nreturn [x.title for u in users for x in u.notes]",
    (
        "append",
        "",
    ): "users = []\nfor i in [1, 2]:\n    users.append(db.get(User, i))\nreturn [x.title for u in users for x in u.notes]",
    (
        "plus1",
        "",
    ): "users = [db.get(User, 1)] + [db.get(User, 2)]\nreturn [x.title for u in users for x in u.notes]",
    (
        "plus2",
        "",
    ): "users = []\nusers = users + [db.get(User, 2)]\nreturn [x.title for u in users for x in u.notes]",
    (
        "star",
        "",
    ): "users = [*db.query(User).all(), db.get(User, 2)]\nreturn [x.title for u in users for x in u.notes]",
    (
        "extend",
        "",
    ): "users = []\nusers.extend(db.query(User).all())\nreturn [x.title for u in users for x in u.notes]",
    ("set", ""): "users = {db.get(User, 2)}\nreturn [x.title for u in users for x in u.notes]",
    ("dictget", ""): "users = {2: db.get(User, 2)}\nreturn [x.title for x in users.get(2).notes]",
    ("pop", ""): "users = db.query(User).all()\nreturn [x.title for x in users.pop().notes]",
    ("nextiter", ""): "user = next(iter(db.query(User).all()))\nreturn [x.title for x in user.notes]",
    ("reversed", ""): "return [x.title for u in reversed(db.query(User).all()) for x in u.notes]",
    ("zip", ""): "return [x.title for u, n in zip(db.query(User).all(), [1, 2]) for x in u.notes]",
    ("enumerate", ""): "return [x.title for n, u in enumerate(db.query(User).all()) for x in u.notes]",
    ("slice", ""): "return [x.title for u in db.query(User).all()[:1] for x in u.notes]",
    (
        "default",
        "",
    ): "users = {}\nusers.setdefault(1, db.get(User, 1))\nreturn [x.title for x in users[1].notes]",
    (
        "group_pos",
        "",
    ): "return {k: [u.id for u in g] for k, g in groupby(db.query(User).all(), lambda u: len(u.notes))}",
    ("hasattr", ""): "return hasattr(db.get(Note, 1), 'owner')",
    ("getattr3", ""): "return getattr(db.get(Note, 1), 'owner', None).name",
    ("two_param", ""): "return twosess(db.get(User, 1))",
    (
        "two_fresh",
        "",
    ): "other = SessionLocal()\nuser = other.get(User, 1)\nuser.name = 'y'\ndb.commit()\nreturn user.name",
    (
        "two_same",
        "",
    ): "other = SessionLocal()\nuser = other.get(User, 1)\nuser.name = 'y'\nother.commit()\nreturn user.name",
    (
        "two_merge",
        "",
    ): "user = db.get(User, 1)\nother = SessionLocal()\nuser = other.merge(user)\nuser.name = 'y'\nother.commit()\nreturn user.name",
    (
        "two_list",
        "",
    ): "other = SessionLocal()\nusers = other.query(User).all()\nnames = []\nfor u in users:\n    u.name = 'y'\n    other.commit()\n    names.append(u.name)\nreturn names",
    ("filter_none", ""): "return [x.title for u in filter(None, db.query(User).all()) for x in u.notes]",
    ("ifexp_attr", ""): "user = db.get(User, 1)\nreturn (user.notes if id else [])[0].title",
    ("cond_call", ""): "user = by_id(db, 1) if id else maybe(db, 1)\nreturn user.notes[0].title",
    ("listcomp_owner", ""): "notes = [n for n in db.query(Note).all() if n.owner.name]\nreturn len(notes)",
    ("dictcomp", ""): "return {n.title: n.owner.name for n in db.query(Note).all()}",
    ("fstring", ""): "note = db.get(Note, 1)\nreturn f'{note.owner.name}'",
    ("assert", ""): "note = db.get(Note, 1)\nassert note.owner, 'x'\nreturn 1",
    ("inner_def", ""): "note = db.get(Note, 1)\ndef show():\n    return note.owner.name\nreturn show()",
    ("default_arg", ""): "note = db.get(Note, 1)\ndef show(n=note.owner.name):\n    return n\nreturn show()",
    (
        "global_read",
        "",
    ): "return [sorted(u.notes, key=lambda n: n.title)[0].title for u in Repo(db).all() if u.notes]",
    ("in", ""): "user = db.get(User, 1)\nnote = db.get(Note, 1)\nreturn note in user.notes",
    ("unpack", ""): "user = db.get(User, 1)\nfirst, *rest = user.notes\nreturn first.title",
    (
        "remove",
        "",
    ): "user = db.get(User, 1)\nnote = user.notes[0]\nuser.notes.remove(note)\nreturn len(user.notes)",
    ("assign_rel", ""): "note = db.get(Note, 1)\nnote.owner = db.get(User, 2)\nreturn note.owner.name",
    (
        "assign_list",
        "",
    ): "user = db.get(User, 1)\nuser.notes = [Note(title='q')]\nreturn [n.title for n in user.notes]",
    (
        "aug_list",
        "",
    ): "user = db.get(User, 1)\nuser.notes += [Note(title='q')]\nreturn [n.title for n in user.notes]",
    ("del_rel", ""): "note = db.get(Note, 1)\ndel note.owner\nreturn 1",
    (
        "new_back",
        "",
    ): "user = db.get(User, 1)\nnote = Note(title='q', owner=user)\ndb.add(note)\nreturn [n.title for n in user.notes]",
}
"""What handlers do with objects, each under its own path, with its response model."""


def test_every_way_to_read_an_object_gives_the_same(tmp_path: Path) -> None:
    api = HEADER + HELPERS
    for (name, model), body in BODIES.items():
        given = f", response_model={model}" if model else ""
        lines = "".join(f"    {line}\n" for line in body.split("\n"))
        api += f'\n\n@router.get("/{name}"{given})\ndef {name}_(id: int = 1, db: Session = Depends(get_db)):\n{lines}'
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    done = convert(tmp_path, {**files, "app/api.py": api})
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, [f"/{name}" for name, _ in BODIES])
    assert [status for _, status, _ in before] == [200] * len(BODIES)
    for one, other in zip(before, after, strict=True):
        assert one == other
