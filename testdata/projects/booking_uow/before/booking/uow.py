from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from sqlalchemy.orm import Session

from booking.database import session_factory
from booking.repositories import BookingRepository, EventLog, RoomRepository


class UnitOfWork:
    """One transaction and the repositories that take part in it; what is not committed is rolled back."""

    rooms: RoomRepository
    bookings: BookingRepository
    events: EventLog

    def __init__(self, factory: Callable[[], Session] = session_factory) -> None:
        self._factory = factory

    def __enter__(self) -> UnitOfWork:
        self.session = self._factory()
        self.rooms = RoomRepository(self.session)
        self.bookings = BookingRepository(self.session)
        self.events = EventLog(self.session)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.rollback()
        self.session.close()

    def commit(self) -> None:
        self.session.commit()

    def rollback(self) -> None:
        self.session.rollback()


def get_uow() -> UnitOfWork:
    return UnitOfWork()
