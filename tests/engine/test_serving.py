"""Middleware and error handlers of the application run for every request of the given paths, wherever they
stand; those of another application do not."""

from __future__ import annotations

import pytest
from small_projects import migrate

ROUTES = """\
from fastapi import APIRouter

router = APIRouter()


@router.get("/items")
def items():
    return []
"""
BLOCKS = """\
import requests
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware


def tell(path: str) -> None:
    requests.post("https://audit.example.com", json={"path": path}).raise_for_status()

"""
DECORATED = """\
@app.middleware("http")
async def audit(request: Request, call_next):
    tell(request.url.path)
    return await call_next(request)
"""
CLASS = """\
class Audit(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        tell(request.url.path)
        return await call_next(request)
"""
HANDLER = """\
@app.exception_handler(ValueError)
async def wrong(request: Request, exc: ValueError):
    tell(request.url.path)
    return JSONResponse({}, status_code=400)
"""
APP = "from app.api import routes\n\n\napp = FastAPI()\napp.include_router(routes.router)\n\n\n"
FACTORY = """\
from fastapi import FastAPI

from app.audit import Audit


def create_app() -> FastAPI:
    from app.api import routes

    app = FastAPI()
    app.add_middleware(Audit)
    app.include_router(routes.router)
    return app


app = create_app()
"""
PACKAGES = {"app/__init__.py": "", "app/api/__init__.py": "", "app/api/routes.py": ROUTES}
COUNTS = {
    "a function": {"app/main.py": BLOCKS + APP + DECORATED},
    "an error handler": {"app/main.py": BLOCKS + APP + HANDLER},
    "a class that a factory adds": {"app/main.py": FACTORY, "app/audit.py": BLOCKS + "\n" + CLASS},
}
OTHER = {
    "another application": {"app/other.py": BLOCKS + "\n\napp = FastAPI()\n\n\n" + DECORATED},
    "a class that only another adds": {
        "app/other.py": FACTORY.replace("from app.api import routes", "routes = None"),
        "app/audit.py": BLOCKS + "\n" + CLASS,
    },
    "an application of a test": {"tests/test_app.py": BLOCKS + APP + DECORATED},
}
MAIN = {"app/main.py": "from fastapi import FastAPI\n\n" + APP}


@pytest.mark.parametrize("files", COUNTS.values(), ids=COUNTS)
def test_what_runs_around_the_given_handlers_must_not_block(files: dict[str, str]) -> None:
    done = migrate({**PACKAGES, **files}, api=["app/api"])
    (path,) = (path for path, text in files.items() if "def tell" in text)
    assert "await tell(request.url.path)\n" in done.texts[path]


@pytest.mark.parametrize("files", OTHER.values(), ids=OTHER)
def test_what_runs_around_others_is_left_alone(files: dict[str, str]) -> None:
    done = migrate({**PACKAGES, **MAIN, **files}, api=["app/api"])
    assert all(done.texts[path] == text for path, text in files.items())
    assert "async def items" in done.texts["app/api/routes.py"]
