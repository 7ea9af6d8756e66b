"""What goes in and out of the API, and what is stored."""

from decimal import Decimal

from pydantic import BaseModel, Field


class Product(BaseModel):
    sku: str
    name: str
    price: Decimal
    tags: list[str] = []
    image: str | None = None


class ReserveIn(BaseModel):
    quantity: int = Field(gt=0)
    note: str | None = None


class OrderLine(BaseModel):
    sku: str
    quantity: int = Field(gt=0)


class OrderIn(BaseModel):
    lines: list[OrderLine] = Field(min_length=1)
    phone: str = ""
    notify: bool = True


class Order(BaseModel):
    id: str
    user_id: str
    email: str
    phone: str
    notify: bool
    lines: list[OrderLine]
    total: Decimal
    status: str = "new"
    receipt: str | None = None
    tracking: str | None = None
    created: str


class PaymentIn(BaseModel):
    card_token: str


class InvoiceMailIn(BaseModel):
    to: str


class UserIn(BaseModel):
    email: str
    name: str
    password: str = Field(min_length=8)
    phone: str = ""


class UserPatch(BaseModel):
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Login(BaseModel):
    email: str
    password: str


class ResetIn(BaseModel):
    email: str


class User(BaseModel):
    id: str
    email: str
    name: str
    phone: str = ""
    password_hash: str
    admin: bool = False


class UserOut(BaseModel):
    id: str
    email: str
    name: str
    phone: str


class PartnerIn(BaseModel):
    name: str
    events: list[str] = ["order.paid"]


class BroadcastIn(BaseModel):
    event: str
    text: str
