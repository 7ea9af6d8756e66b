import os
import tempfile

os.environ["AUCTION_DATABASE_URL"] = f"sqlite:///{tempfile.mkdtemp()}/auction.db"

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from app import crud
from app.database import Base, get_async_db, get_db
from app.main import app

engine = create_engine(f"sqlite:///{tempfile.mkdtemp()}/test.db", connect_args={"check_same_thread": False})
async_engine = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), poolclass=NullPool)
TestingSession = sessionmaker(bind=engine, autoflush=False)


@pytest.fixture
def session():
    Base.metadata.drop_all(bind=engine)
    Base.metadata.create_all(bind=engine)
    with TestingSession() as db:
        yield db


@pytest.fixture
def client(session):
    def override_get_db():
        yield session

    async def override_get_db_async():
        async with AsyncSession(async_engine, autoflush=False) as async_session:
            yield async_session

    app.dependency_overrides[get_db] = override_get_db
    app.dependency_overrides[get_async_db] = override_get_db_async
    yield TestClient(app)
    app.dependency_overrides.pop(get_db)
    app.dependency_overrides.pop(get_async_db)


@pytest.fixture
def eva(session):
    return {"X-Member": str(crud.create_member(session, "Eva").id)}
