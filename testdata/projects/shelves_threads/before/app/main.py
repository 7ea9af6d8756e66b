from contextlib import asynccontextmanager
from typing import Optional

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from . import plugins
from .database import Base, engine, get_db
from .models import Book, Reader, Shelf
from .schemas import BookOut, Page, ReaderIn, ReaderOut, ShelfIn, ShelfOut

PAGE = 1


@asynccontextmanager
async def lifespan(app: FastAPI):
    await run_in_threadpool(Base.metadata.create_all, engine)
    yield


app = FastAPI(title="Shelves", lifespan=lifespan)


def reader(x_name: str = Header(), db: Session = Depends(get_db)) -> Reader:
    found = db.query(Reader).filter_by(name=x_name).one_or_none()
    if found is None:
        raise HTTPException(401, "who are you?")
    return found


def shelf_of(shelf_id: int, db: Session = Depends(get_db)) -> Shelf:
    shelf = db.get(Shelf, shelf_id)
    if shelf is None:
        raise HTTPException(404, "no such shelf")
    return shelf


@app.get("/me", response_model=ReaderOut)
def me(current: Reader = Depends(reader)):
    return current


@app.post("/readers", response_model=ReaderOut, status_code=201)
def register(new: ReaderIn, db: Session = Depends(get_db)):
    added = Reader(name=new.name)
    db.add(added)
    try:
        db.commit()
    except IntegrityError:
        db.rollback()
        raise HTTPException(409, "taken") from None
    return added


@app.post("/shelves", response_model=ShelfOut, status_code=201)
def add_shelf(new: ShelfIn, current: Reader = Depends(reader), db: Session = Depends(get_db)):
    """A shelf with its books."""
    shelf = Shelf(label=new.label, owner_id=current.id, books=[Book(title=title) for title in new.books])
    plugins.check(db, shelf)
    db.add(shelf)
    db.commit()
    return shelf


@app.get("/shelves", response_model=Page[ShelfOut])
def some_shelves(page: int = 1, db: Session = Depends(get_db)):
    found = db.query(Shelf).order_by(Shelf.id).offset((page - 1) * PAGE).limit(PAGE).all()
    return {"items": found, "page": page}


@app.get("/shelves/all", response_model=list[ShelfOut])
def all_shelves(db: Session = Depends(get_db)):
    return db.query(Shelf).order_by(Shelf.label).all()


@app.get("/shelves/{shelf_id}", response_model=ShelfOut)
def one_shelf(shelf: Shelf = Depends(shelf_of)):
    return shelf


@app.get("/shelves/{shelf_id}/books", response_model=list[BookOut])
def books(shelf: Shelf = Depends(shelf_of)):
    return shelf.books


@app.get("/shelves/{shelf_id}/newest", response_model=Optional[BookOut])
def newest(shelf: Shelf = Depends(shelf_of), db: Session = Depends(get_db)):
    return db.query(Book).filter(Book.shelf_id == shelf.id).order_by(Book.id.desc()).first()


@app.patch("/shelves/{shelf_id}", response_model=ShelfOut)
def rename(
    new: ShelfIn,
    shelf: Shelf = Depends(shelf_of),
    current: Reader = Depends(reader),
    db: Session = Depends(get_db),
):
    if shelf.owner_id != current.id:
        raise HTTPException(403, "not yours")
    rename = new.label.strip()
    shelf.label = rename
    db.commit()
    return shelf


@app.delete("/shelves/{shelf_id}", status_code=204)
def remove(
    shelf: Shelf = Depends(shelf_of), current: Reader = Depends(reader), db: Session = Depends(get_db)
):
    if shelf.owner is not current:
        raise HTTPException(403, "not yours")
    db.delete(shelf)
    db.commit()
    return Response(status_code=204)


@app.get("/report.csv")
def report(db: Session = Depends(get_db)):
    rows = db.execute(select(Shelf.label, func.count(Book.id)).outerjoin(Book).group_by(Shelf.id))
    return PlainTextResponse("".join(f"{label},{count}\n" for label, count in rows), media_type="text/csv")


@app.get("/statistics")
def statistics(db: Session = Depends(get_db)):
    return {"shelves": db.query(Shelf).count(), "books": db.query(Book).count()}
