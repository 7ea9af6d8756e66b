from fastapi import APIRouter, HTTPException

from app import crud
from app.deps import AsyncCurrentMember, AsyncSessionDep
from app.schemas import ItemIn, ItemOut, ItemWithBids

router = APIRouter(prefix="/items")


@router.get("", response_model=list[ItemOut])
async def search(db: AsyncSessionDep, words: str = "", only_open: bool = False):
    return await crud.search_async(db, words, only_open)


@router.post("", response_model=ItemOut, status_code=201)
async def offer(item: ItemIn, member: AsyncCurrentMember, db: AsyncSessionDep):
    return await crud.offer(db, member, item.title)


@router.get("/{item_id}", response_model=ItemWithBids)
async def read(item_id: int, db: AsyncSessionDep):
    item = await crud.get_item_async(db, item_id)
    if item is None:
        raise HTTPException(404, "no such item")
    return item


@router.delete("/{item_id}", status_code=204)
async def withdraw(item_id: int, member: AsyncCurrentMember, db: AsyncSessionDep):
    item = await crud.get_item_async(db, item_id)
    if item is None or item.seller_id != member.id:
        raise HTTPException(404, "no such item of yours")
    if item.bids:
        raise HTTPException(409, "somebody has bid")
    await db.delete(item)
    await db.commit()
