"""What bodies that work on a session are made of."""

from __future__ import annotations

from .templates import blocks, lines

IMPORTS = {
    "Item": "from app.database import Item",
    "Part": "from app.database import Part",
    "get_db": "from app.database import get_db",
    "SessionLocal": "from app.database import SessionLocal",
    "Annotated": "from typing import Annotated",
    "ItemOut": "from app.schemas import ItemOut",
    "ItemWithParts": "from app.schemas import ItemWithParts",
    "Session": "from sqlalchemy.orm import Session",
    "joinedload": "from sqlalchemy.orm import joinedload",
    "selectinload": "from sqlalchemy.orm import selectinload",
    "select": "from sqlalchemy import select",
    "func": "from sqlalchemy import func",
    "update": "from sqlalchemy import update",
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
""")
RETURNS = lines("""
return {"v": <value>}
return {"v": <value>, "n": db.query(Item).count()}
return db.query(Item).order_by(Item.id).all()
return db.get(Item, 1)
return db.query(Item).filter(Item.id == <leaf>).first()
return {"items": [{"id": row.id, "sizes": [part.size for part in row.parts]} for row in db.query(Item).all()]}
return {"id": (found := <finder>(db, <leaf>)) and found.id, "v": <value>}
""")
