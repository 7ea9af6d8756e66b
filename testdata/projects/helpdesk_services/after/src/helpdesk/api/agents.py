from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends

from helpdesk.models import Agent, Team
from helpdesk.schemas import AgentIn, AgentOut, TeamIn, TeamOut, TeamWithAgents
from helpdesk.services.agents import AgentService

router = APIRouter(tags=["agents"])
Agents = Annotated[AgentService, Depends()]


@router.get("/teams", response_model=list[TeamWithAgents])
async def list_teams(agents: Agents) -> Sequence[Team]:
    return await agents.teams()


@router.post("/teams", response_model=TeamOut, status_code=201)
async def found_team(team: TeamIn, agents: Agents) -> Team:
    return await agents.found_team(team.name)


@router.get("/teams/{team_id}", response_model=TeamWithAgents)
async def read_team(team_id: int, agents: Agents) -> Team:
    return await agents.team(team_id)


@router.post("/teams/{team_id}/agents", response_model=AgentOut, status_code=201)
async def hire(team_id: int, agent: AgentIn, agents: Agents) -> Agent:
    return await agents.hire(team_id, agent)
