import os
from asyncio import current_task

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

SQLALCHEMY_DATABASE_URI = os.getenv("CRM_DATABASE", "sqlite:///./crm.db")

engine = create_async_engine(
    make_url(SQLALCHEMY_DATABASE_URI).set(drivername="sqlite+aiosqlite"), pool_pre_ping=True
)
SessionLocal = async_scoped_session(
    async_sessionmaker(autocommit=False, autoflush=False, bind=engine), scopefunc=current_task
)
