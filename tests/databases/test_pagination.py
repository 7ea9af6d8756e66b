"""Pages that fastapi-pagination reads: awaited, with the query beside its session, and loaded whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, app, convert, squeezed

IMPORTS = """
from fastapi_pagination import Page, Params
from fastapi_pagination.ext.sqlalchemy import paginate
from pydantic import BaseModel, ConfigDict


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    notes: list[NoteOut]


class NameOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class Users:
    def __init__(self, db: Session):
        self.db = db

    def page(self):
        return paginate(self.db, select(User).order_by(User.id))


"""
HANDLER = """
@router.get("/x", response_model=Page[{}])
def x(word: str = "", db: Session = Depends(get_db)):
    {}
"""
PAGED = MAIN + "\nfrom fastapi_pagination import add_pagination\n\nadd_pagination(app)\n"
URLS = ["/x", "/x?word=ann", "/x?size=1", "/x?size=1&page=2"]


def page(folder: Path, body: str, schema: str = "UserOut") -> Outcome:
    return app(folder, IMPORTS + HANDLER.format(schema, body), main=PAGED)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            "return paginate(db, select(User).order_by(User.id))",
            "await apaginate(db, select(User).options(selectinload(User.notes)).order_by(User.id))",
        ),
        (
            "return paginate(db.query(User).order_by(User.id))",
            "await apaginate(db, select(User).options(selectinload(User.notes)).order_by(User.id))",
        ),
        (
            "query = db.query(User)\n    if word:\n        query = query.filter(User.name == word)\n"
            "    return paginate(query.order_by(User.id), Params(size=1))",
            "await apaginate(db, query.order_by(User.id), Params(size=1))",
        ),
        (
            "return Users(db).page()",
            "await apaginate(self.db, select(User).options(selectinload(User.notes)).order_by(User.id))",
        ),
    ],
)
def test_a_page_is_awaited_with_all_that_its_model_reads(tmp_path: Path, body: str, line: str) -> None:
    pytest.importorskip("fastapi_pagination")
    done = page(tmp_path, body)
    assert done.obstacles == []
    assert squeezed(line) in squeezed(done.texts["app/api.py"])
    assert "import apaginate\n" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, URLS)
    assert before == after
    assert [status for _, status, _ in before] == [200] * len(URLS)


@pytest.mark.parametrize(
    "body",
    [
        "return paginate(db, select(User), transformer=lambda rows: rows)",
        "return paginate(db.query(User), transformer=lambda rows: rows)",
        "return paginate(db, __import__('queries').query)",
    ],
)
def test_a_page_whose_objects_are_not_known(tmp_path: Path, body: str) -> None:
    """Their relationships would be loaded where nothing can be awaited; names alone need none."""
    done = page(tmp_path, body)
    assert any("is loaded when it is read" in words for words in done.obstacles), done.obstacles
    (tmp_path / "names").mkdir()
    assert page(tmp_path / "names", body, "NameOut").obstacles == []


@pytest.mark.parametrize(
    "body",
    [
        "return next(paginate(db, select(User)) for _ in range(2))",
        "return (lambda: paginate(db, select(User)))()",
    ],
)
def test_a_page_where_nothing_can_be_awaited(tmp_path: Path, body: str) -> None:
    assert any("where nothing can be awaited" in w for w in page(tmp_path, body, "NameOut").obstacles)


@pytest.mark.parametrize(
    ("pin", "called"),
    [
        ("==0.12.31", "paginate"),
        ("~=0.12", "paginate"),
        ("==0.11.4", ""),
        (">=0.13", "apaginate"),
        ("", "apaginate"),
    ],
)
def test_versions_without_an_async_twin(tmp_path: Path, pin: str, called: str) -> None:
    """In 0.12 it is `paginate` itself that is awaited."""
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + IMPORTS + HANDLER.format("NameOut", "return paginate(db, select(User))"),
    }
    declared = f'[project]\ndependencies = ["fastapi", "sqlalchemy>=2", "fastapi-pagination{pin}"]\n'
    files["pyproject.toml"] = declared
    done = convert(tmp_path, files, "")
    assert bool(done.obstacles) is not bool(called), done.obstacles
    assert not called or f"    return await {called}(db, select(User))\n" in done.texts["app/api.py"]


ASYNC = """
from fastapi_pagination import Page
from fastapi_pagination.ext.sqlalchemy import paginate
from sqlalchemy.ext.asyncio import AsyncSession

async def get_async_db():
    async with AsyncSession(engine) as db:
        yield db

@router.get("/users", response_model=Page[int])
async def users(db: AsyncSession = Depends(get_async_db)):
    return {call}
"""


def test_a_page_that_is_awaited_is_read_by_an_async_session(tmp_path: Path) -> None:
    """`paginate` takes sessions of both kinds."""
    api = ASYNC.replace("{call}", "await paginate(db, select(User.id))")
    report = app(tmp_path / "awaited", api).report
    assert [f.code for f in report.findings if "paginate" in f.message] == []
    report = app(tmp_path / "not", ASYNC.replace("{call}", "paginate(db, select(User.id))")).report
    assert [f.code for f in report.findings if "paginate" in f.message] == ["AF205"]
