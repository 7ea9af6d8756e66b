"""Fills an empty library: python -m scripts.seed"""

from sqlmodel import Session, select

from library.db import create_tables, engine
from library.models import Author, Book

BOOKS = {"Ada Palmer": ["Too Like the Lightning"], "Ursula K. Le Guin": ["The Dispossessed", "Lavinia"]}


def seed(session: Session) -> int:
    """How many books were added."""
    added = 0
    for name, titles in BOOKS.items():
        author = session.exec(select(Author).where(Author.name == name)).first()
        if author is None:
            author = Author(name=name)
            session.add(author)
            session.commit()
        for title in titles:
            if session.exec(select(Book).where(Book.title == title)).first() is None:
                session.add(Book(title=title, author_id=author.id))
                added += 1
    session.commit()
    return added


def main() -> int:
    create_tables()
    with Session(engine) as session:
        added = seed(session)
    print(f"{added} books added")
    return added


if __name__ == "__main__":
    main()
