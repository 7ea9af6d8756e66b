"""Everything that talks to the database. The session is opened and closed by whoever calls."""

import hashlib
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from . import models, schemas
from .pagination import page_of


class Taken(Exception):
    """There is such a name already."""


async def get_user(db: AsyncSession, user_id: int):
    return await db.scalar(select(models.User).filter(models.User.id == user_id).limit(1))


async def get_user_by_key(db: AsyncSession, key: str):
    return (await db.scalars(select(models.User).filter_by(key=key))).one_or_none()


async def create_user(db: AsyncSession, user: schemas.UserIn, is_admin: bool = False):
    key = hashlib.blake2b(user.name.encode(), digest_size=8).hexdigest()
    db_user = models.User(name=user.name, key=key, is_admin=is_admin)
    db.add(db_user)
    try:
        await db.commit()
        await db.refresh(db_user)
    except IntegrityError:
        await db.rollback()
        raise Taken(user.name) from None
    return db_user


async def delete_user(db: AsyncSession, user: models.User) -> None:
    await db.delete(user)
    await db.commit()


def visible(db: AsyncSession, user: models.User):
    """Admins see every note, others their own."""
    query = select(models.Note).options(selectinload(models.Note.owner), selectinload(models.Note.tags))
    if not user.is_admin:
        query = query.filter(models.Note.owner_id == user.id)
    return query


async def search(db: AsyncSession, user: models.User, q: str | None, tag: str | None, archived: bool, page: int):
    query = visible(db, user).filter(models.Note.archived == archived)
    if q:
        query = query.filter(models.Note.title.contains(q) | models.Note.text.contains(q))
    if tag:
        query = query.join(models.Note.tags).filter(models.Tag.name == tag)
    total = (await db.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    return (await db.scalars(page_of(query.order_by(models.Note.id), page))).unique().all(), total


async def get_note(db: AsyncSession, user: models.User, note_id: int):
    return await db.scalar(visible(db, user).filter(models.Note.id == note_id).limit(1))


async def tags_named(db: AsyncSession, names: list[str]):
    found = list(await db.scalars(select(models.Tag).filter(models.Tag.name.in_(names))))
    known = {tag.name for tag in found}
    missing = [models.Tag(name=name) for name in names if name not in known]
    db.add_all(missing)
    return found + missing


async def create_note(db: AsyncSession, note: schemas.NoteIn, user: models.User):
    db_note = models.Note(title=note.title, text=note.text, owner_id=user.id, tags=await tags_named(db, note.tags))
    db.add(db_note)
    await db.commit()
    await db.refresh(db_note)
    await db.refresh(db_note, ["owner", "tags"])
    return db_note


async def update_note(db: AsyncSession, note: models.Note, patch: schemas.NotePatch):
    for field, value in patch.model_dump(exclude_unset=True).items():
        setattr(note, field, value)
    await db.commit()
    await db.refresh(note)
    await db.refresh(note, ["owner", "tags"])
    return note


async def archive_all(db: AsyncSession, user: models.User) -> int:
    """How many notes went to the archive."""
    count = cast(
        CursorResult[Any],
        await db.execute(
            update(models.Note)
            .filter(models.Note.owner_id == user.id, models.Note.archived.is_(False))
            .values({"archived": True})
            .execution_options(synchronize_session=False)
        ),
    ).rowcount
    await db.commit()
    return count


async def empty_archive(db: AsyncSession, user: models.User) -> int:
    archived = select(models.Note).filter(models.Note.owner_id == user.id, models.Note.archived.is_(True))
    gone = (await db.execute(select(func.count()).select_from(archived.subquery()))).scalar_one()
    await db.execute(delete(models.Note).where(archived.whereclause).execution_options(synchronize_session=False))
    await db.commit()
    return gone


async def summaries(db: AsyncSession):
    """One row for every user, those without notes included."""
    return (
        await db.execute(
            select(
                models.User.name,
                func.count(models.Note.id).label("notes"),
                func.count(models.Note.id).filter(models.Note.archived.is_(True)).label("archived"),
            )
            .outerjoin(models.Note, models.Note.owner_id == models.User.id)
            .group_by(models.User.id)
            .order_by(models.User.name)
        )
    ).all()


async def name_is_free(db: AsyncSession, name: str) -> bool:
    return not await db.scalar(select(select(models.User).filter(models.User.name == name).exists()))


async def longest_title(db: AsyncSession) -> int:
    return await db.scalar(select(func.max(func.length(models.Note.title)))) or 0


async def tag_cloud(db: AsyncSession) -> dict[str, int]:
    rows = select(models.Tag.name, func.count()).join(models.note_tags).group_by(models.Tag.name)
    return {name: count for name, count in await db.execute(rows)}
