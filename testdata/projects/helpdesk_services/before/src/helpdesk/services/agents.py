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

    def teams(self) -> Sequence[Team]:
        return self._agents.teams()

    def team(self, team_id: int) -> Team:
        team = self._agents.team(team_id)
        if team is None:
            raise NotFound("team")
        return team

    def agent(self, agent_id: int) -> Agent:
        agent = self._agents.get(agent_id)
        if agent is None:
            raise NotFound("agent")
        return agent

    def found_team(self, name: str) -> Team:
        team = Team(name=name)
        self._agents.add(team)
        self._session.commit()
        return team

    def hire(self, team_id: int, data: AgentIn) -> Agent:
        team = self.team(team_id)
        if self._agents.by_email(data.email):
            raise Conflict(f"{data.email} works here already")
        agent = Agent(name=data.name, email=data.email, team=team)
        self._agents.add(agent)
        self._session.commit()
        return agent
