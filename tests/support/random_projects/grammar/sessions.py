"""What bodies that work on a session are made of."""

from __future__ import annotations

from .templates import blocks

IMPORTS = {
    "Item": "from app.database import Item",
    "Part": "from app.database import Part",
    "Tag": "from app.database import Tag",
    "Owner": "from app.database import Owner",
    "item_tags": "from app.database import item_tags",
    "get_db": "from app.database import get_db",
    "SessionLocal": "from app.database import SessionLocal",
    "Annotated": "from typing import Annotated",
    "ItemOut": "from app.schemas import ItemOut",
    "ItemWithParts": "from app.schemas import ItemWithParts",
    "ItemFull": "from app.schemas import ItemFull",
    "OwnerOut": "from app.schemas import OwnerOut",
    "OwnerFull": "from app.schemas import OwnerFull",
    "jsonable_encoder": "from fastapi.encoders import jsonable_encoder",
    "mail_item": "from app.notices import mail_item",
    "mail_counted": "from app.notices import mail_counted",
    "mail_inside": "from app.notices import mail_inside",
    "Notices": "from app.notices import Notices",
    "Session": "from sqlalchemy.orm import Session",
    "joinedload": "from sqlalchemy.orm import joinedload",
    "selectinload": "from sqlalchemy.orm import selectinload",
    "select": "from sqlalchemy import select",
    "func": "from sqlalchemy import func",
    "text": "from sqlalchemy import text",
    "update": "from sqlalchemy import update",
    "NoResultFound": "from sqlalchemy.exc import NoResultFound",
    "IntegrityError": "from sqlalchemy.exc import IntegrityError",
}
STATEMENTS = blocks("""
<new> = db.query(Item).count()
---
item = db.get(Item, <leaf>)
if item is None:
    raise HTTPException(404, "no item")
<new> = item.qty
---
item = db.query(Item).filter(Item.id == <leaf>).first()
<new> = item.qty if item else 0
---
item = Item(name=f"new {<leaf>}", qty=<leaf>)
db.add(item)
db.commit()
<new> = item.id
---
item = Item(name="n", qty=<leaf>)
db.add(item)
db.commit()
db.refresh(item)
<new> = item.id
---
item = Item(name="f", qty=<leaf>)
db.add(item)
db.flush()
<new> = item.id
<block>
db.commit()
---
rows = db.query(Item).filter(Item.qty >= <leaf>).order_by(Item.id).all()
<new> = len(rows)
---
for row in db.query(Item).order_by(Item.id.desc()).limit(2):
    note("row", row.qty)
---
<new> = sum(row.qty for row in db.scalars(select(Item).where(Item.qty > <leaf>)))
---
<new> = db.execute(select(func.count(Item.id))).scalar_one()
---
<new> = len(db.execute(select(Item.id, Item.name)).all())
---
item = db.query(Item).filter_by(id=1).one()
<new> = sum(part.size for part in item.parts)
---
item = db.scalars(select(Item).options(selectinload(Item.parts)).order_by(Item.id)).first()
<new> = len(item.parts) if item else 0
---
part = db.query(Part).filter(Part.size == <leaf>).first()
<new> = part.item.qty if part else 0
---
item = db.get(Item, <leaf>)
if item:
    item.qty += 1
    db.commit()
    note("qty", item.qty)
---
item = db.get(Item, <leaf>)
if item:
    db.delete(item)
    db.commit()
---
db.query(Item).filter(Item.qty > 5).update({"qty": 5})
db.commit()
---
db.execute(update(Item).where(Item.id == <leaf>).values(qty=<leaf>))
db.commit()
---
db.query(Part).filter(Part.size > 9).delete()
---
try:
    db.add(Item(id=1, name="again"))
    db.commit()
except IntegrityError:
    db.rollback()
    <new> = -1
---
<new> = <query>(db, <leaf>)
---
<new> = <query>(db, <leaf>) + <query>(db, x)
---
db.rollback()
---
item = db.get(Item, 1)
item.parts.append(Part(size=<leaf>))
db.commit()
<new> = len(item.parts)
---
<new> = db.query(func.max(Item.qty)).scalar() or 0
---
<new> = <repo>(db).load(<leaf>)
---
repo = <repo>(db)
<new> = repo.load(<leaf>) + repo.change(<leaf>)
---
<new> = <owner>(<leaf>)
---
found = <finder>(db, <leaf>)
if found is not None:
    <new> = found.qty + len(found.parts)
---
item = db.get(Item, <leaf>)
if item is not None:
    send_mail("ann@example.com", item.qty)
---
send_mail("bob@example.com", <query>(db, <leaf>))
---
item = db.get(Item, <leaf>)
if item is not None:
    mail_item(item)
---
item = Item(name="mailed", qty=<leaf>)
db.add(item)
db.commit()
mail_inside(db, item)
---
for item in db.query(Item).filter(Item.qty > <leaf>).order_by(Item.id).all():
    mail_inside(db, item)
---
item = db.get(Item, <leaf>)
if item is not None:
    item.qty += 1
    db.commit()
    send_mail("ann@example.com", len(item.parts) + item.qty)
---
mail_counted(db, <leaf>)
---
Notices(db).tell(<leaf>)
---
owner = db.query(Owner).filter(Owner.id == <leaf>).one_or_none()
if owner and owner.boss:
    send_mail(f"{owner.boss.name}@example.com", len(owner.items))
---
db.add_all([Item(name="m", qty=n) for n in range(<leaf>)])
db.commit()
---
for part in db.query(Part).join(Item).filter(Item.qty > <leaf>).order_by(Part.id).all():
    note("part", part.item.qty)
---
<new> = sum(len(row.parts) for row in db.query(Item).options(joinedload(Item.parts)).all())
---
item = db.query(Item).order_by(Item.id.desc()).first()
if item is not None:
    item.parts.clear()
    db.commit()
---
try:
    <block>
except HTTPException:
    db.rollback()
    raise
---
<new> = int(db.query(db.query(Item).filter(Item.qty == <leaf>).exists()).scalar())

---
item = db.get(Item, <leaf>)
if item and item.owner:
    <new> = len(item.owner.items) + len(item.owner.name)
---
owner = db.query(Owner).filter(Owner.name == "ann").first()
<new> = len(owner.boss.name) if owner and owner.boss else 0
---
node = db.get(Owner, <leaf>)
while node is not None:
    note("boss", node.name)
    node = node.boss
---
item = db.query(Item).order_by(Item.id).first()
if item is not None:
    item.tags.append(Tag(word="more"))
    db.commit()
    note("tags", [tag.word for tag in item.tags])
---
item = db.get(Item, <leaf>)
if item is not None and item.tags:
    item.tags.remove(item.tags[0])
    db.commit()
    <new> = len(item.tags)
---
<new> = db.query(Item).join(Item.tags).filter(Tag.word == "new").count()
---
<new> = len(db.query(Item).filter(Item.tags.any(Tag.word == "new")).all())
---
for tag in db.query(Tag).order_by(Tag.id).all():
    note(tag.word, [item.name for item in tag.items])
---
for item, owner in db.query(Item, Owner).join(Owner, Item.owner_id == Owner.id).order_by(Item.id).all():
    note(owner.name, len(item.parts))
---
for item, owner in db.execute(select(Item, Owner).outerjoin(Item.owner).order_by(Item.id)).all():
    note("owned", owner.name if owner else item.name)
---
counted = db.query(Owner.name, func.count(Item.id)).join(Item).group_by(Owner.name)
for name, total in counted.order_by(Owner.name):
    note(name, total)
---
item = Item(name="owned", owner=db.get(Owner, 1))
db.add(item)
db.commit()
<new> = len(item.owner.name)
---
with db.begin_nested():
    db.add(Item(name="nested", qty=<leaf>))
    <block>
db.commit()
---
try:
    with db.begin_nested():
        db.add(Item(id=1, name="again"))
except IntegrityError:
    <new> = -1
---
savepoint = db.begin_nested()
db.add(Item(name="point", qty=<leaf>))
db.flush()
if <leaf> > 1:
    savepoint.rollback()
else:
    savepoint.commit()
---
with SessionLocal() as other:
    <new> = other.query(Item).count()
---
with SessionLocal() as other:
    found = other.get(Item, <leaf>)
    <new> = sum(part.size for part in found.parts) if found else 0
---
for item in db.query(Item).filter(Item.qty > <leaf>).order_by(Item.id).all():
    item.qty -= 1
    <block>
    db.commit()
---
items = db.query(Item).order_by(Item.id).all()
db.commit()
<new> = sum(item.qty for item in items)
---
items = {item.id: item for item in db.query(Item).all()}
<new> = len(items[1].parts) if 1 in items else 0
---
query = db.query(Item)
if <leaf> > 1:
    query = query.filter(Item.qty > 1)
<new> = query.count()
<new> = sum(len(item.parts) for item in query.order_by(Item.id).limit(2).all())
---
item = db.get(Item, <leaf>)
if item:
    for key, value in {"name": "set", "qty": <leaf>}.items():
        setattr(item, key, value)
    db.add(item)
    db.commit()
    db.refresh(item)
    <new> = item.qty + len(item.parts)
---
item = db.get(Item, <leaf>)
if item:
    before = [part.size for part in item.parts]
    db.delete(item)
    db.flush()
    note("deleted", before)
    db.commit()
---
copied = db.merge(Item(id=<leaf>, name="merged"))
db.commit()
<new> = len(copied.name)
---
item = db.query(Item).filter(Item.id == <leaf>).with_for_update().one_or_none()
if item:
    item.qty += 1
db.commit()
---
try:
    <new> = db.query(Item).filter(Item.id == <leaf>).one().qty
except NoResultFound:
    <new> = 0
---
owner = Owner(name="made", items=[Item(name="first"), Item(name="second", parts=[Part(size=<leaf>)])])
db.add(owner)
db.commit()
note("made", [len(item.parts) for item in owner.items])
---
<writer>(db, <leaf>)
---
made = <writer>(db, <leaf>)
<new> = made.qty + len(made.parts) + len(made.tags)
---
for row in <rows>(db, <leaf>):
    note("row", len(row.parts))
---
<new> = max(len(row.tags) for row in [*<rows>(db, <leaf>), db.get(Item, 1)] if row)
---
service = <service>(db)
<new> = service.total(<leaf>)
---
<new> = <service>(db).renamed(<leaf>)
---
parts = db.query(Part).filter(Part.item.has(Item.qty > <leaf>)).all()
<new> = len({part.item.name for part in parts})
---
db.query(Item).filter(Item.id.in_([<leaf>, 2])).update({Item.qty: Item.qty + 1}, synchronize_session=False)
db.commit()
---
item = db.query(Item).get(<leaf>)
<new> = item.qty if item else 0
---
first = db.query(Item.name).filter(Item.qty >= <leaf>).order_by(Item.id).first()
<new> = len(first[0]) if first else 0
---
<new> = len([name for (name,) in db.query(Item.name).all()])
---
<new> = db.query(Item).options(joinedload(Item.owner), selectinload(Item.tags)).order_by(Item.id).first().qty
---
latest = db.query(func.max(Part.size)).group_by(Part.item_id).subquery()
<new> = db.query(latest).count()
---
db.execute(item_tags.insert().values(item_id=<leaf>, tag_id=1))
db.rollback()
---
db.execute(text("UPDATE items SET qty = qty + 1 WHERE id = :id"), {"id": <leaf>})
db.commit()
---
def total(item):
    return item.qty + sum(part.size for part in item.parts)
<new> = sum(total(item) for item in db.query(Item).all())
---
item = db.get(Item, <leaf>) or Item(name="none", qty=0)
<new> = item.qty + len(item.parts)
---
item = db.get(Item, 1)
db.expire(item)
<new> = item.qty
---
item = db.get(Item, 1)
db.expunge(item)
<new> = item.qty
""")
RETURNS = {
    'return {"v": <value>}': "",
    'return {"v": <value>, "n": db.query(Item).count()}': "",
    "return db.query(Item).order_by(Item.id).all()": "list[ItemOut]",
    "return db.get(Item, 1)": "ItemOut",
    "return db.query(Item).filter(Item.id == <leaf>).first()": "ItemWithParts | None",
    "return db.scalars(select(Item).order_by(Item.id)).all()": "list[ItemFull]",
    "return db.query(Item).options(joinedload(Item.parts)).order_by(Item.id).all()": "list[ItemFull]",
    "return db.query(Owner).order_by(Owner.id).all()": "list[OwnerFull]",
    "return db.query(Owner).filter(Owner.id == <leaf>).first()": "OwnerOut | None",
    "return <writer>(db, <leaf>)": "ItemFull",
    "return <rows>(db, <leaf>)": "list[ItemWithParts]",
    "return [ItemFull.model_validate(row) for row in <rows>(db, <leaf>)]": "",
    "return <service>(db).find(<leaf>)": "ItemFull | None",
    'return {"item": db.get(Item, <leaf>), "n": <value>}': "",
    "return jsonable_encoder(db.query(Item).order_by(Item.id).all())": "",
    "return db.scalars(select(Item).order_by(Item.id)).unique().all()": "",
    """return {
    "items": [{"id": row.id, "sizes": [part.size for part in row.parts]} for row in db.query(Item).all()]
}""": "",
    'return StreamingResponse((f"{item.id}," for item in db.query(Item).order_by(Item.id).all()))': "",
    'return Response(",".join(str(len(row.parts)) for row in db.query(Item).all()))': "",
    'return JSONResponse({"names": [row.name for row in db.query(Item).order_by(Item.id)]}, 203)': "",
    "return ItemFull.model_validate(db.query(Item).filter(Item.id == 1).one())": "ItemFull",
    'return {**OwnerFull.model_validate(db.get(Owner, 1)).model_dump(), "v": <value>}': "",
    'return {"id": (found := <finder>(db, <leaf>)) and found.id, "v": <value>}': "",
}
"""The last statement of a handler, and its response model."""
NOTICES = """
import os
import smtplib
from email.message import EmailMessage

from sqlalchemy.orm import Session

from app.database import Item, Owner
from app.mail import send_mail


def connected() -> smtplib.SMTP:
    return smtplib.SMTP(os.environ["RANDOM_SMTP_HOST"], int(os.environ["RANDOM_SMTP_PORT"]))


def mail_item(item: Item) -> None:
    message = EmailMessage()
    message["From"] = "shop@example.com"
    message["To"] = "item@example.com"
    message["Subject"] = f"{item.name} {len(item.parts)}"
    message.set_content(item.owner.name if item.owner else "nobody")
    with connected() as smtp:
        smtp.send_message(message)


def mail_inside(db: Session, item: Item) -> None:
    try:
        with connected() as smtp:
            message = EmailMessage()
            message["From"] = "shop@example.com"
            message["To"] = "item@example.com"
            message["Subject"] = f"{item.name} {item.volume}"
            message.set_content(f"{item.qty}")
            smtp.send_message(message)
    except OSError:
        print("no mail")


def mail_counted(db: Session, qty: int) -> None:
    items = db.query(Item).filter(Item.qty >= qty).order_by(Item.id).all()
    send_mail("counted@example.com", sum(item.volume for item in items))


class Notices:
    def __init__(self, db: Session):
        self.db = db

    def tell(self, owner_id: int) -> None:
        owner = self.db.get(Owner, owner_id)
        if owner is None:
            return
        for item in owner.items:
            mail_item(item)
"""
"""Slow work that is told of objects, or given a session."""
