from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy.orm import Session

from app import crud
from app.database import get_db
from app.models import Member

SessionDep = Annotated[Session, Depends(get_db)]


def current_member(db: SessionDep, x_member: Annotated[int, Header()]) -> Member:
    member = crud.get_member(db, x_member)
    if member is None:
        raise HTTPException(401, "unknown member")
    return member


CurrentMember = Annotated[Member, Depends(current_member)]
