from collections.abc import Sequence
from datetime import date

from booking.models import Booking, Room
from booking.uow import UnitOfWork


class BookingError(Exception):
    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text


async def rooms(uow: UnitOfWork) -> Sequence[Room]:
    async with uow:
        return await uow.rooms.all()


async def free_rooms(uow: UnitOfWork, first: date, last: date) -> list[str]:
    async with uow:
        return [room.name for room in await uow.rooms.all() if room.is_free(first, last)]


async def book(uow: UnitOfWork, room_name: str, guest: str, first: date, last: date) -> int:
    if last <= first:
        raise BookingError(422, "the last day comes after the first")
    async with uow:
        room = await uow.rooms.get(room_name)
        if room is None:
            raise BookingError(404, f"no room {room_name}")
        uow.events.note(f"{guest} asks for {room.name}")
        if not room.is_free(first, last):
            raise BookingError(409, f"{room.name} is taken")
        booking = Booking(guest=guest, first=first, last=last, room=room)
        uow.bookings.add(booking)
        uow.events.note(f"{guest} has {room.name}")
        await uow.commit()
        return booking.id


async def bookings_of(uow: UnitOfWork, guest: str) -> list[dict[str, object]]:
    async with uow:
        return [
            {"id": b.id, "room": b.room.name, "first": b.first, "last": b.last}
            for b in await uow.bookings.of_guest(guest)
        ]


async def cancel(uow: UnitOfWork, booking_id: int, reason: str | None) -> str:
    async with uow:
        booking = await uow.bookings.get(booking_id)
        if booking is None:
            raise BookingError(404, "no such booking")
        guest = booking.guest
        await uow.bookings.remove(booking)
        uow.events.note(f"{guest} does not come: {reason or 'no reason'}")
        if reason == "mistake":
            await uow.rollback()
        await uow.commit()
    return guest
