"""Dependencies that a function makes, `Depends(require("admin"))`: FastAPI awaits them like all others."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, Outcome, answers, app

DEPS = """
from fastapi import Depends, HTTPException
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import User


def require(*names: str):
    \"\"\"Only these.\"\"\"

    def check(who: str = "ann", db: Session = Depends(get_db)) -> str:
        if db.query(User).filter(User.name == who).first() is None or who not in names:
            raise HTTPException(403)
        return who

    return check
"""
API = """
MADE

@router.get("/users")
def users(db: Session = Depends(get_db), who: str = DEPENDS):
    return [who, *[user.name for user in db.query(User).all()]]
"""


def program(folder: Path, made: str, depends: str, deps: str = DEPS, **more: str) -> Outcome:
    api = API.replace("MADE", made).replace("DEPENDS", depends)
    return app(folder, api, deps=deps, main=MAIN, **more)


SESSIONS = """
from collections.abc import Callable, Generator

from app.db import SessionLocal


def sessions(flush: bool) -> Callable[[], Generator[Session, None, None]]:
    def get() -> Generator[Session, None, None]:
        with SessionLocal(autoflush=flush) as session:
            yield session

    return get
"""
IMPORT = "from app.deps import require\n"
FORMS = {
    "at the parameter": (IMPORT, "Depends(require('ann'))"),
    "under a name": (IMPORT + "only = require('ann')\n", "Depends(only)"),
    "as the whole dependency": (IMPORT + "only = Depends(require('ann'))\n", "only"),
    "for the router": (IMPORT + "router = APIRouter(dependencies=[Depends(require('ann'))])\n", "'x'"),
    "by keyword, and twice": (
        IMPORT + "only = require('ann', 'bob')\n",
        "Depends(dependency=require('ann')), other: str = Depends(only)",
    ),
    "beside a name of something else": (
        IMPORT + "only = require('ann')\n\n\ndef others(only: list):\n    print(only)\n",
        "Depends(only)",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_they_turn_with_the_database(tmp_path: Path, form: str) -> None:
    done = program(tmp_path, *FORMS[form])
    assert done.obstacles == []
    assert "    async def check(" in done.texts["app/deps.py"]
    assert "\ndef require(" in done.texts["app/deps.py"]
    urls = ["/users", "/users?who=bob", "/users?who=nobody"]
    before, after = answers(tmp_path, done, FILL, urls)
    assert before == after
    assert (before[0][1], before[2][1]) == (200, 403)


def test_what_they_are_said_to_be_is_said_anew(tmp_path: Path) -> None:
    """Type checkers take a `Callable[[], Generator[..]]` for something else than what gives sessions now."""
    deps = DEPS.replace("*names: str)", "*names: str) -> Callable[..., str]") + SESSIONS
    made = "from app.deps import require, sessions\nget_other = sessions(False)\n"
    depends = "Depends(require('ann')), other: Session = Depends(get_other)"
    text = program(tmp_path, made, depends, deps=deps).texts["app/deps.py"]
    assert "def require(*names: str) -> Callable[..., Awaitable[str]]:\n" in text
    assert "def sessions(flush: bool) -> Callable[[], AsyncGenerator[AsyncSession, None]]:\n" in text


def test_one_of_another_module_is_made_there(tmp_path: Path) -> None:
    deps = DEPS + "\n\nonly = require('ann')\n"
    done = program(tmp_path, "from app.deps import only\n", "Depends(only)", deps)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/users", "/users?who=bob"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 403]


UNUSED = """

def unused(*names: str):
    def check_later(PARAMETERS) -> str:
        if db.query(User).filter(User.name == who).first() is None:
            raise HTTPException(403)
        return who

    return check_later
"""


@pytest.mark.parametrize(
    "parameters",
    [
        'who: str = "ann", db: Session = Depends(get_db)',
        'request: Request, who: str = "ann", db: Session = None',
    ],
)
def test_one_that_nobody_makes_yet_is_for_fastapi(tmp_path: Path, parameters: str) -> None:
    deps = "from fastapi import Request\n" + DEPS + UNUSED.replace("PARAMETERS", parameters)
    done = program(tmp_path, *FORMS["at the parameter"], deps)
    assert done.obstacles == []
    assert "    async def check_later(" in done.texts["app/deps.py"]
    before, after = answers(tmp_path, done, FILL, ["/users", "/users?who=bob"])
    assert before == after


@pytest.mark.parametrize("parameters", ["who: str, db: Session", "who: str, db: Session = None"])
def test_one_that_nobody_makes_and_anybody_may_call_keeps_it_sync(tmp_path: Path, parameters: str) -> None:
    deps = DEPS + UNUSED.replace("PARAMETERS", parameters)
    done = program(tmp_path, *FORMS["at the parameter"], deps)
    assert ["check_later" in each for each in done.obstacles] == [True]
    assert "AsyncSession" not in "".join(done.texts.values())


STAYS = {
    "kept in a list": (IMPORT + "kept = [require('bob')]\n", DEPS),
    "kept by an object": (IMPORT + "router.check = require('bob')\n", DEPS),
    "mapped": (IMPORT + "only = require('bob')\nfound = list(map(only, ['ann']))\n", DEPS),
    "mapped as it is made": (IMPORT + "found = list(map(require('bob'), ['ann']))\n", DEPS),
    "mapped, and depended on": (
        IMPORT + "only = require('bob')\nalso = Depends(only)\nfound = list(map(only, ['ann']))\n",
        DEPS,
    ),
    "bound again": (IMPORT + "only = require('bob')\nonly = print\n", DEPS),
    "handed to a function of the project": (
        IMPORT + "def run(check):\n    return check('ann', None)\n\n\nrun(require('bob'))\n",
        DEPS,
    ),
    "made by what is handed on": (IMPORT + "made = list(map(require, ['bob']))\n", DEPS),
    "decorated by nobody knows what": (
        IMPORT,
        "import acme\n" + DEPS.replace("def require", "@acme.one\ndef require"),
    ),
    "returned in a pair": (IMPORT, DEPS.replace("return check\n", "return check, 1\n")),
}


@pytest.mark.parametrize("name", STAYS)
def test_what_others_may_call_keeps_it_sync(tmp_path: Path, name: str) -> None:
    made, deps = STAYS[name]
    depends = "Depends(require('ann')[0])" if name == "returned in a pair" else "Depends(require('ann'))"
    done = program(tmp_path, made, depends, deps)
    assert done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())
