import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from helpdesk.db import Base, get_session
from helpdesk.main import app
from helpdesk.models import Agent, Team

engine = create_engine(f"sqlite:///{tempfile.mkdtemp()}/helpdesk.db")
async_engine = create_async_engine(
    engine.url.set(drivername="sqlite+aiosqlite"), poolclass=NullPool
)


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    Base.metadata.create_all(engine)
    yield
    Base.metadata.drop_all(engine)


@pytest.fixture
def session(tables: None) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def client() -> Iterator[TestClient]:
    async def override() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(async_engine) as async_session:
            yield async_session

    app.dependency_overrides[get_session] = override
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def support(session: Session) -> Team:
    team = Team(name="Support")
    team.agents = [Agent(name="Ann", email="ann@example.com"), Agent(name="Bob", email="bob@example.com")]
    session.add(team)
    session.commit()
    return team
