"""Bids, as the API places them and as the nightly closing counts them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.models import Bid, Item, Member


class TooLow(Exception):
    """Somebody has bid as much already."""


class Bidding:
    def __init__(self, db: Session) -> None:
        self.db = db

    def highest(self, item: Item) -> Bid | None:
        query = select(Bid).where(Bid.item_id == item.id).order_by(Bid.amount.desc())
        return self.db.execute(query).scalars().first()

    def place(self, item: Item, bidder: Member, amount: int) -> Bid:
        highest = self.highest(item)
        if highest is not None and highest.amount >= amount:
            raise TooLow(highest.amount)
        bid = Bid(item_id=item.id, bidder_id=bidder.id, amount=amount)
        self.db.add(bid)
        self.db.commit()
        return bid


# async twin of Bidding
class AsyncBidding:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def highest(self, item: Item) -> Bid | None:
        query = select(Bid).where(Bid.item_id == item.id).order_by(Bid.amount.desc())
        return (await self.db.execute(query)).scalars().first()

    async def place(self, item: Item, bidder: Member, amount: int) -> Bid:
        highest = await self.highest(item)
        if highest is not None and highest.amount >= amount:
            raise TooLow(highest.amount)
        bid = Bid(item_id=item.id, bidder_id=bidder.id, amount=amount)
        self.db.add(bid)
        await self.db.commit()
        await self.db.refresh(bid)
        await self.db.refresh(bid, ["bidder"])
        return bid
