from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from pydantic import BaseModel


class Level(str, Enum):
    JUNIOR = "junior"
    SENIOR = "senior"


class MemberIn(BaseModel):
    name: str
    email: str
    phone: str | None = None
    level: Level = Level.SENIOR
    newsletter: bool = False


class AccountIn(BaseModel):
    name: str
    email: str
    password: str


class Booking(BaseModel):
    court: int
    email: str
    starts: datetime
    players: list[str] = []


class Invoice(BaseModel):
    id: UUID
    email: str
    amount: Decimal
    due: date


class Recipients(BaseModel):
    emails: list[str]
    subject: str
    text: str
