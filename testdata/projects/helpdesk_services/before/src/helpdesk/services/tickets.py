from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends

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

    def get(self, ticket_id: int) -> Ticket:
        ticket = self._tickets.get(ticket_id)
        if ticket is None:
            raise NotFound("ticket")
        return ticket

    def find(self, status: str | None, text: str | None, limit: int) -> Sequence[Ticket]:
        return self._tickets.find(status, text, limit)

    def open(self, data: TicketIn) -> Ticket:
        author = self._agents.agent(data.author_id)
        ticket = Ticket(subject=data.subject, comments=[Comment(text=data.text, author=author)])
        ticket.assignee = self._least_busy(author)
        self._tickets.add(ticket)
        self._session.commit()
        return ticket

    def comment(self, ticket_id: int, data: CommentIn) -> Ticket:
        ticket = self.get(ticket_id)
        if ticket.status == "closed":
            raise Conflict("the ticket is closed")
        author = self._agents.agent(data.author_id)
        ticket.comments.append(Comment(text=data.text, author=author))
        self._session.commit()
        return ticket

    def close(self, ticket_id: int) -> Ticket:
        ticket = self.get(ticket_id)
        ticket.status = "closed"
        self._session.commit()
        self._session.refresh(ticket)
        return ticket

    def remove(self, ticket_id: int) -> None:
        self._tickets.delete(self.get(ticket_id))
        self._session.commit()

    def numbers(self) -> dict[str, int]:
        return self._tickets.count_by_status()

    def _least_busy(self, author: Agent) -> Agent | None:
        """Of the author's team, the author last."""
        best: Agent | None = None
        for agent in author.team.agents:
            if agent.id == author.id:
                continue
            if best is None or self._tickets.load_of(agent.id) < self._tickets.load_of(best.id):
                best = agent
        return best
