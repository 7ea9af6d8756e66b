from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from sqlalchemy.ext.asyncio import AsyncSession

from booking.database import session_factory
from booking.repositories import BookingRepository, EventLog, RoomRepository


class UnitOfWork:
    """One transaction and the repositories that take part in it; what is not committed is rolled back."""

    rooms: RoomRepository
    bookings: BookingRepository
    events: EventLog

    def __init__(self, factory: Callable[[], AsyncSession] = session_factory) -> None:
        self._factory = factory

    async def __aenter__(self) -> UnitOfWork:
        self.session = self._factory()
        self.rooms = RoomRepository(self.session)
        self.bookings = BookingRepository(self.session)
        self.events = EventLog(self.session)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            await self.rollback()
        await self.session.close()

    async def commit(self) -> None:
        await self.session.commit()

    async def rollback(self) -> None:
        await self.session.rollback()


async def get_uow() -> UnitOfWork:
    return UnitOfWork()
