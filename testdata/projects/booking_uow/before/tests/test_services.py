import tempfile
from datetime import date

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from booking import services
from booking.database import Base
from booking.initial_data import make_rooms
from booking.uow import UnitOfWork

engine = create_engine(f"sqlite:///{tempfile.mkdtemp()}/booking.db")
factory = sessionmaker(engine, expire_on_commit=False)
JUNE = [date(2026, 6, day) for day in range(1, 30)]


@pytest.fixture
def uow():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with factory() as session:
        make_rooms(session)
        session.commit()
    return UnitOfWork(factory)


def test_a_room_is_booked_once(uow):
    services.book(uow, "Tower", "Ann", JUNE[0], JUNE[3])
    with pytest.raises(services.BookingError, match="taken"):
        services.book(uow, "Tower", "Bob", JUNE[2], JUNE[5])
    assert "Tower" not in services.free_rooms(uow, JUNE[2], JUNE[5])


def test_what_fails_leaves_no_trace(uow):
    with pytest.raises(services.BookingError, match="no room"):
        services.book(uow, "Cellar", "Bob", JUNE[2], JUNE[5])
    with uow:
        assert uow.events.latest(5) == []


def test_a_mistake_is_taken_back(uow):
    number = services.book(uow, "Tower", "Ann", JUNE[0], JUNE[3])
    assert services.cancel(uow, number, "mistake") == "Ann"
    assert [booking["room"] for booking in services.bookings_of(uow, "Ann")] == ["Tower"]
    services.cancel(uow, number, None)
    assert services.bookings_of(uow, "Ann") == []
