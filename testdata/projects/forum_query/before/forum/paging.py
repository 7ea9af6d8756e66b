from dataclasses import dataclass
from typing import Any, List

from sqlalchemy.orm import Query


@dataclass
class Page:
    items: List[Any]
    number: int
    total: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def paginate(query: Query, number: int = 1, size: int = 2) -> Page:
    total = query.order_by(None).count()
    items = query.limit(size).offset((number - 1) * size).all()
    return Page(items, number, total, size)
