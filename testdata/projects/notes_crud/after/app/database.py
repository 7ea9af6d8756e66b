import os

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import declarative_base

DATABASE_URL = os.environ.get("NOTES_DATABASE_URL", "sqlite:///./notes.db")

engine = create_async_engine(
    make_url(DATABASE_URL).set(drivername="sqlite+aiosqlite"), connect_args={"check_same_thread": False}
)
SessionLocal = async_sessionmaker(autocommit=False, autoflush=False, bind=engine)

Base = declarative_base()


@event.listens_for(engine.sync_engine, "connect")
def switch_foreign_keys_on(connection, record):
    # SQLite leaves them off unless it is told otherwise
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


async def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        await db.close()
