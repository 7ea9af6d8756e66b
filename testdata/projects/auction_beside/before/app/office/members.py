"""The office still works on the sync session."""

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app import crud
from app.closing import close_auction
from app.database import get_db
from app.deps import CurrentMember
from app.schemas import MemberIn, MemberOut

router = APIRouter()


@router.post("/members", response_model=MemberOut, status_code=201)
def join(member: MemberIn, db: Session = Depends(get_db)):
    try:
        return crud.create_member(db, member.name)
    except crud.Taken as error:
        raise HTTPException(409, f"{error} is taken") from error


@router.get("/members/me", response_model=MemberOut)
def me(member: CurrentMember):
    return member


@router.get("/members/{member_id}/offers")
def offers(member_id: int, db: Session = Depends(get_db)):
    member = crud.get_member(db, member_id)
    if member is None:
        raise HTTPException(404, "no such member")
    return {"offers": [item.title for item in member.items]}


@router.post("/closing/{item_id}")
def close(item_id: int, member: CurrentMember, db: Session = Depends(get_db)):
    return {"sold to": close_auction(db, item_id), "closed by": member.name}


@router.get("/statistics")
def statistics(db: Session = Depends(get_db)):
    return {"bids": crud.count_bids(db), "open": len(crud.search(db, "", only_open=True))}
