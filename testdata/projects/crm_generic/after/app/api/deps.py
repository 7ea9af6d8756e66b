from collections.abc import AsyncGenerator

from fastapi import Depends, Header, HTTPException, status
from sqlalchemy.ext.asyncio import AsyncSession

from app import crud, models
from app.db.session import SessionLocal


async def get_db() -> AsyncGenerator:
    try:
        db = SessionLocal()
        yield db
    finally:
        await SessionLocal.remove()


async def get_current_user(
    db: AsyncSession = Depends(get_db), x_token: str = Header()
) -> models.User:
    user = await crud.user.authenticate(db, token=x_token)
    if not user:
        raise HTTPException(status_code=status.HTTP_403_FORBIDDEN, detail="Could not validate credentials")
    return user
