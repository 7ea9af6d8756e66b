from fastapi import APIRouter, HTTPException

from app import crud
from app.deps import CurrentMember, SessionDep
from app.schemas import ItemIn, ItemOut, ItemWithBids

router = APIRouter(prefix="/items")


@router.get("", response_model=list[ItemOut])
def search(db: SessionDep, words: str = "", only_open: bool = False):
    return crud.search(db, words, only_open)


@router.post("", response_model=ItemOut, status_code=201)
def offer(item: ItemIn, member: CurrentMember, db: SessionDep):
    return crud.offer(db, member, item.title)


@router.get("/{item_id}", response_model=ItemWithBids)
def read(item_id: int, db: SessionDep):
    item = crud.get_item(db, item_id)
    if item is None:
        raise HTTPException(404, "no such item")
    return item


@router.delete("/{item_id}", status_code=204)
def withdraw(item_id: int, member: CurrentMember, db: SessionDep):
    item = crud.get_item(db, item_id)
    if item is None or item.seller_id != member.id:
        raise HTTPException(404, "no such item of yours")
    if item.bids:
        raise HTTPException(409, "somebody has bid")
    db.delete(item)
    db.commit()
