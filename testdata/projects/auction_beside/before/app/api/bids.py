from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app import crud
from app.bidding import Bidding, TooLow
from app.database import get_db
from app.deps import CurrentMember
from app.models import Bid
from app.schemas import BidOut

router = APIRouter(prefix="/items/{item_id}/bids")


@router.post("", response_model=BidOut, status_code=201)
def place(item_id: int, amount: int, member: CurrentMember, db: Session = Depends(get_db)):
    item = crud.get_item(db, item_id)
    if item is None or not item.is_open:
        raise HTTPException(404, "no such item")
    try:
        return Bidding(db).place(item, member, amount)
    except TooLow as error:
        raise HTTPException(409, f"{error} was bid already") from error


@router.get("/mine")
def mine(item_id: int, member: CurrentMember, db: Session = Depends(get_db)):
    bids = db.query(Bid).filter(Bid.item_id == item_id, Bid.bidder_id == member.id).order_by(Bid.id)
    return [bid.amount for bid in bids]
