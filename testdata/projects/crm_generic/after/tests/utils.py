import random
import string

from sqlalchemy.ext.asyncio import AsyncSession

from app import crud, models
from app.schemas import CompanyCreate, UserCreate


def random_lower_string() -> str:
    return "".join(random.choices(string.ascii_lowercase, k=16))


async def create_random_user(db: AsyncSession) -> models.User:
    token = random_lower_string()
    return await crud.user.create(db, obj_in=UserCreate(email=f"{token}@example.com", token=token))


async def create_random_company(db: AsyncSession) -> models.Company:
    owner = await create_random_user(db)
    return await crud.company.create_with_owner(
        db, obj_in=CompanyCreate(name=random_lower_string(), city="Porto"), owner_id=owner.id
    )
