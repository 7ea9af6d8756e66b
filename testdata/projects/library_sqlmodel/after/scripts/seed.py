"""Fills an empty library: python -m scripts.seed"""

import asyncio

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from library.db import create_tables, engine
from library.models import Author, Book

BOOKS = {"Ada Palmer": ["Too Like the Lightning"], "Ursula K. Le Guin": ["The Dispossessed", "Lavinia"]}


async def seed(session: AsyncSession) -> int:
    """How many books were added."""
    added = 0
    for name, titles in BOOKS.items():
        author = (await session.exec(select(Author).where(Author.name == name))).first()
        if author is None:
            author = Author(name=name)
            session.add(author)
            await session.commit()
            await session.refresh(author)
        for title in titles:
            if (await session.exec(select(Book).where(Book.title == title))).first() is None:
                session.add(Book(title=title, author_id=author.id))
                added += 1
    await session.commit()
    return added


async def main() -> int:
    await create_tables()
    async with AsyncSession(engine) as session:
        added = await seed(session)
    print(f"{added} books added")
    return added


if __name__ == "__main__":
    asyncio.run(main())
