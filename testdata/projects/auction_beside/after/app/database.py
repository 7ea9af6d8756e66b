import os

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

DATABASE_URL = os.environ.get("AUCTION_DATABASE_URL", "sqlite:///./auction.db")

engine = create_engine(DATABASE_URL, connect_args={"check_same_thread": False})
# async twin of engine
async_engine = create_async_engine(
    make_url(DATABASE_URL).set(drivername="sqlite+aiosqlite"), connect_args={"check_same_thread": False}
)
SessionLocal = sessionmaker(bind=engine, autoflush=False)
# async twin of SessionLocal
AsyncSessionLocal = async_sessionmaker(bind=async_engine, autoflush=False)


class Base(DeclarativeBase):
    pass


@event.listens_for(engine, "connect")
@event.listens_for(async_engine.sync_engine, "connect")
def switch_foreign_keys_on(connection, record):
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


# async twin of get_db
async def get_async_db():
    db = AsyncSessionLocal()
    try:
        yield db
    finally:
        await db.close()
