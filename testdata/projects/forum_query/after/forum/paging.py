from dataclasses import dataclass
from typing import Any, List

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Select


@dataclass
class Page:
    items: List[Any]
    number: int
    total: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


async def paginate(db: AsyncSession, query: Select, number: int = 1, size: int = 2) -> Page:
    total = (
        await db.execute(select(func.count()).select_from(query.order_by(None).subquery()))
    ).scalar_one()
    items = (await db.scalars(query.limit(size).offset((number - 1) * size))).unique().all()
    return Page(items, number, total, size)
