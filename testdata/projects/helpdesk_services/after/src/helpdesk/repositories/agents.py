from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.db import SessionDep
from helpdesk.models import Agent, Team


class AgentRepository:
    def __init__(self, session: SessionDep) -> None:
        self._session = session

    async def get(self, agent_id: int) -> Agent | None:
        return (
            await self._session.scalars(
                select(Agent)
                .where(Agent.id == agent_id)
                .options(selectinload(Agent.team).selectinload(Team.agents))
            )
        ).one_or_none()

    async def by_email(self, email: str) -> Agent | None:
        return (
            await self._session.execute(select(Agent).where(Agent.email == email))
        ).scalar_one_or_none()

    async def teams(self) -> Sequence[Team]:
        return (
            (
                await self._session.execute(
                    select(Team).options(selectinload(Team.agents)).order_by(Team.name)
                )
            )
            .scalars()
            .all()
        )

    async def team(self, team_id: int) -> Team | None:
        return (
            await self._session.scalars(
                select(Team).where(Team.id == team_id).options(selectinload(Team.agents))
            )
        ).one_or_none()

    async def add(self, entity: Agent | Team) -> None:
        self._session.add(entity)
        await self._session.flush()
