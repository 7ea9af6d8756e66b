from typing import Any

from fastapi import APIRouter, HTTPException, Query
from sqlmodel import col, func, select

from library.db import SessionDep
from library.models import (
    Author,
    AuthorCreate,
    AuthorPublic,
    AuthorWithBooks,
    Book,
    BookCreate,
    BookPublic,
    BookUpdate,
    BookWithAuthor,
)

router = APIRouter(tags=["books"])


@router.post("/authors", response_model=AuthorPublic, status_code=201)
def create_author(author: AuthorCreate, session: SessionDep) -> Any:
    db_author = Author.model_validate(author)
    session.add(db_author)
    session.commit()
    return db_author


@router.get("/authors/{author_id}", response_model=AuthorWithBooks)
def read_author(author_id: int, session: SessionDep) -> Any:
    author = session.get(Author, author_id)
    if not author:
        raise HTTPException(status_code=404, detail="no such author")
    return author


@router.post("/books", response_model=BookWithAuthor, status_code=201)
def create_book(book: BookCreate, session: SessionDep) -> Any:
    if book.author_id is not None and not session.get(Author, book.author_id):
        raise HTTPException(status_code=404, detail="no such author")
    db_book = Book.model_validate(book)
    session.add(db_book)
    session.commit()
    session.refresh(db_book)
    return db_book


@router.get("/books", response_model=list[BookWithAuthor])
def read_books(
    session: SessionDep,
    title: str | None = None,
    offset: int = 0,
    limit: int = Query(default=10, le=50),
) -> Any:
    statement = select(Book)
    if title:
        statement = statement.where(col(Book.title).contains(title))
    return session.exec(statement.order_by(col(Book.title)).offset(offset).limit(limit)).all()


@router.get("/books/count")
def count_books(session: SessionDep) -> dict[str, int]:
    return {
        "books": session.exec(select(func.count()).select_from(Book)).one(),
        "authors": session.exec(select(func.count(col(Author.id)))).one(),
    }


@router.patch("/books/{book_id}", response_model=BookPublic)
def update_book(book_id: int, changes: BookUpdate, session: SessionDep) -> Any:
    book = session.get(Book, book_id)
    if not book:
        raise HTTPException(status_code=404, detail="no such book")
    book.sqlmodel_update(changes.model_dump(exclude_unset=True))
    session.add(book)
    session.commit()
    session.refresh(book)
    return book


@router.delete("/books/{book_id}")
def delete_book(book_id: int, session: SessionDep) -> dict[str, str]:
    book = session.get(Book, book_id)
    if not book:
        raise HTTPException(status_code=404, detail="no such book")
    title = book.title
    session.delete(book)
    session.commit()
    return {"deleted": title}


@router.get("/shelf/{author_id}")
def shelf(author_id: int, session: SessionDep) -> dict[str, Any]:
    books = session.exec(select(Book).where(Book.author_id == author_id).order_by(col(Book.id))).all()
    return {"titles": [f"{book.title} by {book.author.name if book.author else '?'}" for book in books]}
