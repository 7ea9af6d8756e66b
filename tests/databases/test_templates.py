"""Templates read relationships where nobody can await: they are loaded before."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, Outcome, answers, convert

HEAD = """
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, Template

PAGE = Template("{{ note.owner.name }}")
templates = Jinja2Templates(directory="templates")
environment = Environment()

@router.get("/x")
def handler(id: int = 1, db: Session = Depends(get_db)):
"""
NOTES, OWNER = "selectinload(User.notes)", "selectinload(Note.owner)"


def shown(folder: Path, body: str, template: str, head: str = HEAD) -> Outcome:
    api = HEADER + head + "\n".join(f"    {line}" for line in body.split("\n")) + "\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/api.py": api}
    return convert(folder, {**files, "app/templates/x.html": template})


LIST = "{% for user in users %}{{ user.notes|length }}{% endfor %}"
ONE = "{{ note.owner.name }}"


@pytest.mark.parametrize(
    ("body", "template", "becomes"),
    [
        (
            "users = db.scalars(select(User)).all()\nreturn templates.TemplateResponse('x.html', {'users': users})",
            LIST,
            f"select(User).options({NOTES})",
        ),
        (
            "return templates.TemplateResponse(name='x.html', context={'users': db.query(User).all()})",
            LIST,
            f"select(User).options({NOTES})",
        ),
        (
            "context = {}\ncontext['note'] = db.get(Note, id)\nreturn templates.TemplateResponse('x.html', context)",
            ONE,
            f"await db.get(Note, id, options=[{OWNER}])",
        ),
        (
            "return environment.get_template('x.html').render(note=db.get(Note, id))",
            ONE,
            f"await db.get(Note, id, options=[{OWNER}])",
        ),
        (
            "return PAGE.render(note=db.get(Note, id))",
            "",
            f"await db.get(Note, id, options=[{OWNER}])",
        ),
        (
            "return environment.from_string('{{ note.owner.name }}').render({'note': db.get(Note, id)})",
            "",
            f"await db.get(Note, id, options=[{OWNER}])",
        ),
        (
            "note = db.get(Note, id)\nreturn templates.TemplateResponse('x.html', dict(note=note))",
            ONE + "{% set owner = note.owner %}{% for each in owner.notes %}{{ each.title }}{% endfor %}",
            f"options=[{OWNER}.{NOTES}]",
        ),
        (
            "note = db.get(Note, id)\nreturn templates.TemplateResponse('x.html', dict(note=note))",
            ONE + LIST,
            f"options=[{OWNER}])",
        ),
    ],
)
def test_what_a_template_reads(tmp_path: Path, body: str, template: str, becomes: str) -> None:
    done = shown(tmp_path, body, template)
    assert done.obstacles == []
    assert becomes in done.texts["app/api.py"]


@pytest.mark.parametrize(
    ("body", "template"),
    [
        (
            "return templates.TemplateResponse('x.html', {'users': db.query(User).all()})",
            "{{ users[0].name }} notes",
        ),
        (
            "return templates.TemplateResponse('x.html', {'users': db.query(User).all()})",
            "notes of the owner",
        ),
        ("return templates.TemplateResponse('x.html', {'names': [u.name for u in db.query(User)]})", LIST),
        ("return templates.TemplateResponse('x.html', {'count': db.query(User).count()})", LIST),
        ("return templates.TemplateResponse('x.html', {'all': db.query(User).all()})", LIST),
        ("return environment.get_template('x.html').module, db.query(User).first().name", LIST),
    ],
)
def test_what_no_template_reads(tmp_path: Path, body: str, template: str) -> None:
    done = shown(tmp_path, body, template)
    assert done.obstacles == []
    assert "selectinload" not in done.texts["app/api.py"]


def test_nobody_knows_what_a_template_is_given(tmp_path: Path) -> None:
    body = "thing = globals()['x'](id)\nreturn templates.TemplateResponse('x.html', {'user': thing, 'first': db.get(User, id)})"
    done = shown(tmp_path, body, LIST)
    assert any("a template is given thing" in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


RENDER = """
def render(request, name, **context):
    context.setdefault("flash", None)
    return templates.TemplateResponse(request, name, context)


def page(name: str, context: dict):
    return templates.TemplateResponse(name, {"title": "x", **context})


def common(db: Session, id: int):
    context = {"site": "x"}
    context["note"] = db.get(Note, id)
    return context


"""
HELPERS = HEAD.replace('@router.get("/x")', RENDER + '@router.get("/x")')
LOADED = f"await db.get(Note, id, options=[{OWNER}])"


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ("return render(1, 'x.html', note=db.get(Note, id))", LOADED),
        ("note = db.get(Note, id)\nreturn render(1, 'x.html', a=1, note=note)", LOADED),
        ("return render(1, 'x.html', **{'note': db.get(Note, id)})", LOADED),
        ("return page('x.html', {'note': db.get(Note, id)})", LOADED),
        (
            "context = dict(a=1)\ncontext.update(note=db.get(Note, id))\nreturn page('x.html', context)",
            LOADED,
        ),
        ("context = {}\ncontext |= {'note': db.get(Note, id)}\nreturn page('x.html', context)", LOADED),
        ("return page('x.html', common(db, id))", LOADED),
        ("return templates.TemplateResponse('x.html', common(db, id) | {'a': 1})", LOADED),
        (
            "notes = db.scalars(select(Note)).all()\nreturn render(1, 'x.html', notes=notes)",
            f"select(Note).options({OWNER})",
        ),
    ],
)
def test_what_a_helper_puts_into_a_context(tmp_path: Path, body: str, becomes: str) -> None:
    done = shown(tmp_path, body, ONE + "{% for note in notes %}{% endfor %}", HELPERS)
    assert done.obstacles == []
    assert becomes in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "note = db.get(Note, id)\nreturn render(1, 'x.html', note=note.title)",
        "note = db.get(Note, id)\nreturn render(note, 'x.html', a=1)",
        "note = db.get(Note, id)\nreturn page('x.html', {'note': note.title})",
        "note = db.get(Note, id)\nrender(1, 'x.html', flash=None)\nreturn note.title",
    ],
)
def test_what_a_helper_keeps_to_itself(tmp_path: Path, body: str) -> None:
    done = shown(tmp_path, body, ONE, HELPERS.replace("TemplateResponse(request, ", "TemplateResponse("))
    assert done.obstacles == []
    assert "selectinload" not in done.texts["app/api.py"].partition("def handler(")[2]


PAIRS = "{% for key, each in data.items() %}{{ each.owner.name }}{% endfor %}"
GIVEN = """
def shared(db: Session = Depends(get_db)) -> dict:
    return {"note": db.get(Note, 1)}

"""
INJECTED = HELPERS.replace(
    "db: Session = Depends(get_db)):", "db: Session = Depends(get_db), more: dict = Depends(shared)):"
)


@pytest.mark.parametrize(
    ("body", "template", "head"),
    [
        ("return page('x.html', {'data': {'note': db.get(Note, id)}})", PAIRS, HELPERS),
        ("return page('x.html', {'a': 1} | {'data': {'note': db.get(Note, id)}})", PAIRS, HELPERS),
        ("return render(1, 'x.html', data={'note': db.get(Note, id)})", PAIRS, HELPERS),
        ("return page('x.html', more)", ONE, GIVEN + INJECTED),
    ],
)
def test_what_a_template_goes_through(tmp_path: Path, body: str, template: str, head: str) -> None:
    done = shown(tmp_path, body, template, head)
    assert done.obstacles == []
    assert f"options=[{OWNER}]" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "context = globals()['x'](id)\nreturn templates.TemplateResponse(name='x.html', context=context)",
        "return templates.TemplateResponse(name='x.html', context=globals()['x'](id))",
        "context = globals()['x'](id)\nreturn page('x.html', context)",
        "shows = [render]\nreturn shows[0](1, 'x.html', note=db.get(Note, id))",
    ],
)
def test_nobody_knows_what_a_context_holds(tmp_path: Path, body: str) -> None:
    done = shown(tmp_path, body, ONE, HELPERS)
    assert any("a template is given " in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


STUCK = """
names = SessionLocal().scalars(select(User)).all()

def query():
    return SessionLocal().query(User)

def known() -> User:
    return User()

@router.get("/x")
def x(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
"""The database stays sync."""


@pytest.mark.parametrize(
    "given",
    [
        "templates.TemplateResponse('x.html', {'users': query()})",
        "templates.TemplateResponse(name='x.html', context={'users': [user]})",
        "templates.TemplateResponse('x.html', dict(user=user))",
        "environment.get_template('x.html').render(users=query())",
        "environment.get_template('x.html').render({'all': {'user': user}})",
    ],
)
def test_a_sync_query_or_object_is_not_left_to_a_template_on_the_loop(tmp_path: Path, given: str) -> None:
    other = f"\n\n@router.get('/y')\ndef y(user: User = Depends(known)):\n    return {given}\n"
    plain = "\n\n@router.get('/z')\ndef z(id: int):\n    return templates.TemplateResponse('x.html', {'id': id})\n"
    api = HEADER + HEAD.split("@router")[0] + STUCK + other + plain
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/api.py": api}
    done = convert(tmp_path, {**files, "app/templates/x.html": "{{ users }}"})
    assert "at import" in done.obstacles[0]
    assert "async def z" in done.added("app/api.py")
    assert "\ndef y" in done.added("app/api.py")


TREE = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship
from app.db import Base

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[list["Node"]] = relationship(order_by="Node.id")
    links: Mapped[list["Link"]] = relationship(back_populates="node")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "node"}

    @property
    def branches(self) -> list["Node"]:
        return [each for each in self.children if each.kind == "node"]

class Leaf(Node):
    colour: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "leaf"}

class Link(Base):
    __tablename__ = "links"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))
    node: Mapped[Node] = relationship(back_populates="links")
"""
FOREST = """
import sqlite3
with sqlite3.connect("app.db") as db:
    db.execute("create table nodes (id integer primary key, kind text, parent_id integer, colour text)")
    db.execute("create table links (id integer primary key, url text, node_id integer)")
    db.executemany("insert into nodes values (?, ?, ?, ?)", [(1, "node", None, None), *((n, "node", n - 1, None) for n in range(2, 6)), (6, "leaf", 5, "red"), (7, "leaf", 1, "blue")])
    db.executemany("insert into links values (?, ?, ?)", [(n, f"u{n}", n) for n in range(1, 8)])
"""
SHOWN = {
    "macros.html": "{% macro tree(node) %}{{ node.id }}{% if node.kind == 'leaf' %}{{ node.colour }}{% endif %}({% for each in node.children %}{{ tree(each) }}{% endfor %}){% endmacro %}",
    "tree.html": "{% import 'macros.html' as m %}{% for each in nodes %}{{ m.tree(each) }}{% endfor %}",
    "branches.html": "{% for each in nodes %}{% for one in each.branches %}{{ one.links[0].url }}{% endfor %}{% endfor %}",
    "back.html": "{% for each in nodes %}{% for link in each.links %}{{ link.node.children[0].links[0].url }}{% endfor %}{% endfor %}",
    "plain.html": "{% for each in nodes %}{{ each.id }}{% endfor %}",
}


def test_each_template_is_given_what_it_reads_and_no_more(tmp_path: Path) -> None:
    routes = "".join(
        f"""
@router.get("/{name}")
def show_{name}(request: Request, db: Session = Depends(get_db)):
    nodes = db.query(Node).filter(Node.parent_id.is_(None)).all()
    return templates.TemplateResponse(request, "{name}.html", {{"nodes": nodes}})
"""
        for name in ("tree", "branches", "back", "plain")
    )
    head = HEADER.replace("import APIRouter", "import APIRouter, Request").replace(
        "import Note, User", "import Node"
    )
    head += "from fastapi.templating import Jinja2Templates\n\ntemplates = Jinja2Templates(directory='app/templates')\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": TREE, "app/api.py": head + routes}
    shown_ = {f"app/templates/{name}": text for name, text in SHOWN.items()}
    done = convert(tmp_path, {**files, **shown_, "app/main.py": MAIN})
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "selectinload(Node.children, recursion_depth=-1)" in text
    assert "selectinload" not in text.partition("def show_plain")[2]
    assert "selectinload(Link.node)" not in text
    before, after = answers(
        tmp_path, done, FOREST, [f"/{name}" for name in ("tree", "branches", "back", "plain")]
    )
    assert before == after
    assert [status for _, status, _ in before] == [200] * 4
    assert "6red" in before[0][2]


def test_what_goes_down_two_ways_keeps_the_database(tmp_path: Path) -> None:
    tree = "{% macro tree(n) %}{% for e in n.children %}{{ tree(e) }}{% endfor %}{{ tree(n.parent) }}{% endmacro %}{{ tree(node) }}"
    body = "return templates.TemplateResponse('x.html', {'node': db.get(Node, id)})"
    model = TREE.replace(
        'order_by="Node.id")',
        'back_populates="parent")\n    parent: Mapped["Node | None"] = relationship(back_populates="children", remote_side=[id])',
    )
    api = HEADER.replace("import Note, User", "import Node") + HEAD + f"    {body}\n"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": model, "app/api.py": api}
    done = convert(tmp_path, {**files, "app/templates/x.html": tree})
    text = "a template reads children of children, which no query loads"
    assert any(text in each for each in done.obstacles), done.obstacles
