import os
import tempfile
from collections.abc import AsyncGenerator
from typing import Generator

os.environ["CRM_DATABASE"] = f"sqlite:///{tempfile.mkdtemp()}/crm.db"

import pytest
from fastapi.testclient import TestClient

from app.db.session import SessionLocal
from app.main import app


@pytest.fixture(scope="session", autouse=True)
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def client() -> Generator:
    with TestClient(app) as c:
        yield c


@pytest.fixture
async def db(client) -> AsyncGenerator:
    session = SessionLocal()
    yield session
    await SessionLocal.remove()
