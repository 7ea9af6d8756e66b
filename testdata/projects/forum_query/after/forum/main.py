from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Optional

from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from forum import crud
from forum.db import Base, SessionLocal, engine, get_db
from forum.models import Member, Post, Topic
from forum.views import post_to_dict, topic_to_dict


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(title="Forum", lifespan=lifespan)


@app.middleware("http")
async def open_session(request: Request, call_next):
    request.state.db = SessionLocal()
    try:
        return await call_next(request)
    finally:
        await request.state.db.close()


async def current_member(x_nick: str = Header(...), db: AsyncSession = Depends(get_db)) -> Member:
    member = await crud.get_member(db, x_nick)
    if member is None or member.banned:
        raise HTTPException(status_code=401, detail="who are you?")
    return member


async def topic_of_path(topic_id: int, db: AsyncSession = Depends(get_db)) -> Topic:
    topic = await crud.get_topic(db, topic_id)
    if topic is None:
        raise HTTPException(status_code=404, detail="no such topic")
    return topic


@app.post("/members", status_code=201)
async def join_forum(nick: str = Body(..., embed=True), db: AsyncSession = Depends(get_db)):
    try:
        member = await crud.join_forum(db, nick)
    except IntegrityError:
        await db.rollback()
        raise HTTPException(status_code=409, detail=f"{nick} is taken")
    return {"id": member.id, "nick": member.nick}


@app.get("/members")
async def list_members(db: AsyncSession = Depends(get_db)):
    return {"members": await crud.nicks(db), "top": await crud.top_members(db)}


@app.delete("/members/{nick}")
async def ban_member(
    nick: str, member: Member = Depends(current_member), db: AsyncSession = Depends(get_db)
):
    if await crud.get_member(db, nick) is None:
        raise HTTPException(status_code=404, detail="no such member")
    hidden = await crud.ban(db, nick)
    await db.refresh(member)
    return {"hidden": hidden, "by": member.nick}


@app.get("/topics")
async def list_topics(
    text: Optional[str] = None,
    nick: Optional[str] = None,
    locked: Optional[bool] = None,
    order: str = "new",
    page: int = 1,
    db: AsyncSession = Depends(get_db),
):
    found = await crud.search_topics(db, text, nick, locked, order, page)
    return {
        "topics": [topic_to_dict(topic) for topic in found.items],
        "page": found.number,
        "pages": found.pages,
        "total": found.total,
    }


@app.post("/topics", status_code=201)
async def open_topic(
    title: str = Body(...),
    text: str = Body(...),
    member: Member = Depends(current_member),
    db: AsyncSession = Depends(get_db),
):
    topic = await crud.open_topic(db, member, title, text)
    topic = (
        await db.scalars(
            select(Topic)
            .where(Topic.id == topic.id)
            .options(
                selectinload(Topic.posts).selectinload(Post.member),
                selectinload(Topic.posts).selectinload(Post.topic),
                selectinload(Topic.member),
            )
        )
    ).one()
    return topic_to_dict(topic, with_posts=True)


@app.get("/topics/{topic_id}")
async def read_topic(topic: Topic = Depends(topic_of_path)):
    return topic_to_dict(topic, with_posts=True)


@app.post("/topics/{topic_id}/views")
async def count_view(topic: Topic = Depends(topic_of_path), db: AsyncSession = Depends(get_db)):
    await crud.count_view(db, topic)
    await db.refresh(topic)
    return {"id": topic.id, "views": topic.views}


@app.post("/topics/{topic_id}/posts", status_code=201)
async def reply(
    text: str = Body(..., embed=True),
    topic: Topic = Depends(topic_of_path),
    member: Member = Depends(current_member),
    db: AsyncSession = Depends(get_db),
):
    if topic.locked:
        raise HTTPException(status_code=423, detail=f"{topic.title} is locked")
    post = await crud.reply(db, topic, member, text)
    await db.run_sync(lambda _: (post.member, post.topic))
    return post_to_dict(post)


@app.post("/clean-up")
async def clean_up(db: AsyncSession = Depends(get_db)):
    return {"gone": await crud.clean_up(db)}


@app.get("/totals")
async def totals(db: AsyncSession = Depends(get_db)):
    return await crud.totals(db)
