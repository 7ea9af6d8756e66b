import os

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, scoped_session, sessionmaker

engine = create_engine(os.environ.get("SHELVES_DATABASE_URL", "sqlite:///./shelves.db"))
Session = scoped_session(sessionmaker(bind=engine))


class Base(DeclarativeBase):
    pass


def get_db():
    db = Session.session_factory()
    try:
        yield db
    finally:
        db.close()
