from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from library.models import Book, Loan, Member
from library.settings import settings


class LoanError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class LoanService:
    """Who has which book, and until when."""

    def __init__(self, session: Session, today: date) -> None:
        self.session = session
        self.today = today

    def on_loan(self, book: Book) -> int:
        statement = select(func.count()).where(Loan.book_id == book.id, col(Loan.returned).is_(False))
        return self.session.exec(statement).one()

    def open_loans(self, member: Member) -> list[Loan]:
        statement = (
            select(Loan)
            .where(Loan.member_id == member.id, col(Loan.returned).is_(False))
            .order_by(col(Loan.id))
        )
        return list(self.session.exec(statement).all())

    def lend(self, book: Book, member: Member) -> Loan:
        if len(self.open_loans(member)) >= settings.max_loans:
            raise LoanError(f"{member.name} has {settings.max_loans} books already")
        if self.on_loan(book) >= book.copies:
            raise LoanError(f"all copies of {book.title} are lent")
        loan = Loan(
            book_id=book.id,
            member_id=member.id,
            due=self.today + timedelta(days=settings.loan_days),
        )
        self.session.add(loan)
        self.session.commit()
        self.session.refresh(loan)
        return loan

    def give_back(self, loan: Loan) -> Loan:
        loan.returned = True
        self.session.add(loan)
        self.session.commit()
        return loan
