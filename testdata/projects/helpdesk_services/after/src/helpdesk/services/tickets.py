from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.db import SessionDep
from helpdesk.models import Agent, Comment, Ticket
from helpdesk.repositories.tickets import TicketRepository
from helpdesk.schemas import CommentIn, TicketIn
from helpdesk.services.agents import AgentService
from helpdesk.services.errors import Conflict, NotFound


class TicketService:
    def __init__(
        self,
        session: SessionDep,
        tickets: Annotated[TicketRepository, Depends()],
        agents: Annotated[AgentService, Depends()],
    ) -> None:
        self._session = session
        self._tickets = tickets
        self._agents = agents

    async def get(self, ticket_id: int) -> Ticket:
        ticket = await self._tickets.get(ticket_id)
        if ticket is None:
            raise NotFound("ticket")
        return ticket

    async def find(self, status: str | None, text: str | None, limit: int) -> Sequence[Ticket]:
        return await self._tickets.find(status, text, limit)

    async def open(self, data: TicketIn) -> Ticket:
        author = await self._agents.agent(data.author_id)
        ticket = Ticket(subject=data.subject, comments=[Comment(text=data.text, author=author)])
        ticket.assignee = await self._least_busy(author)
        await self._tickets.add(ticket)
        await self._session.commit()
        await self._session.refresh(ticket)
        ticket = (
            await self._session.scalars(
                select(Ticket)
                .where(Ticket.id == ticket.id)
                .options(
                    selectinload(Ticket.comments)
                    .selectinload(Comment.author)
                    .selectinload(Agent.team),
                    selectinload(Ticket.assignee).selectinload(Agent.team),
                )
            )
        ).one()
        return ticket

    async def comment(self, ticket_id: int, data: CommentIn) -> Ticket:
        ticket = await self.get(ticket_id)
        if ticket.status == "closed":
            raise Conflict("the ticket is closed")
        author = await self._agents.agent(data.author_id)
        ticket.comments.append(Comment(text=data.text, author=author))
        await self._session.commit()
        await self._session.refresh(ticket)
        ticket = (
            await self._session.scalars(
                select(Ticket)
                .where(Ticket.id == ticket.id)
                .options(
                    selectinload(Ticket.comments)
                    .selectinload(Comment.author)
                    .selectinload(Agent.team),
                    selectinload(Ticket.assignee).selectinload(Agent.team),
                )
            )
        ).one()
        return ticket

    async def close(self, ticket_id: int) -> Ticket:
        ticket = await self.get(ticket_id)
        ticket.status = "closed"
        await self._session.commit()
        await self._session.refresh(ticket)
        ticket = (
            await self._session.scalars(
                select(Ticket)
                .where(Ticket.id == ticket.id)
                .options(selectinload(Ticket.assignee).selectinload(Agent.team))
            )
        ).one()
        return ticket

    async def remove(self, ticket_id: int) -> None:
        await self._tickets.delete(await self.get(ticket_id))
        await self._session.commit()

    async def numbers(self) -> dict[str, int]:
        return await self._tickets.count_by_status()

    async def _least_busy(self, author: Agent) -> Agent | None:
        """Of the author's team, the author last."""
        best: Agent | None = None
        for agent in author.team.agents:
            if agent.id == author.id:
                continue
            if best is None or await self._tickets.load_of(agent.id) < await self._tickets.load_of(
                best.id
            ):
                best = agent
        return best
