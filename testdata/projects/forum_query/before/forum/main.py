from typing import Optional

from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import crud
from forum.db import Base, SessionLocal, engine, get_db
from forum.models import Member, Topic
from forum.views import post_to_dict, topic_to_dict

Base.metadata.create_all(bind=engine)

app = FastAPI(title="Forum")


@app.middleware("http")
async def open_session(request: Request, call_next):
    request.state.db = SessionLocal()
    try:
        return await call_next(request)
    finally:
        request.state.db.close()


def current_member(x_nick: str = Header(...), db: Session = Depends(get_db)) -> Member:
    member = crud.get_member(db, x_nick)
    if member is None or member.banned:
        raise HTTPException(status_code=401, detail="who are you?")
    return member


def topic_of_path(topic_id: int, db: Session = Depends(get_db)) -> Topic:
    topic = crud.get_topic(db, topic_id)
    if topic is None:
        raise HTTPException(status_code=404, detail="no such topic")
    return topic


@app.post("/members", status_code=201)
def join_forum(nick: str = Body(..., embed=True), db: Session = Depends(get_db)):
    try:
        member = crud.join_forum(db, nick)
    except IntegrityError:
        db.rollback()
        raise HTTPException(status_code=409, detail=f"{nick} is taken")
    return {"id": member.id, "nick": member.nick}


@app.get("/members")
def list_members(db: Session = Depends(get_db)):
    return {"members": crud.nicks(db), "top": crud.top_members(db)}


@app.delete("/members/{nick}")
def ban_member(nick: str, member: Member = Depends(current_member), db: Session = Depends(get_db)):
    if crud.get_member(db, nick) is None:
        raise HTTPException(status_code=404, detail="no such member")
    hidden = crud.ban(db, nick)
    return {"hidden": hidden, "by": member.nick}


@app.get("/topics")
def list_topics(
    text: Optional[str] = None,
    nick: Optional[str] = None,
    locked: Optional[bool] = None,
    order: str = "new",
    page: int = 1,
    db: Session = Depends(get_db),
):
    found = crud.search_topics(db, text, nick, locked, order, page)
    return {
        "topics": [topic_to_dict(topic) for topic in found.items],
        "page": found.number,
        "pages": found.pages,
        "total": found.total,
    }


@app.post("/topics", status_code=201)
def open_topic(
    title: str = Body(...),
    text: str = Body(...),
    member: Member = Depends(current_member),
    db: Session = Depends(get_db),
):
    topic = crud.open_topic(db, member, title, text)
    return topic_to_dict(topic, with_posts=True)


@app.get("/topics/{topic_id}")
def read_topic(topic: Topic = Depends(topic_of_path)):
    return topic_to_dict(topic, with_posts=True)


@app.post("/topics/{topic_id}/views")
def count_view(topic: Topic = Depends(topic_of_path), db: Session = Depends(get_db)):
    crud.count_view(db, topic)
    return {"id": topic.id, "views": topic.views}


@app.post("/topics/{topic_id}/posts", status_code=201)
def reply(
    text: str = Body(..., embed=True),
    topic: Topic = Depends(topic_of_path),
    member: Member = Depends(current_member),
    db: Session = Depends(get_db),
):
    if topic.locked:
        raise HTTPException(status_code=423, detail=f"{topic.title} is locked")
    post = crud.reply(db, topic, member, text)
    return post_to_dict(post)


@app.post("/clean-up")
def clean_up(db: Session = Depends(get_db)):
    return {"gone": crud.clean_up(db)}


@app.get("/totals")
def totals(db: Session = Depends(get_db)):
    return crud.totals(db)
