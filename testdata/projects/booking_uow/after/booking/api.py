from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict

from booking import services
from booking.models import Room
from booking.uow import UnitOfWork, get_uow

router = APIRouter()
Uow = Annotated[UnitOfWork, Depends(get_uow)]


class RoomOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    beds: int


class BookingIn(BaseModel):
    room: str
    guest: str
    first: date
    last: date


@router.get("/rooms", response_model=list[RoomOut])
async def list_rooms(uow: Uow) -> Sequence[Room]:
    return await services.rooms(uow)


@router.get("/rooms/free")
async def list_free_rooms(first: date, last: date, uow: Uow) -> list[str]:
    return await services.free_rooms(uow, first, last)


@router.post("/bookings", status_code=201)
async def make_booking(booking: BookingIn, uow: Uow) -> dict[str, int]:
    try:
        number = await services.book(uow, booking.room, booking.guest, booking.first, booking.last)
    except services.BookingError as error:
        raise HTTPException(error.status, error.text) from error
    return {"id": number}


@router.get("/guests/{guest}/bookings")
async def list_bookings(guest: str, uow: Uow) -> list[dict[str, object]]:
    return await services.bookings_of(uow, guest)


@router.delete("/bookings/{booking_id}")
async def cancel_booking(booking_id: int, uow: Uow, reason: str | None = None) -> dict[str, str]:
    try:
        return {"cancelled": await services.cancel(uow, booking_id, reason)}
    except services.BookingError as error:
        raise HTTPException(error.status, error.text) from error


@router.get("/statistics")
async def statistics(uow: Uow) -> dict[str, object]:
    async with uow:
        return {"nights": await uow.bookings.nights(), "events": await uow.events.latest(3)}
