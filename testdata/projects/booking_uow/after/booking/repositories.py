from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking.models import Booking, Event, Room


class RoomRepository:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, name: str) -> Room | None:
        statement = select(Room).where(Room.name == name).options(selectinload(Room.bookings))
        return (await self.session.scalars(statement)).one_or_none()

    async def all(self) -> Sequence[Room]:
        return (
            await self.session.scalars(
                select(Room).options(selectinload(Room.bookings)).order_by(Room.name)
            )
        ).all()

    def add(self, room: Room) -> None:
        self.session.add(room)


class BookingRepository:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, booking_id: int) -> Booking | None:
        return await self.session.get(Booking, booking_id)

    async def of_guest(self, guest: str) -> Sequence[Booking]:
        statement = (
            select(Booking)
            .options(selectinload(Booking.room))
            .where(Booking.guest == guest)
            .order_by(Booking.first)
        )
        return (await self.session.scalars(statement)).all()

    async def nights(self) -> int:
        last, first = func.julianday(Booking.last), func.julianday(Booking.first)
        return int(await self.session.scalar(select(func.sum(last - first))) or 0)

    def add(self, booking: Booking) -> None:
        self.session.add(booking)

    async def remove(self, booking: Booking) -> None:
        await self.session.delete(booking)


class EventLog:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    def note(self, text: str) -> None:
        self.session.add(Event(text=text))

    async def latest(self, count: int) -> Sequence[str]:
        return (
            await self.session.scalars(select(Event.text).order_by(Event.id.desc()).limit(count))
        ).all()
