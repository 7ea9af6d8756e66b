"""What the API, the office and the nightly closing ask the database."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, selectinload

from app.models import Bid, Item, Member


class Taken(Exception):
    """The name belongs to another member."""


def get_member(db: Session, member_id: int) -> Member | None:
    return db.get(Member, member_id)


# async twin of get_member
async def get_member_async(db: AsyncSession, member_id: int) -> Member | None:
    return await db.get(Member, member_id)


def create_member(db: Session, name: str) -> Member:
    if db.query(Member).filter(Member.name == name).count():
        raise Taken(name)
    member = Member(name=name)
    db.add(member)
    db.commit()
    db.refresh(member)
    return member


def get_item(db: Session, item_id: int) -> Item | None:
    """An item, open or not."""
    # deleted items are not kept
    return db.query(Item).filter(Item.id == item_id).first()


# async twin of get_item
async def get_item_async(db: AsyncSession, item_id: int) -> Item | None:
    """An item, open or not."""
    # deleted items are not kept
    return await db.scalar(
        select(Item)
        .options(selectinload(Item.bids).selectinload(Bid.bidder), selectinload(Item.seller))
        .filter(Item.id == item_id)
        .limit(1)
    )


def search(db: Session, words: str, only_open: bool) -> list[Item]:
    query = db.query(Item)
    if words:
        query = query.filter(Item.title.contains(words))
    if only_open:
        query = query.filter(Item.is_open)
    return query.order_by(Item.id).all()


# async twin of search
async def search_async(db: AsyncSession, words: str, only_open: bool) -> list[Item]:
    query = select(Item).options(selectinload(Item.seller))
    if words:
        query = query.filter(Item.title.contains(words))
    if only_open:
        query = query.filter(Item.is_open)
    return list(await db.scalars(query.order_by(Item.id)))


async def offer(db: AsyncSession, seller: Member, title: str) -> Item:
    item = Item(title=title, seller_id=seller.id)
    db.add(item)
    await db.commit()
    await db.refresh(item)
    await db.refresh(item, ["seller"])
    return item


def count_bids(db: Session) -> int:
    return db.query(func.count(Bid.id)).scalar()
