"""Objects that FastAPI calls, and awaits where their `__call__` is async: `Depends(Limit(5))`."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from client_programs import changed, migrate
from running import run

PROGRAM = """
    import redis
    from fastapi import Depends, FastAPI, HTTPException, Request
    from fastapi.testclient import TestClient

    client = redis.Redis(host="127.0.0.1", port=PORT, decode_responses=True)


    class Limit:
        def __init__(self, most: int, key: str = "all"):
            self.most = most
            self.key = key

        def __call__(self, request: Request) -> int:
            count = client.incr(self.key)
            if count > self.most:
                raise HTTPException(429, "Too many")
            return count


    limit = Limit(3)
    app = FastAPI()
    MORE


    @app.get("/free", dependencies=[Depends(Limit(2, key="free"))])
    def free():
        return {"free": True}


    @app.get("/counted")
    def counted(count: int = Depends(limit)):
        return {"count": count}


    @app.get("/by-hand")
    def by_hand(request: Request):
        return {"count": limit(request)}


    def call():
        with TestClient(app) as api:
            urls = ["/free"] * 3 + ["/counted", "/by-hand"] * 2
            return [[answer.status_code, answer.json()] for answer in map(api.get, urls)]
"""


def program(more: str = "") -> dict[str, str]:
    return {"app/routes.py": changed(PROGRAM).replace("MORE\n", more)}


def test_what_limits_counts_the_same(port: int, tmp_path: Path) -> None:
    texts = {path: text.replace("PORT", str(port)) for path, text in program().items()}
    outcome = migrate(texts)
    assert "    async def __call__(self, request: Request) -> int:\n" in outcome.text, outcome.reasons
    assert '    return {"count": await limit(request)}\n' in outcome.text
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        found.append(run(folder, texts, "call"))
    assert found[0] == found[1]
    assert [status for status, _ in found[0][0]] == [200, 200, 429, 200, 200, 200, 429]


STAYS = {
    "sorts by it": "found = sorted([], key=limit)\n",
    "hands it to a library": "import threading\n\nthreading.Timer(9, limit)\n",
    "keeps it in a list": "limits = [limit]\n",
    "is middleware": "app.add_middleware(limit)\n",
    "a script calls it": "if __name__ == '__main__':\n    print(limit(None))\n",
}


@pytest.mark.parametrize("hazard", STAYS)
def test_an_object_that_others_call_stays(hazard: str) -> None:
    outcome = migrate({path: text.replace("PORT", "6379") for path, text in program(STAYS[hazard]).items()})
    assert "    def __call__(self, request: Request) -> int:\n" in outcome.text
    assert "redis.asyncio" not in outcome.text


@pytest.mark.parametrize(
    ("test", "turns"),
    [
        ("from app.routes import Limit\n\n\ndef test_limit():\n    assert Limit(1)(None) == 1\n", False),
        ("from app.routes import app, limit\n\napp.dependency_overrides[limit] = lambda: 7\n", True),
    ],
)
def test_tests_go_on_as_before(test: str, turns: bool) -> None:
    """What calls it by itself keeps it; what overrides it says so by the object."""
    texts = {path: text.replace("PORT", "6379") for path, text in program().items()}
    outcome = migrate({**texts, "tests/test_it.py": test})
    assert ("async def __call__" in outcome.text) is turns


def test_what_has_nothing_to_wait_for_turns_and_leaves_the_thread() -> None:
    text = changed(PROGRAM).replace("MORE\n", "").replace("client.incr(self.key)", "len(self.key)")
    outcome = migrate({"app/routes.py": text.replace("PORT", "6379")})
    assert "    async def __call__(self, request: Request) -> int:\n" in outcome.text


def test_what_would_block_the_loop_stays() -> None:
    text = (
        changed(PROGRAM).replace("MORE\n", "").replace("client.incr(self.key)", "len(unknown.ask(self.key))")
    )
    outcome = migrate({"app/routes.py": text.replace("PORT", "6379")})
    assert "    def __call__(self, request: Request) -> int:\n" in outcome.text
