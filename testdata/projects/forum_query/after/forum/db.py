import os

from fastapi import Request
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import declarative_base

DB_URL = "sqlite:///" + os.environ.get("FORUM_DB", "forum.db")

engine = create_async_engine(
    make_url(DB_URL).set(drivername="sqlite+aiosqlite"), connect_args={"check_same_thread": False}
)
SessionLocal = async_sessionmaker(bind=engine)

Base = declarative_base()


async def get_db(request: Request) -> AsyncSession:
    """The session that the middleware has opened for this request."""
    return request.state.db
