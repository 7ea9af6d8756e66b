from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    items: Mapped[list["Item"]] = relationship(back_populates="seller")


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    is_open: Mapped[bool] = mapped_column(default=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    seller: Mapped[Member] = relationship(back_populates="items")
    bids: Mapped[list["Bid"]] = relationship(back_populates="item", order_by="Bid.amount")


class Bid(Base):
    __tablename__ = "bids"

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item: Mapped[Item] = relationship(back_populates="bids")
    bidder_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    bidder: Mapped[Member] = relationship()
