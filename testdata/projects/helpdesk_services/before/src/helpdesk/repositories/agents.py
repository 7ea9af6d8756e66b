from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.db import SessionDep
from helpdesk.models import Agent, Team


class AgentRepository:
    def __init__(self, session: SessionDep) -> None:
        self._session = session

    def get(self, agent_id: int) -> Agent | None:
        return self._session.get(Agent, agent_id)

    def by_email(self, email: str) -> Agent | None:
        return self._session.execute(select(Agent).where(Agent.email == email)).scalar_one_or_none()

    def teams(self) -> Sequence[Team]:
        return self._session.execute(select(Team).order_by(Team.name)).scalars().all()

    def team(self, team_id: int) -> Team | None:
        return self._session.get(Team, team_id)

    def add(self, entity: Agent | Team) -> None:
        self._session.add(entity)
        self._session.flush()
