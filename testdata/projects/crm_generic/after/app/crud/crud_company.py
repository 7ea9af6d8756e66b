from typing import List

from fastapi.encoders import jsonable_encoder
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.crud.base import CRUDBase
from app.models.company import Company
from app.models.contact import Contact
from app.schemas.company import CompanyCreate, CompanyUpdate


class CRUDCompany(CRUDBase[Company, CompanyCreate, CompanyUpdate]):
    async def create_with_owner(
        self, db: AsyncSession, *, obj_in: CompanyCreate, owner_id: int
    ) -> Company:
        obj_in_data = jsonable_encoder(obj_in)
        db_obj = self.model(**obj_in_data, owner_id=owner_id)
        db.add(db_obj)
        await db.commit()
        await db.refresh(db_obj)
        return db_obj

    async def get_multi_by_owner(
        self, db: AsyncSession, *, owner_id: int, skip: int = 0, limit: int = 100
    ) -> List[Company]:
        return list(
            await db.scalars(
                select(self.model)
                .filter(Company.owner_id == owner_id)
                .order_by(Company.name)
                .offset(skip)
                .limit(limit)
            )
        )

    async def with_phone(self, db: AsyncSession, *, phone: str) -> List[Company]:
        return list(
            (
                await db.scalars(
                    select(Company)
                    .options(selectinload(Company.owner), selectinload(Company.contacts))
                    .join(Company.contacts)
                    .filter(Contact.phone == phone)
                )
            ).unique()
        )


company = CRUDCompany(Company)
