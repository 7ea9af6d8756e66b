from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk.db import SessionDep
from helpdesk.models import Agent, Comment, Ticket


class TicketRepository:
    def __init__(self, session: SessionDep) -> None:
        self._session = session

    async def get(self, ticket_id: int) -> Ticket | None:
        return await self._session.get(
            Ticket,
            ticket_id,
            options=[
                selectinload(Ticket.comments).selectinload(Comment.author).selectinload(Agent.team),
                selectinload(Ticket.assignee).selectinload(Agent.team),
            ],
        )

    async def find(self, status: str | None, text: str | None, limit: int) -> Sequence[Ticket]:
        statement = (
            select(Ticket)
            .options(selectinload(Ticket.assignee).selectinload(Agent.team))
            .order_by(Ticket.id.desc())
            .limit(limit)
        )
        if status:
            statement = statement.where(Ticket.status == status)
        if text:
            statement = statement.where(Ticket.comments.any(Comment.text.contains(text)))
        return (await self._session.scalars(statement)).all()

    async def count_by_status(self) -> dict[str, int]:
        rows = await self._session.execute(
            select(Ticket.status, func.count()).group_by(Ticket.status)
        )
        return {status: count for status, count in rows}

    async def load_of(self, agent_id: int) -> int:
        """How many open tickets the agent has."""
        statement = (
            select(func.count())
            .select_from(Ticket)
            .where(Ticket.assignee_id == agent_id, Ticket.status == "open")
        )
        return await self._session.scalar(statement) or 0

    async def add(self, ticket: Ticket) -> Ticket:
        self._session.add(ticket)
        await self._session.flush()
        return ticket

    async def delete(self, ticket: Ticket) -> None:
        await self._session.delete(ticket)
