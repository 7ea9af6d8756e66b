from fastapi import Depends, FastAPI, Header, HTTPException, Response
from sqlalchemy.orm import Session

from . import crud, models, schemas
from .database import SessionLocal, engine, get_db
from .pagination import pages

models.Base.metadata.create_all(bind=engine)

app = FastAPI(title="Notes")


@app.on_event("startup")
def make_admin():
    db = SessionLocal()
    try:
        if crud.name_is_free(db, "admin"):
            crud.create_user(db, schemas.UserIn(name="admin"), is_admin=True)
    finally:
        db.close()


def current_user(x_key: str = Header(), db: Session = Depends(get_db)) -> models.User:
    user = crud.get_user_by_key(db, x_key)
    if user is None:
        raise HTTPException(401, "unknown key")
    return user


def current_admin(user: models.User = Depends(current_user)) -> models.User:
    if not user.is_admin:
        raise HTTPException(403, "admins only")
    return user


@app.post("/users", response_model=schemas.UserWithKey, status_code=201)
def register(user: schemas.UserIn, db: Session = Depends(get_db)):
    try:
        return crud.create_user(db, user)
    except crud.Taken as error:
        raise HTTPException(409, f"{error} is taken")


@app.get("/users/me", response_model=schemas.UserOut)
def me(user: models.User = Depends(current_user)):
    return user


@app.get("/users/free/{name}")
def is_free(name: str, db: Session = Depends(get_db)):
    return {"free": crud.name_is_free(db, name)}


@app.delete("/users/{user_id}", status_code=204)
def remove_user(user_id: int, admin: models.User = Depends(current_admin), db: Session = Depends(get_db)):
    user = crud.get_user(db, user_id)
    if user is None:
        raise HTTPException(404, "no such user")
    if user.id == admin.id:
        raise HTTPException(400, "not yourself")
    crud.delete_user(db, user)
    return Response(status_code=204)


@app.get("/notes", response_model=schemas.Page)
def list_notes(
    q: str | None = None,
    tag: str | None = None,
    archived: bool = False,
    page: int = 1,
    user: models.User = Depends(current_user),
    db: Session = Depends(get_db),
):
    items, total = crud.search(db, user, q, tag, archived, page)
    return {"items": items, "page": page, "pages": pages(total), "total": total}


@app.post("/notes", response_model=schemas.NoteOut, status_code=201)
def add_note(note: schemas.NoteIn, user: models.User = Depends(current_user), db: Session = Depends(get_db)):
    return crud.create_note(db, note, user)


@app.get("/notes/{note_id}", response_model=schemas.NoteOut)
def read_note(note_id: int, user: models.User = Depends(current_user), db: Session = Depends(get_db)):
    note = crud.get_note(db, user, note_id)
    if note is None:
        raise HTTPException(404, "no such note")
    return note


@app.patch("/notes/{note_id}", response_model=schemas.NoteOut)
def change_note(
    note_id: int,
    patch: schemas.NotePatch,
    user: models.User = Depends(current_user),
    db: Session = Depends(get_db),
):
    note = crud.get_note(db, user, note_id)
    if note is None:
        raise HTTPException(404, "no such note")
    return crud.update_note(db, note, patch)


@app.post("/archive")
def archive(user: models.User = Depends(current_user), db: Session = Depends(get_db)):
    count = crud.archive_all(db, user)
    return {"archived": count, "by": user.name}


@app.delete("/archive")
def empty(user: models.User = Depends(current_user), db: Session = Depends(get_db)):
    return {"gone": crud.empty_archive(db, user)}


@app.get("/summaries", response_model=list[schemas.UserSummary], dependencies=[Depends(current_admin)])
def summaries(db: Session = Depends(get_db)):
    return [{"name": row.name, "notes": row.notes, "archived": row.archived} for row in crud.summaries(db)]


@app.get("/statistics")
def statistics(db: Session = Depends(get_db)):
    return {"longest title": crud.longest_title(db), "tags": crud.tag_cloud(db)}
