"""Dependencies shared by the routers."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Query

from app.core.clock import now
from app.core.config import settings
from app.core.errors import NotFoundError
from app.repositories.orders import OrderRepository, orders
from app.repositories.products import ProductRepository, products
from app.repositories.users import UserRepository, users
from app.schemas import User
from app.services.auth import read_token


async def get_products() -> ProductRepository:
    return products


async def get_orders() -> OrderRepository:
    return orders


async def get_users() -> UserRepository:
    return users


Orders = Annotated[OrderRepository, Depends(get_orders)]
Users = Annotated[UserRepository, Depends(get_users)]


def current_user(users: Users, authorization: str = Header("")) -> User:
    user_id = read_token(authorization.removeprefix("Bearer "))
    if user_id is None:
        raise HTTPException(401, "please log in")
    try:
        return users.get(user_id)
    except NotFoundError:
        raise HTTPException(401, "this account is gone") from None


CurrentUser = Annotated[User, Depends(current_user)]


class Pagination:
    def __init__(self, page: int = Query(1, ge=1), size: int | None = None):
        self.size = size or settings.page_size
        self.start = (page - 1) * self.size

    def cut(self, rows: list) -> list:
        return rows[self.start : self.start + self.size]


class RequireKey:
    """Guards a whole router with a key in the `X-Key` header."""

    def __init__(self, area: str):
        self.area = area

    async def __call__(self, x_key: str = Header("")) -> None:
        if x_key != settings.reports_key:
            raise HTTPException(403, f"no access to {self.area}")


class AuditTrail:
    """Collects what a request did."""

    def __init__(self):
        self.entries: list[str] = []

    def add(self, action: str, subject: str) -> None:
        self.entries.append(f"{now().isoformat()} {action} {subject}")


def audit_trail() -> Iterator[AuditTrail]:
    trail = AuditTrail()
    yield trail
    # only reached when the handler did not raise
    if trail.entries:
        with open(settings.data_dir / "audit.log", "a", encoding="utf-8") as f:
            f.writelines(f"{entry}\n" for entry in trail.entries)
