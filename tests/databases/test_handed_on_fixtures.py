"""Fixtures that a test file or a conftest imports, or that are of a plugin: pytest finds them there as well.

https://docs.pytest.org/en/stable/how-to/writing_plugins.html
"""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, FIND_USER, HEADER, MAIN, MODELS, Outcome, convert

FIXTURES = """
import pytest
from app.db import Base, SessionLocal, engine
from app.models import User


@pytest.fixture(NAMED)
def session():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def bob(session):
    user = User(name="bob")
    session.add(user)
    session.commit()
    return user.id


def helper():
    return 1
"""
TESTS = """
from app.api import find
from app.models import User


def test_it(session, bob):
    session.add(User(name="ann"))
    session.commit()
    assert find(session, bob).name == "bob"
    assert find(session, 2).name == "ann"
"""
HANDED_ON = {
    "a conftest imports them": {"tests/conftest.py": "from tests.fixtures.db import bob, session\n"},
    "the test imports them": {"tests/test_users.py": "from tests.fixtures.db import bob, session\n" + TESTS},
    "all of a module": {"tests/conftest.py": "from tests.fixtures.db import *\n"},
    "through a package": {
        "tests/conftest.py": "from .fixtures import session, bob\n",
        "tests/fixtures/__init__.py": "from .db import bob, helper, session\n",
    },
    "all, through a package": {
        "tests/conftest.py": "from .fixtures import *\n",
        "tests/fixtures/__init__.py": "from .db import *\n",
    },
    "a plugin": {"tests/conftest.py": 'pytest_plugins = ["tests.fixtures.db"]\n'},
    "one plugin": {"conftest.py": 'pytest_plugins = "tests.fixtures.db"\n'},
    "a conftest in a folder": {
        "tests/unit/conftest.py": "from tests.fixtures.db import session, bob\n",
        "tests/unit/__init__.py": "",
        "tests/unit/test_more.py": TESTS,
        "tests/test_users.py": "def test_nothing():\n    pass\n",
    },
}


def project(folder: Path, files: dict[str, str], named: str = "", tests: str = TESTS) -> Outcome:
    every = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + FIND_USER,
        "app/main.py": MAIN,
        "tests/__init__.py": "",
        "tests/fixtures/__init__.py": "",
        "tests/fixtures/db.py": FIXTURES.replace("NAMED", named),
        "tests/test_users.py": tests,
    }
    return convert(folder, every | files)


def passes(folder: Path) -> bool:
    run = forked.run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "tests"),
        cwd=folder,
        strict=False,
    )
    return run.returncode == 0 and "passed" in run.stdout


@pytest.mark.parametrize("how", HANDED_ON)
def test_the_suite_passes_before_and_after(tmp_path: Path, how: str) -> None:
    done = project(tmp_path, HANDED_ON[how])
    assert done.obstacles == []
    assert "async def session():" in done.texts["tests/fixtures/db.py"]
    assert passes(tmp_path)
    for path, text in done.texts.items():
        (tmp_path / path).write_text(text)
    assert passes(tmp_path)


def test_under_another_name(tmp_path: Path) -> None:
    conftest = {"tests/conftest.py": "from tests.fixtures.db import bob, session as db, session\n"}
    tests = TESTS.replace("session", "db")
    done = project(tmp_path, conftest, tests=tests)
    assert done.obstacles == []
    assert "await db.commit()" in done.texts["tests/test_users.py"]


def test_by_the_name_that_it_gives_itself(tmp_path: Path) -> None:
    conftest = {"tests/conftest.py": "from tests.fixtures.db import session, helper\n"}
    tests = "def test_it(db):\n    db.commit()\n"
    text = FIXTURES.replace("NAMED", 'name="db"').partition("@pytest.fixture\ndef bob")[0]
    fixtures = {"tests/fixtures/db.py": f"{text}def helper(): ...\n"}
    done = project(tmp_path, conftest | fixtures, tests=tests)
    assert done.obstacles == []
    assert "await db.commit()" in done.texts["tests/test_users.py"]


@pytest.mark.parametrize(
    "conftest",
    [
        "",
        "from tests.fixtures import db\n",
        "from tests.fixtures.db import helper as session, bob\n",
        "from tests.fixtures.db import bob\n",
    ],
    ids=["nothing", "a module", "another function", "another fixture"],
)
def test_what_no_test_is_given_stays_unknown(tmp_path: Path, conftest: str) -> None:
    """The session that the test asks for is of a plugin that nobody sees."""
    done = project(tmp_path, {"tests/conftest.py": conftest})
    assert any("nobody knows whether it works on this database" in each for each in done.obstacles)


def test_the_nearest_wins(tmp_path: Path) -> None:
    files = {
        "tests/conftest.py": "from tests.fixtures.db import bob, session\n",
        "tests/test_users.py": "import pytest\n\n\n@pytest.fixture\ndef session():\n    return []\n\n\n"
        "def test_it(session):\n    session.append(1)\n    assert session == [1]\n",
    }
    done = project(tmp_path, files)
    assert done.obstacles == []
    assert "tests/test_users.py" not in done.texts


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    files = {
        "tests/conftest.py": "from tests.fixtures.db import *\nfrom tests.fixtures.more import *\n",
        "tests/fixtures/db.py": "from tests.fixtures.more import *\n" + FIXTURES.replace("NAMED", ""),
        "tests/fixtures/more.py": "from tests.fixtures.db import *\nfrom tests.fixtures.db import missing\n",
    }
    done = project(tmp_path, files)
    assert done.obstacles == []
