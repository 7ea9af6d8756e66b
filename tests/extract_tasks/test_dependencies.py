"""Slow work of dependencies: FastAPI alone calls them, so they queue it themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler, source

HEAD = """
import requests
from fastapi import Depends, HTTPException, Request
from app.mail import send_welcome


"""
ROUTE = """


@router.get("/h", dependencies=[Depends({dependency})])
async def h():
    return {{}}
"""
MOVES = {
    "all of it": (
        """
        def tell(request: Request):
            send_welcome("admin@example.com", str(request.url))
        """,
        'await send_welcome_task.kiq("admin@example.com", str(request.url))',
    ),
    "what it gives is read": (
        """
        def tell(to: str):
            send_welcome(to, "x")
            return to
        """,
        'await send_welcome_task.kiq(to, "x")',
    ),
    "a request of what the request says": (
        """
        def tell(request: Request):
            requests.post("https://stats.example.com", json={"path": request.url.path, "by": request.method})
        """,
        "await send_tell_request_task.kiq(request.url.path, request.method)",
    ),
    "an object": (
        """
        class Tell:
            def __init__(self, subject: str) -> None:
                self.subject = subject

            def __call__(self, to: str) -> None:
                send_welcome(to, self.subject)
        """,
        "await send_welcome_task.kiq(to, self.subject)",
    ),
}
STAYS = {
    "its failure is told": """
        def tell(to: str):
            try:
                send_welcome(to, "x")
            except OSError as error:
                raise HTTPException(502) from error
        """,
    "its result is read": """
        def tell(to: str):
            if send_welcome(to, "x"):
                raise HTTPException(400)
        """,
    "the object is sent": """
        def tell(request: Request):
            requests.post("https://stats.example.com", json={"by": request.state.user})
        """,
}


@pytest.mark.parametrize("case", MOVES)
def test_a_dependency_queues_it(tmp_path: Path, case: str) -> None:
    text, queued = MOVES[case]
    dependency = 'Tell("seen")' if "class" in text else "tell"
    done = handler(tmp_path, HEAD + source(text) + ROUTE.format(dependency=dependency))
    function = "__call__" if "class" in text else "tell"
    assert f"    {queued}\n" in done.body(function)
    assert done.body(function).startswith("async def ")


@pytest.mark.parametrize("case", STAYS)
def test_a_dependency_keeps_it(tmp_path: Path, case: str) -> None:
    done = handler(tmp_path, HEAD + source(STAYS[case]) + ROUTE.format(dependency="tell"))
    assert done.tasks == ""
    assert "kiq" not in done.body("tell")
