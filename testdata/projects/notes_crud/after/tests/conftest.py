import tempfile

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from app.database import Base, get_db
from app.main import app

engine = create_engine(f"sqlite:///{tempfile.mkdtemp()}/notes.db", connect_args={"check_same_thread": False})
async_engine = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), poolclass=NullPool)
TestingSession = sessionmaker(autocommit=False, autoflush=False, bind=engine)


@pytest.fixture
def session():
    Base.metadata.drop_all(bind=engine)
    Base.metadata.create_all(bind=engine)
    db = TestingSession()
    try:
        yield db
    finally:
        db.close()


@pytest.fixture
def client(session):
    async def override_get_db():
        try:
            async with AsyncSession(async_engine, autoflush=False) as async_session:
                yield async_session
        finally:
            session.close()

    app.dependency_overrides[get_db] = override_get_db
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def eva(client):
    return {"X-Key": client.post("/users", json={"name": "Eva"}).json()["key"]}
