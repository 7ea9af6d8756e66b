"""Everything that talks to the database. The session is opened and closed by whoever calls."""

import hashlib

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from . import models, schemas
from .pagination import page_of


class Taken(Exception):
    """There is such a name already."""


def get_user(db: Session, user_id: int):
    return db.query(models.User).filter(models.User.id == user_id).first()


def get_user_by_key(db: Session, key: str):
    return db.query(models.User).filter_by(key=key).one_or_none()


def create_user(db: Session, user: schemas.UserIn, is_admin: bool = False):
    key = hashlib.blake2b(user.name.encode(), digest_size=8).hexdigest()
    db_user = models.User(name=user.name, key=key, is_admin=is_admin)
    db.add(db_user)
    try:
        db.commit()
    except IntegrityError:
        db.rollback()
        raise Taken(user.name) from None
    return db_user


def delete_user(db: Session, user: models.User) -> None:
    db.delete(user)
    db.commit()


def visible(db: Session, user: models.User):
    """Admins see every note, others their own."""
    query = db.query(models.Note)
    if not user.is_admin:
        query = query.filter(models.Note.owner_id == user.id)
    return query


def search(db: Session, user: models.User, q: str | None, tag: str | None, archived: bool, page: int):
    query = visible(db, user).filter(models.Note.archived == archived)
    if q:
        query = query.filter(models.Note.title.contains(q) | models.Note.text.contains(q))
    if tag:
        query = query.join(models.Note.tags).filter(models.Tag.name == tag)
    total = query.count()
    return page_of(query.order_by(models.Note.id), page).all(), total


def get_note(db: Session, user: models.User, note_id: int):
    return visible(db, user).filter(models.Note.id == note_id).first()


def tags_named(db: Session, names: list[str]):
    found = db.query(models.Tag).filter(models.Tag.name.in_(names)).all()
    known = {tag.name for tag in found}
    missing = [models.Tag(name=name) for name in names if name not in known]
    db.add_all(missing)
    return found + missing


def create_note(db: Session, note: schemas.NoteIn, user: models.User):
    db_note = models.Note(title=note.title, text=note.text, owner_id=user.id, tags=tags_named(db, note.tags))
    db.add(db_note)
    db.commit()
    db.refresh(db_note)
    return db_note


def update_note(db: Session, note: models.Note, patch: schemas.NotePatch):
    for field, value in patch.model_dump(exclude_unset=True).items():
        setattr(note, field, value)
    db.commit()
    return note


def archive_all(db: Session, user: models.User) -> int:
    """How many notes went to the archive."""
    count = (
        db.query(models.Note)
        .filter(models.Note.owner_id == user.id, models.Note.archived.is_(False))
        .update({"archived": True}, synchronize_session=False)
    )
    db.commit()
    return count


def empty_archive(db: Session, user: models.User) -> int:
    archived = db.query(models.Note).filter(models.Note.owner_id == user.id, models.Note.archived.is_(True))
    gone = archived.count()
    archived.delete(synchronize_session=False)
    db.commit()
    return gone


def summaries(db: Session):
    """One row for every user, those without notes included."""
    return (
        db.query(
            models.User.name,
            func.count(models.Note.id).label("notes"),
            func.count(models.Note.id).filter(models.Note.archived.is_(True)).label("archived"),
        )
        .outerjoin(models.Note, models.Note.owner_id == models.User.id)
        .group_by(models.User.id)
        .order_by(models.User.name)
        .all()
    )


def name_is_free(db: Session, name: str) -> bool:
    return not db.query(db.query(models.User).filter(models.User.name == name).exists()).scalar()


def longest_title(db: Session) -> int:
    return db.query(func.max(func.length(models.Note.title))).scalar() or 0


def tag_cloud(db: Session) -> dict[str, int]:
    rows = db.query(models.Tag.name, func.count()).join(models.note_tags).group_by(models.Tag.name)
    return {name: count for name, count in rows}
