from fastapi import Depends, FastAPI, Header, HTTPException, Response
from sqlalchemy.ext.asyncio import AsyncSession

from . import crud, models, schemas
from .database import SessionLocal, engine, get_db
from .pagination import pages

app = FastAPI(title="Notes")


@app.on_event("startup")
async def create_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)


@app.on_event("startup")
async def make_admin():
    db = SessionLocal()
    try:
        if await crud.name_is_free(db, "admin"):
            await crud.create_user(db, schemas.UserIn(name="admin"), is_admin=True)
    finally:
        await db.close()


async def current_user(x_key: str = Header(), db: AsyncSession = Depends(get_db)) -> models.User:
    user = await crud.get_user_by_key(db, x_key)
    if user is None:
        raise HTTPException(401, "unknown key")
    return user


async def current_admin(user: models.User = Depends(current_user)) -> models.User:
    if not user.is_admin:
        raise HTTPException(403, "admins only")
    return user


@app.post("/users", response_model=schemas.UserWithKey, status_code=201)
async def register(user: schemas.UserIn, db: AsyncSession = Depends(get_db)):
    try:
        return await crud.create_user(db, user)
    except crud.Taken as error:
        raise HTTPException(409, f"{error} is taken")


@app.get("/users/me", response_model=schemas.UserOut)
async def me(user: models.User = Depends(current_user)):
    return user


@app.get("/users/free/{name}")
async def is_free(name: str, db: AsyncSession = Depends(get_db)):
    return {"free": await crud.name_is_free(db, name)}


@app.delete("/users/{user_id}", status_code=204)
async def remove_user(user_id: int, admin: models.User = Depends(current_admin), db: AsyncSession = Depends(get_db)):
    user = await crud.get_user(db, user_id)
    if user is None:
        raise HTTPException(404, "no such user")
    if user.id == admin.id:
        raise HTTPException(400, "not yourself")
    await crud.delete_user(db, user)
    return Response(status_code=204)


@app.get("/notes", response_model=schemas.Page)
async def list_notes(
    q: str | None = None,
    tag: str | None = None,
    archived: bool = False,
    page: int = 1,
    user: models.User = Depends(current_user),
    db: AsyncSession = Depends(get_db),
):
    items, total = await crud.search(db, user, q, tag, archived, page)
    return {"items": items, "page": page, "pages": pages(total), "total": total}


@app.post("/notes", response_model=schemas.NoteOut, status_code=201)
async def add_note(note: schemas.NoteIn, user: models.User = Depends(current_user), db: AsyncSession = Depends(get_db)):
    return await crud.create_note(db, note, user)


@app.get("/notes/{note_id}", response_model=schemas.NoteOut)
async def read_note(note_id: int, user: models.User = Depends(current_user), db: AsyncSession = Depends(get_db)):
    note = await crud.get_note(db, user, note_id)
    if note is None:
        raise HTTPException(404, "no such note")
    return note


@app.patch("/notes/{note_id}", response_model=schemas.NoteOut)
async def change_note(
    note_id: int,
    patch: schemas.NotePatch,
    user: models.User = Depends(current_user),
    db: AsyncSession = Depends(get_db),
):
    note = await crud.get_note(db, user, note_id)
    if note is None:
        raise HTTPException(404, "no such note")
    return await crud.update_note(db, note, patch)


@app.post("/archive")
async def archive(user: models.User = Depends(current_user), db: AsyncSession = Depends(get_db)):
    count = await crud.archive_all(db, user)
    await db.refresh(user)
    return {"archived": count, "by": user.name}


@app.delete("/archive")
async def empty(user: models.User = Depends(current_user), db: AsyncSession = Depends(get_db)):
    return {"gone": await crud.empty_archive(db, user)}


@app.get("/summaries", response_model=list[schemas.UserSummary], dependencies=[Depends(current_admin)])
async def summaries(db: AsyncSession = Depends(get_db)):
    return [{"name": row.name, "notes": row.notes, "archived": row.archived} for row in await crud.summaries(db)]


@app.get("/statistics")
async def statistics(db: AsyncSession = Depends(get_db)):
    return {"longest title": await crud.longest_title(db), "tags": await crud.tag_cloud(db)}
