"""Trees: a model that reads objects of its own kind reads them to any depth, which one option of SQLAlchemy 2
loads for one relationship, and nothing else."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, REQUIREMENTS, Outcome, answers, convert

NODES = "from sqlalchemy import ForeignKey\nfrom sqlalchemy.orm import Mapped, mapped_column, relationship\nfrom app.db import Base\n\nclass Node(Base):\n    __tablename__ = 'nodes'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    parent_id: Mapped[int | None] = mapped_column(ForeignKey('nodes.id'))\n    parent: Mapped['Node | None'] = relationship(back_populates='children', remote_side=[id])\n    children: Mapped[list['Node']] = relationship(back_populates='parent')\n"
FILL = 'import sqlite3\nwith sqlite3.connect("app.db") as db:\n    db.execute("create table nodes (id integer primary key, parent_id integer)")\n    db.executemany("insert into nodes values (?, ?)", [(1, None), *((n, n - 1) for n in range(2, 10))])\n'
SCHEMA = "from pydantic import BaseModel, ConfigDict\n\nclass Out(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    id: int\n"


def project(folder: Path, schema: str, response: str, body: str, needs: str = REQUIREMENTS) -> Outcome:
    route = f'@router.get("/nodes", response_model={response})\ndef nodes(db: Session = Depends(get_db)):\n    {body}\n'
    api = HEADER.replace("import Note, User", "import Node") + SCHEMA + schema + route
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": NODES, "app/api.py": api}
    return convert(folder, {**files, "app/main.py": MAIN}, needs)


TREE = "class Tree(Out):\n    children: list['Tree']\n\n"
CHAIN = "class Chain(Out):\n    parent: 'Chain | None'\n\n"
TOP = "class Top(Out):\n    parent: Tree | None\n\n"
MIXED = "class Mixed(Out):\n    children: list['Mixed']\n    parent: Out | None\n\n"


@pytest.mark.parametrize(
    ("schema", "response", "option"),
    [
        (TREE, "list[Tree]", "selectinload(Node.children, recursion_depth=-1)"),
        (CHAIN, "list[Chain]", "selectinload(Node.parent, recursion_depth=-1)"),
        (TREE + TOP, "list[Top]", "(Node.parent).selectinload(Node.children, recursion_depth=-1)"),
        (MIXED, "list[Mixed]", "selectinload(Node.children, recursion_depth=-1), selectinload(Node.parent)"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "return db.query(Node).order_by(Node.id).all()",
        "found = db.scalars(select(Node).order_by(Node.id)).all()\n    return found",
        "found = db.query(Node).all()\n    print([n.children for n in found])\n    return found",
    ],
)
def test_one_relationship_is_loaded_to_any_depth(
    tmp_path: Path, schema: str, response: str, option: str, body: str
) -> None:
    done = project(tmp_path, schema, response, body)
    assert done.obstacles == []
    assert "".join(option.split()) in "".join(done.texts["app/api.py"].split())
    before, after = answers(tmp_path, done, FILL, ["/nodes"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


def test_what_was_made_is_read_to_any_depth(tmp_path: Path) -> None:
    body = """node = Node(id=50, children=[Node(id=51, children=[Node(id=52)])])
    db.add(node)
    db.commit()
    db.refresh(node)
    return node"""
    done = project(tmp_path, TREE, "Tree", body)
    assert done.obstacles == []
    assert "selectinload(Node.children, recursion_depth=-1)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/nodes"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


def test_a_query_that_loads_the_next_step_in_its_own_way_is_refused(tmp_path: Path) -> None:
    body = "from sqlalchemy.orm import joinedload\n    return db.query(Node).options(joinedload(Node.children)).all()"
    done = project(tmp_path, TREE, "list[Tree]", body)
    assert any("children" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_sqlalchemy_1_loads_no_tree(tmp_path: Path) -> None:
    done = project(tmp_path, TREE, "list[Tree]", "return db.query(Node).all()", "fastapi\nsqlalchemy>=1.4\n")
    assert any(text.endswith("to any depth") for text in done.obstacles), done.obstacles


@pytest.mark.parametrize(
    ("schema", "response"),
    [
        (
            "class Leaf(Out):\n    children: list['Tree']\n\nclass Tree(Out):\n    children: list[Leaf]\n\n",
            "list[Leaf]",
        ),
        ("class Both(Out):\n    children: list['Both']\n    parent: 'Both | None'\n\n", "list[Both]"),
    ],
)
@pytest.mark.parametrize(
    "body", ["return db.query(Node).all()", "found = db.scalars(select(Node)).all()\n    return found"]
)
def test_a_model_that_has_no_end_is_refused(tmp_path: Path, schema: str, response: str, body: str) -> None:
    done = project(tmp_path, schema, response, body)
    assert any(text.endswith("to any depth") for text in done.obstacles), done.obstacles
    assert done.texts == {}


@pytest.mark.parametrize(
    ("schema", "response"),
    [
        ("class Tree(Out):\n    children: list[Out]\n\n", "list[Tree]"),
        (
            "class Near(Out):\n    parent: Out | None\n\nclass Tree(Out):\n    children: list[Near]\n\n",
            "list[Tree]",
        ),
        ("class Tree(Out):\n    nodes: list['Tree'] = []\n\n", "list[Tree]"),
    ],
)
def test_a_model_that_ends_is_loaded_whole(tmp_path: Path, schema: str, response: str) -> None:
    done = project(tmp_path, schema, response, "return db.query(Node).order_by(Node.id).all()")
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/nodes"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


CLIMB = """
@router.get("/path/{id}")
def path(id: int, db: Session = Depends(get_db)):
    node = db.get(Node, id)
    found = []
    while node.parent:
        node = node.parent
        found.append(node.id)
    return found
"""


def test_the_way_up_loads_each_step_once(tmp_path: Path) -> None:
    done = project(tmp_path, CLIMB, "None", "return None")
    assert done.obstacles == []
    text = done.texts["app/api.py"].partition("def path")[2].partition("return found")[0]
    assert text.count("await db.run_sync") + text.count("awaitable_attrs") == 1
    before, after = answers(tmp_path, done, FILL, ["/path/9", "/path/2", "/path/1"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 3


DOWN = """
def below(db: Session, id: int):
    node = db.get(Node, id)
    return [node.id, [below(db, each.id) for each in node.children]]

@router.get("/below/{id}")
def tree(id: int, db: Session = Depends(get_db)):
    return below(db, id)

@router.get("/both")
def both(db: Session = Depends(get_db)):
    found = []
    for id in (3, 4, 5):
        node = db.get(Node, id)
        found.append([each.id for each in node.children])
    return found
"""


def test_what_came_along_is_loaded_when_it_is_asked_for(tmp_path: Path) -> None:
    """`get` gives a child that its parent brought as it is, without children of its own."""
    done = project(tmp_path, DOWN, "None", "return None")
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/below/1", "/below/9", "/both"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 3


ONCE = """
@router.get("/one/{id}")
def one(id: int, db: Session = Depends(get_db)):
    node = db.get(Node, id)
    return [each.id for each in node.children]
"""


def test_what_is_asked_for_once_is_got_by_its_key(tmp_path: Path) -> None:
    done = project(tmp_path, ONCE, "None", "return None")
    assert "db.get(Node, id, options=[selectinload(Node.children)])" in done.texts["app/api.py"]


STEPS = "\n    def way(self):\n        node, found = self, []\n        while node.parent is not None:\n            node = node.parent\n            found.append(node.id)\n        return found\n"
WAY = "@router.get('/way/{id}')\ndef way(id: int, db: Session = Depends(get_db)):\n    return db.get(Node, id).way()\n"


@pytest.mark.parametrize(
    ("needs", "body", "call"),
    [
        (REQUIREMENTS, WAY, "(await db.get(Node, id)).way()"),
        (
            "fastapi\nsqlalchemy>=1.4\n",
            WAY.replace("return db.get(Node, id)", "node = db.get(Node, id)\n    return node"),
            "await db.run_sync(lambda _: node.way())",
        ),
    ],
)
def test_a_method_of_the_object_goes_the_way_up(tmp_path: Path, needs: str, body: str, call: str) -> None:
    api = HEADER.replace("import Note, User", "import Node") + body
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": NODES + STEPS, "app/api.py": api}
    done = convert(tmp_path, {**files, "app/main.py": MAIN}, needs)
    assert done.obstacles == []
    assert call in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/way/9", "/way/1"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 2


PROPERTIES = """
    @property
    def up(self):
        return [self.id, *(self.parent.up if self.parent else [])]

    @property
    def climbed(self):
        node, found = self.parent, []
        while node is not None:
            found.append(node.id)
            node = node.parent
        return found

    @property
    def size(self):
        return 1 + sum(each.size for each in self.children)
"""
WITH_PROPERTIES = """
class Placed(Out):
    up: list[int]
    climbed: list[int]
    size: int

@router.get("/all", response_model=list[Placed])
def every(db: Session = Depends(get_db)):
    return db.query(Node).order_by(Node.id).all()

@router.get("/add", response_model=Placed)
def add(db: Session = Depends(get_db)):
    node = Node(id=50, parent_id=9)
    db.add(node)
    db.commit()
    return node

@router.get("/one/{id}")
def one(id: int, db: Session = Depends(get_db)):
    node = db.get(Node, id)
    return [node.climbed, node.parent.size if node.parent else 0]
"""


def test_properties_that_read_themselves_are_loaded_to_any_depth(tmp_path: Path) -> None:
    api = HEADER.replace("import Note, User", "import Node") + SCHEMA + WITH_PROPERTIES
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": NODES + PROPERTIES,
        "app/api.py": api,
    }
    done = convert(tmp_path, {**files, "app/main.py": MAIN})
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/all", "/one/9", "/one/1", "/add"])
    assert before == after
    assert [status for _, status, _ in before] == [200] * 4


@pytest.mark.parametrize("needs", [REQUIREMENTS, "fastapi\nsqlalchemy>=1.4\n"])
def test_properties_that_no_option_can_follow_are_refused(tmp_path: Path, needs: str) -> None:
    both = "    @property\n    def all(self):\n        return [self.parent and self.parent.all, [each.all for each in self.children]]\n"
    read = "all" if needs == REQUIREMENTS else "size"
    api = HEADER.replace("import Note, User", "import Node")
    api += f"@router.get('/x')\ndef show(db: Session = Depends(get_db)):\n    return db.get(Node, 1).{read}\n"
    models = NODES + (both if needs == REQUIREMENTS else PROPERTIES)
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": models, "app/api.py": api}
    done = convert(tmp_path, {**files, "app/main.py": MAIN}, needs)
    assert any("app/models.py" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}
