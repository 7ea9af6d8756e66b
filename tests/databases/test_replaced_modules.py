"""Tests that replace a module or an object of the application, also by the way that leads there, and tests
that hand it an object of their own in the place of a session: the suite passes before and after."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, Outcome, convert, passed

CRUD = """
def find(db: Session, id: int):
    return db.get(User, id)


def label(user) -> str:
    return f"{user.id}: {user.name}"


class Names:
    def of(self, db: Session, id: int):
        user = db.get(User, id)
        return user.name if user else None


names = Names()
"""
API = """
from app import crud
from app.crud import Names, names


@router.get("/users/{id}")
def read(id: int, db: Session = Depends(get_db)):
    user = crud.find(db, id)
    return user.name if user else None


@router.get("/upper/{id}")
def upper(id: int, db: Session = Depends(get_db)):
    return crud.find(db, id).upper()


@router.get("/names/{id}")
def name(id: int, db: Session = Depends(get_db)):
    return [names.of(db, id), Names().of(db, id)]


@router.get("/there/{id}")
def there(id: int, db: Session = Depends(get_db)):
    return crud.names.of(db, id)
"""
HEAD = """import types
from unittest.mock import MagicMock, Mock, patch

import pytest
from fastapi.testclient import TestClient

from app import api, crud
from app.api import User
from app.db import get_db
from app.main import app

client = TestClient(app)


def say(url="/users/1"):
    return client.get(url).json()


"""
ANN = "User(id=1, name='ann')"
TESTS = {
    "decorated": (
        f"@patch('app.api.crud')\ndef NAME(mod):\n    mod.find.return_value = {ANN}\n    assert say() == 'ann'\n    mod.find.assert_called_once()",
        "@patch('app.api.crud', autospec=True)\n",
    ),
    "in_a_with": (
        "def NAME():\n    with patch.object(api, 'crud') as mod:\n        mod.find.side_effect = lambda db, id: None\n        assert say() is None",
        "with patch.object(api, 'crud', autospec=True) as mod:",
    ),
    "what_the_result_does": (
        "@patch('app.api.crud')\ndef NAME(mod):\n    mod.find.return_value.upper.return_value = 'U'\n    assert say('/upper/1') == 'U'",
        "    mod.find.return_value = MagicMock()\n    mod.find.return_value.upper.return_value = 'U'",
    ),
    "knows_the_module": (
        f"@patch('app.api.crud', autospec=True)\ndef NAME(mod):\n    mod.find.return_value = {ANN}\n    assert say() == 'ann'",
        "@patch('app.api.crud', autospec=True)\n",
    ),
    "by_the_way_there": (
        f"def NAME(monkeypatch):\n    monkeypatch.setattr('app.api.crud.find', lambda db, id: {ANN})\n    assert say() == 'ann'",
        "AsyncMock(side_effect=lambda db, id: User(id=1, name='ann'))",
    ),
    "a_method_by_the_way_there": (
        "@patch('app.api.Names.of', return_value='n')\n@patch('app.api.names')\ndef NAME(names, of):\n    names.of.return_value = 'o'\n    assert say('/names/1') == ['o', 'n']",
        "@patch('app.api.names', autospec=True)\n",
    ),
    "an_object_by_the_way_there": (
        "def NAME(monkeypatch):\n    monkeypatch.setattr('app.api.crud.names.of', MagicMock(return_value='m'))\n    assert say('/there/1') == 'm'",
        "setattr('app.api.crud.names.of', AsyncMock(return_value='m'))",
    ),
}


def suite(folder: Path, tests: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/crud.py": HEADER + CRUD,
        "app/api.py": HEADER + API,
        "app/main.py": MAIN,
        "tests/test_it.py": tests,
    }
    return convert(folder, files)


def test_a_module_that_is_replaced_is_replaced_by_what_knows_it(tmp_path: Path) -> None:
    tests = (f"{body.replace('NAME', f'test_{name}')}\n\n\n" for name, (body, _) in TESTS.items())
    done = suite(tmp_path, HEAD + "".join(tests))
    assert done.obstacles == []
    before = passed(tmp_path)
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    assert passed(tmp_path) == before == f"{len(TESTS)} passed"
    text = done.texts["tests/test_it.py"]
    assert [becomes for _, becomes in TESTS.values() if becomes not in text] == []


@pytest.mark.parametrize(
    "replaced",
    [
        "api, 'crud', MagicMock()",
        "api, 'crud', types.SimpleNamespace(find=lambda db, id: None)",
        "'app.api.crud', Fake",
        "'app.api.crud', Fake()",
        "api, 'names', Fake()",
        "'app.api.names', MagicMock(of=MagicMock(return_value='x'))",
    ],
)
def test_a_module_is_replaced_by_what_nobody_can_await(tmp_path: Path, replaced: str) -> None:
    fake = "class Fake:\n    @staticmethod\n    def find(db, id):\n        return None\n\n    def of(self, db, id):\n        return None\n\n\n"
    done = suite(tmp_path, f"{HEAD}{fake}def test_it(monkeypatch):\n    monkeypatch.setattr({replaced})\n")
    assert any("replaced" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_patch_that_is_told_what_the_module_gives_keeps_the_database_sync(tmp_path: Path) -> None:
    done = suite(
        tmp_path,
        f"{HEAD}@patch('app.api.crud', **{{'find.return_value': None}})\ndef test_it(mod):\n    say()\n",
    )
    assert any("app.api.crud is replaced" in text for text in done.obstacles), done.obstacles


@pytest.mark.parametrize("replaced", ["app.api.Depends", "app.main.app", "app.crud.label", "app.api.router"])
def test_what_does_not_turn_may_be_replaced(tmp_path: Path, replaced: str) -> None:
    done = suite(tmp_path, f"{HEAD}@patch('{replaced}')\ndef test_it(other):\n    pass\n")
    assert done.obstacles == []
    assert "create_async_engine" in done.texts["app/db.py"]
    assert "tests/test_it.py" not in done.texts


FAKE = """
class FakeSession:
    def __init__(self):
        self.commits = 0

    def get(self, model, id):
        return model(id=id, name="fake")

    def commit(self):
        self.commits += 1


@pytest.fixture
def fake():
    return FakeSession()


"""


@pytest.mark.parametrize(
    "test",
    [
        "def test_it():\n    assert crud.find(FakeSession(), 1).name == 'fake'\n",
        "def test_it(fake):\n    assert crud.find(fake, 1).name == 'fake'\n",
        "def test_it(fake):\n    assert crud.names.of(db=fake, id=1) == 'fake'\n",
        "def test_it(fake):\n    app.dependency_overrides[get_db] = lambda: fake\n    assert say() == 'fake'\n",
        "def test_it():\n    def override():\n        yield FakeSession()\n\n    app.dependency_overrides[get_db] = override\n    assert say() == 'fake'\n",
    ],
)
def test_a_class_of_the_tests_in_place_of_a_session_keeps_the_database_sync(
    tmp_path: Path, test: str
) -> None:
    done = suite(tmp_path, HEAD + FAKE + test)
    assert any("FakeSession, and no session" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}
    assert passed(tmp_path) == "1 passed"


def test_a_session_of_a_class_of_the_tests_is_one(tmp_path: Path) -> None:
    own = "from sqlalchemy.orm import Session\nfrom app.db import engine\n\n\nclass OwnSession(Session):\n    pass\n\n\n"
    done = suite(tmp_path, f"{HEAD}{own}def test_it():\n    crud.label(User(id=1, name='x'))\n")
    assert not any("no session" in text for text in done.obstacles), done.obstacles
