from contextlib import asynccontextmanager
from typing import Optional

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from pydantic import TypeAdapter
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
async def me(current: Reader = Depends(reader)):
    return await run_in_threadpool(_me, current)


def _me(current: Reader):
    return ReaderOut.model_validate(current, from_attributes=True)


@app.post("/readers", response_model=ReaderOut, status_code=201)
async def register(new: ReaderIn, db: Session = Depends(get_db)):
    return await run_in_threadpool(_register, new, db)


def _register(new: ReaderIn, db: Session):
    added = Reader(name=new.name)
    db.add(added)
    try:
        db.commit()
    except IntegrityError:
        db.rollback()
        raise HTTPException(409, "taken") from None
    return ReaderOut.model_validate(added, from_attributes=True)


@app.post("/shelves", response_model=ShelfOut, status_code=201)
async def add_shelf(new: ShelfIn, current: Reader = Depends(reader), db: Session = Depends(get_db)):
    """A shelf with its books."""
    return await run_in_threadpool(_add_shelf, new, current, db)


def _add_shelf(new: ShelfIn, current: Reader, db: Session):
    shelf = Shelf(label=new.label, owner_id=current.id, books=[Book(title=title) for title in new.books])
    plugins.check(db, shelf)
    db.add(shelf)
    db.commit()
    return ShelfOut.model_validate(shelf, from_attributes=True)


@app.get("/shelves", response_model=Page[ShelfOut])
async def some_shelves(page: int = 1, db: Session = Depends(get_db)):
    return await run_in_threadpool(_some_shelves, page, db)


def _some_shelves(page: int, db: Session):
    found = db.query(Shelf).order_by(Shelf.id).offset((page - 1) * PAGE).limit(PAGE).all()
    return Page[ShelfOut].model_validate({"items": found, "page": page}, from_attributes=True)


@app.get("/shelves/all", response_model=list[ShelfOut])
async def all_shelves(db: Session = Depends(get_db)):
    return await run_in_threadpool(_all_shelves, db)


def _all_shelves(db: Session):
    return [
        ShelfOut.model_validate(each, from_attributes=True)
        for each in db.query(Shelf).order_by(Shelf.label).all()
    ]


@app.get("/shelves/{shelf_id}", response_model=ShelfOut)
async def one_shelf(shelf: Shelf = Depends(shelf_of)):
    return await run_in_threadpool(_one_shelf, shelf)


def _one_shelf(shelf: Shelf):
    return ShelfOut.model_validate(shelf, from_attributes=True)


@app.get("/shelves/{shelf_id}/books", response_model=list[BookOut])
async def books(shelf: Shelf = Depends(shelf_of)):
    return await run_in_threadpool(_books, shelf)


def _books(shelf: Shelf):
    return [BookOut.model_validate(each, from_attributes=True) for each in shelf.books]


@app.get("/shelves/{shelf_id}/newest", response_model=Optional[BookOut])
async def newest(shelf: Shelf = Depends(shelf_of), db: Session = Depends(get_db)):
    return await run_in_threadpool(_newest, shelf, db)


def _newest(shelf: Shelf, db: Session):
    return TypeAdapter(Optional[BookOut]).validate_python(
        db.query(Book).filter(Book.shelf_id == shelf.id).order_by(Book.id.desc()).first(),
        from_attributes=True,
    )


@app.patch("/shelves/{shelf_id}", response_model=ShelfOut)
async def rename(
    new: ShelfIn,
    shelf: Shelf = Depends(shelf_of),
    current: Reader = Depends(reader),
    db: Session = Depends(get_db),
):
    return await run_in_threadpool(_rename, new, shelf, current, db)


def _rename(
    new: ShelfIn,
    shelf: Shelf,
    current: Reader,
    db: Session,
):
    if shelf.owner_id != current.id:
        raise HTTPException(403, "not yours")
    rename = new.label.strip()
    shelf.label = rename
    db.commit()
    return ShelfOut.model_validate(shelf, from_attributes=True)


@app.delete("/shelves/{shelf_id}", status_code=204)
async def remove(
    shelf: Shelf = Depends(shelf_of), current: Reader = Depends(reader), db: Session = Depends(get_db)
):
    return await run_in_threadpool(_remove, shelf, current, db)


def _remove(shelf: Shelf, current: Reader, db: Session):
    if shelf.owner is not current:
        raise HTTPException(403, "not yours")
    db.delete(shelf)
    db.commit()
    return Response(status_code=204)


@app.get("/report.csv")
async def report(db: Session = Depends(get_db)):
    return await run_in_threadpool(_report, db)


def _report(db: Session):
    rows = db.execute(select(Shelf.label, func.count(Book.id)).outerjoin(Book).group_by(Shelf.id))
    return PlainTextResponse("".join(f"{label},{count}\n" for label, count in rows), media_type="text/csv")


@app.get("/statistics")
async def statistics(db: Session = Depends(get_db)):
    return await run_in_threadpool(_statistics, db)


def _statistics(db: Session):
    return {"shelves": db.query(Shelf).count(), "books": db.query(Book).count()}
