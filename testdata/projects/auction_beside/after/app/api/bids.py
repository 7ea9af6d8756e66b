from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import crud
from app.bidding import AsyncBidding, TooLow
from app.database import get_async_db
from app.deps import AsyncCurrentMember
from app.models import Bid
from app.schemas import BidOut

router = APIRouter(prefix="/items/{item_id}/bids")


@router.post("", response_model=BidOut, status_code=201)
async def place(
    item_id: int, amount: int, member: AsyncCurrentMember, db: AsyncSession = Depends(get_async_db)
):
    item = await crud.get_item_async(db, item_id)
    if item is None or not item.is_open:
        raise HTTPException(404, "no such item")
    try:
        return await AsyncBidding(db).place(item, member, amount)
    except TooLow as error:
        raise HTTPException(409, f"{error} was bid already") from error


@router.get("/mine")
async def mine(item_id: int, member: AsyncCurrentMember, db: AsyncSession = Depends(get_async_db)):
    bids = select(Bid).filter(Bid.item_id == item_id, Bid.bidder_id == member.id).order_by(Bid.id)
    return [bid.amount for bid in await db.scalars(bids)]
