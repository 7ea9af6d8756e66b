"""Methods of their own that classes of the framework do not know turn with the database; hooks stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

MIDDLEWARE = """
from starlette.middleware.base import BaseHTTPMiddleware


class Signed(BaseHTTPMiddleware):
    def _name(self, user_id: int) -> str:
        db = SessionLocal()
        try:
            return db.get(User, user_id).name
        finally:
            db.close()

    async def dispatch(self, request, call_next):
        request.state.name = self._name(2)
        return await call_next(request)


@router.get("/look")
def look(request: Request, db: Session = Depends(get_db)):
    return {"name": request.state.name, "notes": db.query(Note).count()}
"""
BEARER = """
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPBasic


class Signed(HTTPBearer):
    async def __call__(self, request: Request):
        return self.find(1)

    def find(self, user_id: int):
        with SessionLocal() as db:
            return db.get(User, user_id).name


@router.get("/look")
def look(name: str = Depends(Signed()), db: Session = Depends(get_db)):
    return {"name": name, "notes": db.query(Note).count()}
"""
WITH_MIDDLEWARE = MAIN.replace(
    "app.include_router", "app.add_middleware(Signed)\napp.include_router"
).replace("\napp = ", "\nfrom app.api import Signed\n\napp = ")


@pytest.mark.parametrize(
    ("program", "main", "line"),
    [
        (MIDDLEWARE, WITH_MIDDLEWARE, "await self._name(2)"),
        (BEARER, MAIN, "await self.find(1)"),
        (BEARER.replace("Signed(HTTPBearer)", "Signed(HTTPBasic)"), MAIN, "await self.find(1)"),
    ],
)
def test_a_method_that_the_framework_does_not_call_turns(
    tmp_path: Path, program: str, main: str, line: str
) -> None:
    done = app(tmp_path, "from fastapi import Request\n" + program, main=main)
    assert done.obstacles == []
    assert line in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/look"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HTTPBearer", "acme.Bearer"),
        ("find", "make_not_authenticated_error"),
    ],
)
def test_a_method_that_a_class_may_call_by_itself_stays(tmp_path: Path, old: str, new: str) -> None:
    program = BEARER.replace(f"({old})", f"({new})").replace(f"{old}(", f"{new}(")
    done = app(tmp_path, f"import acme\nfrom fastapi import Request\n{program}", main=MAIN)
    assert any("may override a method of" in text for text in done.obstacles), done.obstacles


HASHED = """
import hashlib


def set_password(self, raw: str):
    self.name = hashlib.pbkdf2_hmac("sha256", raw.encode(), b"salt", 10).hex()


class Account(User):
    @property
    def secret(self):
        return len(self.name)

    @secret.setter
    def secret(self, raw: str):
        set_password(self, raw)


@router.get("/hashed")
def hashed(db: Session = Depends(get_db)):
    user = Account()
    user.secret = "a"
    db.add(user)
    db.commit()
    user = db.get(Account, user.id)
    user.secret = "b"
    db.commit()
    return [user.name, user.secret]
"""


def test_a_property_that_hashes_what_it_is_given_does_so_in_a_thread(tmp_path: Path) -> None:
    """`user.password = raw` had kept the whole database sync, as what it does "cannot be told"."""
    done = app(tmp_path, HASHED, main=MAIN)
    assert done.obstacles == []
    assert done.texts["app/api.py"].count("await run_in_threadpool(set_secret") == 2
    before, after = answers(tmp_path, done, FILL, ["/hashed"])
    assert before[0][1] == 200
    assert after == before
