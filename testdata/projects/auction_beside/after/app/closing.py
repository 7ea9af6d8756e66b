"""Run every night: python -m app.closing"""

from sqlalchemy.orm import Session

from app import crud
from app.bidding import Bidding
from app.database import SessionLocal


def close_auction(db: Session, item_id: int) -> str | None:
    item = crud.get_item(db, item_id)
    if item is None:
        return None
    highest = Bidding(db).highest(item)
    item.is_open = False
    db.commit()
    return highest.bidder.name if highest is not None else None


def close_all() -> dict[str, str | None]:
    with SessionLocal() as db:
        return {item.title: close_auction(db, item.id) for item in crud.search(db, "", only_open=True)}


if __name__ == "__main__":
    for title, winner in close_all().items():
        print(f"{title}: {winner or 'not sold'}")
