"""Makes the tables and the rooms: python -m booking.initial_data"""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.database import Base, engine, session_scope
from booking.models import Room

logger = logging.getLogger(__name__)

ROOMS = {"Attic": 2, "Garden": 3, "Tower": 1}


def make_rooms(session: Session) -> list[str]:
    known = set(session.scalars(select(Room.name)))
    missing = [name for name in ROOMS if name not in known]
    session.add_all(Room(name=name, beds=ROOMS[name]) for name in missing)
    return missing


def main() -> int:
    Base.metadata.create_all(engine)
    with session_scope() as session:
        made = make_rooms(session)
    logger.info("%d rooms made", len(made))
    return len(made)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
