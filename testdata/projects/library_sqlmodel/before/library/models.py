from datetime import date

from sqlmodel import Field, Relationship, SQLModel


class AuthorBase(SQLModel):
    name: str = Field(index=True, max_length=80)
    born: int | None = None


class Author(AuthorBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    books: list["Book"] = Relationship(back_populates="author")


class BookBase(SQLModel):
    title: str = Field(index=True, max_length=120)
    year: int | None = None
    copies: int = Field(default=1, ge=0)


class Book(BookBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    author_id: int | None = Field(default=None, foreign_key="author.id")
    author: Author | None = Relationship(back_populates="books")
    loans: list["Loan"] = Relationship(back_populates="book", cascade_delete=True)


class Member(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    card: str = Field(unique=True, max_length=12)
    name: str
    loans: list["Loan"] = Relationship(back_populates="member")


class Loan(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    book_id: int = Field(foreign_key="book.id")
    member_id: int = Field(foreign_key="member.id")
    due: date
    returned: bool = False
    book: Book = Relationship(back_populates="loans")
    member: Member = Relationship(back_populates="loans")


# what clients send and see


class AuthorCreate(AuthorBase):
    pass


class AuthorPublic(AuthorBase):
    id: int


class BookCreate(BookBase):
    author_id: int | None = None


class BookUpdate(SQLModel):
    title: str | None = None
    year: int | None = None
    copies: int | None = None


class BookPublic(BookBase):
    id: int


class BookWithAuthor(BookPublic):
    author: AuthorPublic | None = None


class AuthorWithBooks(AuthorPublic):
    books: list[BookPublic] = []


class LoanPublic(SQLModel):
    id: int
    due: date
    returned: bool
    book: BookPublic


class MemberCreate(SQLModel):
    card: str
    name: str


class MemberPublic(MemberCreate):
    id: int
