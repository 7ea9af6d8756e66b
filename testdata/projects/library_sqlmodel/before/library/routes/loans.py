from typing import Any

from fastapi import APIRouter, HTTPException

from library.db import SessionDep
from library.models import Book, Loan, LoanPublic, Member, MemberCreate, MemberPublic
from library.routes.deps import CurrentMember, Loans
from library.services.loans import LoanError

router = APIRouter(tags=["loans"])


@router.post("/members", response_model=MemberPublic, status_code=201)
def join(member: MemberCreate, session: SessionDep) -> Any:
    db_member = Member.model_validate(member)
    session.add(db_member)
    session.commit()
    session.refresh(db_member)
    return db_member


@router.get("/members/me", response_model=MemberPublic)
def me(member: CurrentMember) -> Any:
    return member


@router.get("/loans", response_model=list[LoanPublic])
def my_loans(member: CurrentMember, loans: Loans) -> Any:
    return loans.open_loans(member)


@router.post("/loans/{book_id}", response_model=LoanPublic, status_code=201)
def lend(book_id: int, member: CurrentMember, loans: Loans, session: SessionDep) -> Any:
    book = session.get(Book, book_id)
    if not book:
        raise HTTPException(status_code=404, detail="no such book")
    try:
        return loans.lend(book, member)
    except LoanError as error:
        raise HTTPException(status_code=409, detail=error.text) from None


@router.delete("/loans/{loan_id}")
def give_back(loan_id: int, member: CurrentMember, loans: Loans, session: SessionDep) -> dict[str, Any]:
    loan = session.get(Loan, loan_id)
    if not loan or loan.member_id != member.id:
        raise HTTPException(status_code=404, detail="no such loan")
    loans.give_back(loan)
    return {"returned": loan.book_id, "by": member.name}
