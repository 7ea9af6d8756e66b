from sqlalchemy.ext.asyncio import AsyncSession

from app import crud, schemas
from app.db.base_class import Base
from app.db.session import engine


async def init_db(db: AsyncSession) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)

    user = await crud.user.get_by_email(db, email="admin@example.com")
    if not user:
        await crud.user.create(
            db,
            obj_in=schemas.UserCreate(email="admin@example.com", full_name="Admin", token="admin-token"),
        )
