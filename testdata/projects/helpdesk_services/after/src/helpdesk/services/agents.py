from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends

from helpdesk.db import SessionDep
from helpdesk.models import Agent, Team
from helpdesk.repositories.agents import AgentRepository
from helpdesk.schemas import AgentIn
from helpdesk.services.errors import Conflict, NotFound


class AgentService:
    def __init__(self, session: SessionDep, agents: Annotated[AgentRepository, Depends()]) -> None:
        self._session = session
        self._agents = agents

    async def teams(self) -> Sequence[Team]:
        return await self._agents.teams()

    async def team(self, team_id: int) -> Team:
        team = await self._agents.team(team_id)
        if team is None:
            raise NotFound("team")
        return team

    async def agent(self, agent_id: int) -> Agent:
        agent = await self._agents.get(agent_id)
        if agent is None:
            raise NotFound("agent")
        return agent

    async def found_team(self, name: str) -> Team:
        team = Team(name=name)
        await self._agents.add(team)
        await self._session.commit()
        await self._session.refresh(team)
        return team

    async def hire(self, team_id: int, data: AgentIn) -> Agent:
        team = await self.team(team_id)
        if await self._agents.by_email(data.email):
            raise Conflict(f"{data.email} works here already")
        agent = Agent(name=data.name, email=data.email, team=team)
        await self._agents.add(agent)
        await self._session.commit()
        await self._session.refresh(agent)
        await self._session.refresh(agent, ["team"])
        return agent
