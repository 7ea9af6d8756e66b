"""Makes the tables and the rooms: python -m booking.initial_data"""

import asyncio
import logging

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking.database import Base, engine, session_scope
from booking.models import Room

logger = logging.getLogger(__name__)

ROOMS = {"Attic": 2, "Garden": 3, "Tower": 1}


async def make_rooms(session: AsyncSession) -> list[str]:
    known = set(await session.scalars(select(Room.name)))
    missing = [name for name in ROOMS if name not in known]
    session.add_all(Room(name=name, beds=ROOMS[name]) for name in missing)
    return missing


async def main() -> int:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with session_scope() as session:
        made = await make_rooms(session)
    logger.info("%d rooms made", len(made))
    return len(made)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(main())
