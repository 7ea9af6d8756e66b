"""Mocks and fakes that tests hand over: the suite passes with sync methods before, with coroutine functions after."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, Outcome, convert

API = """
class Users:
    def __init__(self, db: Session):
        self.db = db

    def get(self, id: int):
        return self.db.get(User, id)

    def add(self, user):
        self.db.add(user)
        self.db.commit()

    def label(self) -> str:
        return "users"


class Service:
    def __init__(self, users: Users):
        self.users = users

    def name(self, id: int) -> str:
        user = self.users.get(id)
        return f"{self.users.label()}: {user.name}" if user else ""


def find(db: Session, id: int):
    return Users(db).get(id)


def all_names(db: Session):
    return [user.name for user in db.execute(select(User)).scalars().all()]


def get_users(db: Session = Depends(get_db)):
    return Users(db)


@router.get("/own/{id}")
def own(id: int, users: Users = Depends(get_users)):
    return users.get(id).name


@router.get("/users/{id}")
def read(id: int, db: Session = Depends(get_db)):
    return Service(Users(db)).name(id)


@router.get("/names")
def names(db: Session = Depends(get_db)):
    Users(db).add(User(name="x"))
    return all_names(db), find(db, 1).name
"""
HEAD = """
import pytest
from unittest.mock import MagicMock, Mock, patch

from fastapi.testclient import TestClient

from app.api import Service, Users, all_names, find, get_users
from app.main import app
from app.models import User

ann = User(name="ann")
"""
SAME = {
    "an object": """
def test_it():
    users = Mock()
    users.get.return_value = ann
    users.label.return_value = "u"
    assert Service(users).name(1) == "u: ann"
    users.get.assert_called_once_with(1)
""",
    "an object by keyword": """
def test_it():
    users = MagicMock(name="users")
    users.get.side_effect = [ann, None]
    service = Service(users=users)
    assert service.name(1).endswith("ann")
    assert service.name(2) == ""
""",
    "a session": """
def test_it():
    db = MagicMock()
    db.get.return_value = ann
    assert find(db, 1) is ann
    assert Users(db).get(1) is ann
    Users(db).add(ann)
    db.add.assert_called_once_with(ann)
    db.commit.assert_called_once()
""",
    "what a session gives": """
def test_it():
    db = MagicMock()
    db.execute.return_value.scalars.return_value.all.return_value = [ann]
    assert all_names(db) == ["ann"]
""",
    "a class": """
def test_it():
    users = Mock()
    users.get.return_value = ann
    with patch("app.api.Users", return_value=users):
        assert find(Mock(), 1) is ann
""",
    "a class that the patch makes": """
def test_it():
    with patch("app.api.Users") as made:
        made.return_value.get.return_value = ann
        assert find(Mock(), 1) is ann


@patch("app.api.Users")
def test_decorated(made):
    made.return_value.get.return_value = ann
    assert find(Mock(), 1) is ann
""",
    "an object that a patch is told to make": """
@patch("app.api.User")
@patch("app.api.Users")
def test_decorated(users, user):
    made = MagicMock()
    made.get.return_value = ann
    users.return_value = made
    assert find(Mock(), 1) is ann
    made.get.assert_called_once_with(1)


class TestBelow:
    @patch("app.api.Users")
    @patch("app.api.User", None)
    def test_method(self, users):
        users.return_value = made = Mock()
        made.get.return_value = ann
        assert find(Mock(), 1) is ann


def test_entered():
    with patch("app.api.Users") as users:
        users.return_value = Mock()
        users.return_value.get.return_value = ann
        assert find(Mock(), 1) is ann
""",
    "a class that knows itself": """
def test_it():
    with patch("app.api.Users", autospec=True) as made:
        made.return_value.get.return_value = ann
        assert find(Mock(), 1) is ann
""",
    "a fake": """
class Fake:
    def get(self, id):
        return ann

    def label(self):
        return "fake"


def test_handed():
    fake = Fake()
    assert fake.get(1) is ann
    assert Service(fake).name(1) == "fake: ann"


class Quiet(Service):
    def __init__(self):
        self.users = Fake()


def test_put_below():
    assert Quiet().name(1) == "fake: ann"


class Loud:
    def get(self, id):
        return User(name="ANN")

    def label(self):
        return "loud"


def test_put_on_an_object():
    service = Quiet()
    service.users = Loud()
    assert service.name(1) == "loud: ANN"


class Injected:
    def get(self, id):
        return ann


@pytest.fixture
def client():
    app.dependency_overrides[get_users] = lambda: Injected()
    yield TestClient(app)
    app.dependency_overrides.clear()


def test_injected(client):
    assert client.get("/own/1").json() == "ann"
""",
    "put on an object": """
def test_it():
    service = Service(Mock())
    service.users = MagicMock()
    service.users.get.return_value = ann
    service.users.label.return_value = "u"
    assert service.name(1) == "u: ann"
    service.users.get.assert_called_once_with(1)


def test_named():
    users = Mock()
    service = Service(Mock())
    service.users = users
    service.users.get.return_value.name = "bob"
    assert service.name(1).endswith("bob")
    users.get.assert_called_once_with(1)
""",
    "a fixture": """
@pytest.fixture
def users():
    return MagicMock()


@pytest.fixture
def service(users):
    return Service(users)


def test_it(service, users):
    users.get.return_value = ann
    assert service.name(1).endswith("ann")


@pytest.fixture
def kept():
    mock = Mock()
    app.dependency_overrides[get_users] = lambda: Service(mock).users
    yield mock
    app.dependency_overrides.clear()


def test_in_a_lambda(kept):
    kept.get.return_value = ann
    assert TestClient(app).get("/own/1").json() == "ann"
""",
}


def project(folder: Path, tests: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + API,
        "app/main.py": MAIN,
        "tests/__init__.py": "",
        "tests/test_users.py": HEAD + "\n" + tests,
    }
    return convert(folder, files)


def passes(folder: Path) -> bool:
    run = forked.run("-m", "pytest", "-q", "tests", cwd=folder, strict=False)
    return run.returncode == 0 and "passed" in run.stdout


@pytest.mark.parametrize("what", SAME)
def test_the_suite_passes_before_and_after(tmp_path: Path, what: str) -> None:
    done = project(tmp_path, SAME[what])
    assert done.obstacles == []
    assert passes(tmp_path)
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    assert passes(tmp_path)


SAME["an override"] = """
def test_lambda():
    users = MagicMock()
    users.get.return_value = ann
    app.dependency_overrides[get_users] = lambda: users
    assert TestClient(app).get("/own/1").json() == "ann"
    users.get.assert_called_once_with(1)


def test_function():
    def override():
        mock = Mock()
        mock.get.return_value = ann
        yield mock

    app.dependency_overrides = {get_users: override}
    assert TestClient(app).get("/own/1").json() == "ann"


@pytest.fixture
def users():
    mock = Mock()
    mock.get.return_value = ann
    return mock


@pytest.fixture
def client(users):
    app.dependency_overrides[get_users] = lambda: users
    return TestClient(app)


def test_fixtures(client, users):
    assert client.get("/own/1").json() == "ann"
    users.get.assert_called_once_with(1)


def test_a_mock_that_is_awaited_already_or_no_mock(client):
    users = Users(None)
    app.dependency_overrides[get_users] = lambda: users
    app.dependency_overrides.pop(get_users)
"""
REFUSED = {
    "an override with what is entered": """
@pytest.fixture
def users():
    with MagicMock() as mock:
        mock.get.return_value = ann
        yield mock

def test_it(users):
    app.dependency_overrides[get_users] = lambda: users
    assert TestClient(app).get("/own/1").json() == "ann"
""",
    "an override with a mock of the module": """
USERS = MagicMock()
USERS.get.return_value = ann

def test_it():
    app.dependency_overrides[get_users] = lambda: USERS
    assert TestClient(app).get("/own/1").json() == "ann"
""",
    "a chain that nobody asks for": """
def test_it():
    db = MagicMock()
    db.query.return_value.get.return_value = ann
    find(db, 1)
""",
    "made elsewhere": """
USERS = Mock()

def test_it():
    Service(USERS).name(1)
""",
    "called by the test": """
def test_it():
    users = Mock()
    users.get.return_value = ann
    assert users.get(1) is ann
    Service(users).name(1)
""",
    "put on an object and called": """
def test_it():
    service = Service(Mock())
    service.users = Mock()
    service.users.get.return_value = ann
    assert service.users.get(1) is ann
""",
    "told what it gives": """
def test_it():
    users = Mock(**{"get.return_value": ann})
    Service(users).name(1)
""",
    "an object of the tests that a patch is told to make": """
class Fake:
    def get(self, id):
        return ann

def test_it():
    with patch("app.api.Users") as users:
        users.return_value = Fake()
        assert find(Mock(), 1) is ann
""",
    "an object of the tests that a patch makes": """
class Fake:
    def get(self, id):
        return ann

def test_it():
    with patch("app.api.Users", return_value=Fake()):
        assert find(Mock(), 1) is ann
""",
    "a generator that a patch is told to give": """
from app.db import get_db

@patch("app.db.get_db")
def test_it(made):
    made.return_value = iter([Mock()])
    next(get_db())
""",
    "a class by a function": """
def test_it():
    with patch("app.api.Users", lambda db: Mock()):
        find(Mock(), 1)
""",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_awaited_keeps_the_database(tmp_path: Path, what: str) -> None:
    done = project(tmp_path, REFUSED[what])
    assert done.obstacles, done.texts["tests/test_users.py"]


def test_mocks_of_pytest_mock_are_mocks_as_well(tmp_path: Path) -> None:
    tests = """
from pytest_mock import MockerFixture


def test_it(mocker):
    made = mocker.Mock()
    mocker.patch("app.api.Users").return_value = made
    find(mocker.MagicMock(), 1)


def test_typed(mocker: MockerFixture):
    users = mocker.patch("app.api.Users")
    users.return_value = mocker.Mock()
    find(mocker.Mock(), 1)
"""
    done = project(tmp_path, tests)
    assert done.obstacles == []
    text = done.texts["tests/test_users.py"]
    assert "made = mocker.Mock(spec=Users)\n" in text
    assert "users.return_value = mocker.Mock(spec=Users)\n" in text
    assert text.count("Mock(spec=AsyncSession)") == 2


def test_a_mock_of_what_stays_sync_stays(tmp_path: Path) -> None:
    tests = """
def test_it():
    user = Mock()
    user.name = "ann"
    assert all_names(MagicMock(spec=object)) if user is None else True
    find(Mock(), 1)
"""
    text = project(tmp_path, tests).texts["tests/test_users.py"]
    assert "user = Mock()\n" in text
