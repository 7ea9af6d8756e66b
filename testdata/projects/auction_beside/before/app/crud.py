"""What the API, the office and the nightly closing ask the database."""

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.models import Bid, Item, Member


class Taken(Exception):
    """The name belongs to another member."""


def get_member(db: Session, member_id: int) -> Member | None:
    return db.get(Member, member_id)


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


def search(db: Session, words: str, only_open: bool) -> list[Item]:
    query = db.query(Item)
    if words:
        query = query.filter(Item.title.contains(words))
    if only_open:
        query = query.filter(Item.is_open)
    return query.order_by(Item.id).all()


def offer(db: Session, seller: Member, title: str) -> Item:
    item = Item(title=title, seller_id=seller.id)
    db.add(item)
    db.commit()
    return item


def count_bids(db: Session) -> int:
    return db.query(func.count(Bid.id)).scalar()
