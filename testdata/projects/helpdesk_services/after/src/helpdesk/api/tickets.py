from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from helpdesk.models import Ticket
from helpdesk.schemas import CommentIn, TicketDetail, TicketIn, TicketOut
from helpdesk.services.tickets import TicketService

router = APIRouter(prefix="/tickets", tags=["tickets"])
Tickets = Annotated[TicketService, Depends()]


@router.get("", response_model=list[TicketOut])
async def find_tickets(
    tickets: Tickets,
    status: str | None = None,
    text: str | None = None,
    limit: Annotated[int, Query(le=50)] = 20,
) -> Sequence[Ticket]:
    return await tickets.find(status, text, limit)


@router.post("", response_model=TicketDetail, status_code=201)
async def open_ticket(ticket: TicketIn, tickets: Tickets) -> Ticket:
    return await tickets.open(ticket)


@router.get("/numbers")
async def numbers(tickets: Tickets) -> dict[str, int]:
    return await tickets.numbers()


@router.get("/{ticket_id}", response_model=TicketDetail)
async def read_ticket(ticket_id: int, tickets: Tickets) -> Ticket:
    return await tickets.get(ticket_id)


@router.post("/{ticket_id}/comments", response_model=TicketDetail)
async def add_comment(ticket_id: int, comment: CommentIn, tickets: Tickets) -> Ticket:
    return await tickets.comment(ticket_id, comment)


@router.post("/{ticket_id}/close", response_model=TicketOut)
async def close_ticket(ticket_id: int, tickets: Tickets) -> Ticket:
    return await tickets.close(ticket_id)


@router.delete("/{ticket_id}", status_code=204)
async def remove_ticket(ticket_id: int, tickets: Tickets) -> None:
    await tickets.remove(ticket_id)
