"""Lambdas and mocks that tests put in the place of functions which turn: the suite passes before and after."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, Outcome, convert, passed

HANDLERS = """
class Users:
    def find(self, db: Session, id: int):
        return db.get(User, id)

users = Users()

def find(db: Session, id: int):
    return db.get(User, id)

@router.get("/users/{id}")
def read(id: int, db: Session = Depends(get_db)):
    return {"name": find(db, id).name, "other": users.find(db, id)}
"""
HEAD = """from unittest.mock import MagicMock, Mock, patch

import pytest
from fastapi.testclient import TestClient

from app import api
from app.main import app

client = TestClient(app)


@pytest.fixture
def user():
    return MagicMock()


def say():
    return client.get("/users/1").json()


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.setattr(api.Users, "find", lambda self, db, id: None)


"""
TESTS = {
    "any_arguments_of_a_method": (
        "monkeypatch.setattr(api.Users, 'find', lambda *args, **kwargs: api.User(name='z'))",
        "AsyncMock(side_effect=lambda *args, **kwargs: api.User(name='z'))",
    ),
    "one_object": (
        "user.name = 'a'\n    monkeypatch.setattr(api, 'find', lambda *args: user)\n    assert say()['name'] == 'a'",
        "AsyncMock(return_value=user)",
    ),
    "one_each": (
        "monkeypatch.setattr(api, 'find', lambda db, id: api.User(name=str(id)))\n    assert say()['name'] == '1'",
        "AsyncMock(side_effect=lambda db, id: api.User(name=str(id)))",
    ),
    "bound_later": (
        "monkeypatch.setattr(api, 'find', lambda db, id: later)\n    later = api.User(name='b')\n    assert say()['name'] == 'b'",
        "AsyncMock(side_effect=lambda db, id: later)",
    ),
    "bound_again": (
        "found = None\n    monkeypatch.setattr(api, 'find', lambda db, id: found)\n    found = api.User(name='c')\n    assert say()['name'] == 'c'",
        "AsyncMock(side_effect=lambda db, id: found)",
    ),
    "a_mock": (
        "monkeypatch.setattr('app.api.find', MagicMock(return_value=api.User(name='d')))\n    assert say()['name'] == 'd'",
        "AsyncMock(return_value=api.User(name='d'))",
    ),
    "what_a_mock_gives": (
        "find = Mock()\n    find.return_value.name = 'e'\n    monkeypatch.setattr(api, 'find', find)\n    assert say()['name'] == 'e'\n    find.assert_called_once()\n    assert find.call_args.args[1] == 1",
        "find = AsyncMock(return_value=Mock())",
    ),
    "what_a_mock_is_told": (
        "find = MagicMock()\n    find.return_value = user\n    user.name = 'f'\n    with patch.object(api, 'find', find):\n        assert say()['name'] == 'f'\n    assert find.call_count == 1",
        "find = AsyncMock()",
    ),
}


def suite(folder: Path, tests: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": MAIN,
        "tests/test_it.py": HEAD + tests,
    }
    return convert(folder, files)


def test_the_suite_passes_with_mocks_of_coroutine_functions(tmp_path: Path) -> None:
    tests = (f"def test_{name}(monkeypatch, user):\n    {body}\n\n\n" for name, (body, _) in TESTS.items())
    done = suite(tmp_path, "".join(tests))
    assert done.obstacles == []
    before = passed(tmp_path)
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    assert passed(tmp_path) == before == f"{len(TESTS)} passed"
    text = done.texts["tests/test_it.py"]
    assert [becomes for _, becomes in TESTS.values() if becomes not in text] == []
    assert 'monkeypatch.setattr(api.Users, "find", AsyncMock(return_value=None))' in text


@pytest.mark.parametrize(
    "replaced",
    [
        "api.Users, 'find', lambda self, db, id: [id]",
        "api.Users, 'find', lambda *args: list(args)",
        "api, 'find', MagicMock(spec=api.find)",
        "api, 'find', MagicMock(wraps=api.find)",
        "api, 'find', user",
        "api, 'find', lambda db, id: db.query(api.User).first()",
    ],
)
def test_what_may_do_more_than_to_give_something_stays(tmp_path: Path, replaced: str) -> None:
    done = suite(tmp_path, f"def test_it(monkeypatch, user):\n    monkeypatch.setattr({replaced})\n")
    assert any("find" in text or "query" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}
