from datetime import date
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlmodel import select

from library.db import SessionDep
from library.models import Member
from library.services.loans import LoanService


async def current_member(session: SessionDep, x_card: Annotated[str, Header()]) -> Member:
    member = (await session.exec(select(Member).where(Member.card == x_card))).first()
    if member is None:
        raise HTTPException(status_code=401, detail="unknown card")
    return member


async def today(x_today: Annotated[date | None, Header()] = None) -> date:
    return x_today or date(2026, 3, 2)


async def loan_service(session: SessionDep, day: Annotated[date, Depends(today)]) -> LoanService:
    return LoanService(session, day)


CurrentMember = Annotated[Member, Depends(current_member)]
Loans = Annotated[LoanService, Depends(loan_service)]
