from typing import Optional

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.crud.base import CRUDBase
from app.models.user import User
from app.schemas.user import UserCreate, UserUpdate


class CRUDUser(CRUDBase[User, UserCreate, UserUpdate]):
    async def get_by_email(self, db: AsyncSession, *, email: str) -> Optional[User]:
        return await db.scalar(select(User).filter(User.email == email).limit(1))

    async def authenticate(self, db: AsyncSession, *, token: str) -> Optional[User]:
        user = await db.scalar(select(User).filter(User.token == token).limit(1))
        if not user or not self.is_active(user):
            return None
        return user

    def is_active(self, user: User) -> bool:
        return user.is_active


user = CRUDUser(User)
