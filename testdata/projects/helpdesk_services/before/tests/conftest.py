import tempfile
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from helpdesk.db import Base, get_session
from helpdesk.main import app
from helpdesk.models import Agent, Team

engine = create_engine(f"sqlite:///{tempfile.mkdtemp()}/helpdesk.db")


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
    def override() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

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
