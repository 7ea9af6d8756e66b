from collections.abc import Sequence

from sqlalchemy import func, select

from helpdesk.db import SessionDep
from helpdesk.models import Comment, Ticket


class TicketRepository:
    def __init__(self, session: SessionDep) -> None:
        self._session = session

    def get(self, ticket_id: int) -> Ticket | None:
        return self._session.get(Ticket, ticket_id)

    def find(self, status: str | None, text: str | None, limit: int) -> Sequence[Ticket]:
        statement = select(Ticket).order_by(Ticket.id.desc()).limit(limit)
        if status:
            statement = statement.where(Ticket.status == status)
        if text:
            statement = statement.where(Ticket.comments.any(Comment.text.contains(text)))
        return self._session.scalars(statement).all()

    def count_by_status(self) -> dict[str, int]:
        rows = self._session.execute(select(Ticket.status, func.count()).group_by(Ticket.status))
        return {status: count for status, count in rows}

    def load_of(self, agent_id: int) -> int:
        """How many open tickets the agent has."""
        statement = (
            select(func.count())
            .select_from(Ticket)
            .where(Ticket.assignee_id == agent_id, Ticket.status == "open")
        )
        return self._session.scalar(statement) or 0

    def add(self, ticket: Ticket) -> Ticket:
        self._session.add(ticket)
        self._session.flush()
        return ticket

    def delete(self, ticket: Ticket) -> None:
        self._session.delete(ticket)
