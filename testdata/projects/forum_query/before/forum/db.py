import os

from fastapi import Request
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

DB_URL = "sqlite:///" + os.environ.get("FORUM_DB", "forum.db")

engine = create_engine(DB_URL, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine)

Base = declarative_base()


def get_db(request: Request) -> Session:
    """The session that the middleware has opened for this request."""
    return request.state.db
