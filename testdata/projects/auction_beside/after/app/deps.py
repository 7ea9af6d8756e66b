from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app import crud
from app.database import get_async_db, get_db
from app.models import Member

SessionDep = Annotated[Session, Depends(get_db)]
# async twin of SessionDep
AsyncSessionDep = Annotated[AsyncSession, Depends(get_async_db)]


def current_member(db: SessionDep, x_member: Annotated[int, Header()]) -> Member:
    member = crud.get_member(db, x_member)
    if member is None:
        raise HTTPException(401, "unknown member")
    return member


# async twin of current_member
async def current_member_async(db: AsyncSessionDep, x_member: Annotated[int, Header()]) -> Member:
    member = await crud.get_member_async(db, x_member)
    if member is None:
        raise HTTPException(401, "unknown member")
    return member


CurrentMember = Annotated[Member, Depends(current_member)]
# async twin of CurrentMember
AsyncCurrentMember = Annotated[Member, Depends(current_member_async)]
