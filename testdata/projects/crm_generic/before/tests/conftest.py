import os
import tempfile
from typing import Generator

os.environ["CRM_DATABASE"] = f"sqlite:///{tempfile.mkdtemp()}/crm.db"

import pytest
from fastapi.testclient import TestClient

from app.db.session import SessionLocal
from app.main import app


@pytest.fixture(scope="session")
def client() -> Generator:
    with TestClient(app) as c:
        yield c


@pytest.fixture
def db(client) -> Generator:
    session = SessionLocal()
    yield session
    session.close()
