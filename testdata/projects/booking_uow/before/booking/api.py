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
def list_rooms(uow: Uow) -> Sequence[Room]:
    return services.rooms(uow)


@router.get("/rooms/free")
def list_free_rooms(first: date, last: date, uow: Uow) -> list[str]:
    return services.free_rooms(uow, first, last)


@router.post("/bookings", status_code=201)
def make_booking(booking: BookingIn, uow: Uow) -> dict[str, int]:
    try:
        number = services.book(uow, booking.room, booking.guest, booking.first, booking.last)
    except services.BookingError as error:
        raise HTTPException(error.status, error.text) from error
    return {"id": number}


@router.get("/guests/{guest}/bookings")
def list_bookings(guest: str, uow: Uow) -> list[dict[str, object]]:
    return services.bookings_of(uow, guest)


@router.delete("/bookings/{booking_id}")
def cancel_booking(booking_id: int, uow: Uow, reason: str | None = None) -> dict[str, str]:
    try:
        return {"cancelled": services.cancel(uow, booking_id, reason)}
    except services.BookingError as error:
        raise HTTPException(error.status, error.text) from error


@router.get("/statistics")
def statistics(uow: Uow) -> dict[str, object]:
    with uow:
        return {"nights": uow.bookings.nights(), "events": uow.events.latest(3)}
