from typing import Any

from fastapi import APIRouter, HTTPException

from library.db import SessionDep
from library.models import Book, Loan, LoanPublic, Member, MemberCreate, MemberPublic
from library.routes.deps import CurrentMember, Loans
from library.services.loans import LoanError

router = APIRouter(tags=["loans"])


@router.post("/members", response_model=MemberPublic, status_code=201)
async def join(member: MemberCreate, session: SessionDep) -> Any:
    db_member = Member.model_validate(member)
    session.add(db_member)
    await session.commit()
    await session.refresh(db_member)
    return db_member


@router.get("/members/me", response_model=MemberPublic)
async def me(member: CurrentMember) -> Any:
    return member


@router.get("/loans", response_model=list[LoanPublic])
async def my_loans(member: CurrentMember, loans: Loans) -> Any:
    return await loans.open_loans(member)


@router.post("/loans/{book_id}", response_model=LoanPublic, status_code=201)
async def lend(book_id: int, member: CurrentMember, loans: Loans, session: SessionDep) -> Any:
    book = await session.get(Book, book_id)
    if not book:
        raise HTTPException(status_code=404, detail="no such book")
    try:
        return await loans.lend(book, member)
    except LoanError as error:
        raise HTTPException(status_code=409, detail=error.text) from None


@router.delete("/loans/{loan_id}")
async def give_back(loan_id: int, member: CurrentMember, loans: Loans, session: SessionDep) -> dict[str, Any]:
    loan = await session.get(Loan, loan_id)
    if not loan or loan.member_id != member.id:
        raise HTTPException(status_code=404, detail="no such loan")
    await loans.give_back(loan)
    await session.refresh(loan)
    await session.refresh(member)
    return {"returned": loan.book_id, "by": member.name}
