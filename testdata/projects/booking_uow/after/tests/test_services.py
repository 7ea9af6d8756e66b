import tempfile
from datetime import date

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from booking import services
from booking.database import Base
from booking.initial_data import make_rooms
from booking.uow import UnitOfWork

engine = create_async_engine(f"sqlite+aiosqlite:///{tempfile.mkdtemp()}/booking.db")
factory = async_sessionmaker(engine, expire_on_commit=False)
JUNE = [date(2026, 6, day) for day in range(1, 30)]


@pytest.fixture
async def uow():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with factory() as session:
        await make_rooms(session)
        await session.commit()
    return UnitOfWork(factory)


async def test_a_room_is_booked_once(uow):
    await services.book(uow, "Tower", "Ann", JUNE[0], JUNE[3])
    with pytest.raises(services.BookingError, match="taken"):
        await services.book(uow, "Tower", "Bob", JUNE[2], JUNE[5])
    assert "Tower" not in await services.free_rooms(uow, JUNE[2], JUNE[5])


async def test_what_fails_leaves_no_trace(uow):
    with pytest.raises(services.BookingError, match="no room"):
        await services.book(uow, "Cellar", "Bob", JUNE[2], JUNE[5])
    async with uow:
        assert await uow.events.latest(5) == []


async def test_a_mistake_is_taken_back(uow):
    number = await services.book(uow, "Tower", "Ann", JUNE[0], JUNE[3])
    assert await services.cancel(uow, number, "mistake") == "Ann"
    assert [booking["room"] for booking in await services.bookings_of(uow, "Ann")] == ["Tower"]
    await services.cancel(uow, number, None)
    assert await services.bookings_of(uow, "Ann") == []
