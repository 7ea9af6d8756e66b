"""A response of requests that another response passes on, piece by piece: Starlette reads it in threads."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import HEAD, migrate
from running import run
from servers import http_server

DRIVEN = """

def driven(base):
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        answers = [client.get("/", params={"url": f"{base}/{path}"}) for path in ("text", "status/404")]
    return [[answer.status_code, answer.headers.get("x-kind"), answer.text] for answer in answers]
"""

PASSED_ON = {
    "by its call": "return StreamingResponse(r.iter_content(7), headers={'x-kind': r.headers['content-type']})",
    "by keyword": "return StreamingResponse(content=r.iter_content(7), status_code=r.status_code)",
    "by a name": "body = r.iter_content(7)\n    return StreamingResponse(body)",
    "line by line": "return StreamingResponse(r.iter_lines())",
    "as it comes": "return StreamingResponse(r.raw, status_code=r.status_code)",
    "after a look": "body = r.iter_content(7)\n    first = next(body)\n    return StreamingResponse(chain([first], body))",
}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


def _program(body: str, prefix: str = "") -> str:
    head = f"from itertools import chain\n\nfrom fastapi.responses import StreamingResponse\n{HEAD}"
    return f"{head}@router.get('/')\n{prefix}def show(url: str):\n    r = requests.get(url, stream=True)\n    {body}\n"


@pytest.mark.parametrize("prefix", ["", "async "])
@pytest.mark.parametrize("how", PASSED_ON)
def test_a_response_that_is_passed_on(how: str, prefix: str, base: str, tmp_path: Path) -> None:
    before = {"app/__init__.py": "", "app/routes.py": _program(PASSED_ON[how], prefix) + DRIVEN}
    done = migrate(before)
    assert "async def show(url: str):" in done.text
    assert "await run_in_threadpool(" in done.text
    assert run(tmp_path / "new", done.texts, "driven", base) == run(tmp_path / "old", before, "driven", base)


@pytest.mark.parametrize(
    "body",
    [
        "return list(r.iter_content(7))",
        "return Response(b''.join(r.iter_content(7)))",
        "return StreamingResponse(list(r.iter_content(7)))",
        "return Streamed(r.iter_content(7))",
    ],
)
def test_what_is_read_at_once_is_read_in_a_thread(body: str) -> None:
    """Only a `StreamingResponse` reads by itself; a class with its own `__init__` may do anything."""
    own = "class Streamed(StreamingResponse):\n    def __init__(self, rows):\n        super().__init__(list(rows))\n\n\n"
    text = (
        _program(body).replace("router = ", f"{own}router = ").replace("APIRouter,", "APIRouter, Response,")
    )
    done = migrate({"app/routes.py": text})
    handler = next(
        node
        for node in ast.walk(ast.parse(done.text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "show"
    )
    on_the_loop = [node for node in frame_of(handler) if isinstance(node, ast.Attribute)]
    is_async = isinstance(handler, ast.AsyncFunctionDef)
    assert not is_async or "iter_content" not in {node.attr for node in on_the_loop}, done.text


def frame_of(node: ast.AST) -> Iterator[ast.AST]:
    """What runs where `node` runs: nothing of inner functions and lambdas."""
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, (ast.FunctionDef, ast.Lambda)):
            yield inner
            yield from frame_of(inner)
