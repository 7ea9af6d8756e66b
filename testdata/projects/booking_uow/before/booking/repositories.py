from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from booking.models import Booking, Event, Room


class RoomRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, name: str) -> Room | None:
        statement = select(Room).where(Room.name == name).options(selectinload(Room.bookings))
        return self.session.scalars(statement).one_or_none()

    def all(self) -> Sequence[Room]:
        return self.session.scalars(select(Room).order_by(Room.name)).all()

    def add(self, room: Room) -> None:
        self.session.add(room)


class BookingRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, booking_id: int) -> Booking | None:
        return self.session.get(Booking, booking_id)

    def of_guest(self, guest: str) -> Sequence[Booking]:
        statement = select(Booking).where(Booking.guest == guest).order_by(Booking.first)
        return self.session.scalars(statement).all()

    def nights(self) -> int:
        last, first = func.julianday(Booking.last), func.julianday(Booking.first)
        return int(self.session.scalar(select(func.sum(last - first))) or 0)

    def add(self, booking: Booking) -> None:
        self.session.add(booking)

    def remove(self, booking: Booking) -> None:
        self.session.delete(booking)


class EventLog:
    def __init__(self, session: Session) -> None:
        self.session = session

    def note(self, text: str) -> None:
        self.session.add(Event(text=text))

    def latest(self, count: int) -> Sequence[str]:
        return self.session.scalars(select(Event.text).order_by(Event.id.desc()).limit(count)).all()
