from typing import List, Optional

from sqlalchemy import func, or_
from sqlalchemy.orm import Session, joinedload

from forum.models import Member, Post, Topic
from forum.paging import Page, paginate


def get_member(db: Session, nick: str) -> Optional[Member]:
    return db.query(Member).filter_by(nick=nick).first()


def join_forum(db: Session, nick: str) -> Member:
    member = Member(nick=nick)
    db.add(member)
    db.commit()
    db.refresh(member)
    return member


def get_topic(db: Session, topic_id: int) -> Optional[Topic]:
    return db.query(Topic).get(topic_id)


def search_topics(
    db: Session,
    text: Optional[str] = None,
    nick: Optional[str] = None,
    locked: Optional[bool] = None,
    order: str = "new",
    page: int = 1,
) -> Page:
    query = db.query(Topic).options(joinedload(Topic.member))
    if text:
        like = f"%{text}%"
        query = query.outerjoin(Topic.posts).filter(or_(Topic.title.ilike(like), Post.text.ilike(like)))
        query = query.distinct()
    if nick:
        query = query.join(Topic.member).filter(Member.nick == nick)
    if locked is not None:
        query = query.filter(Topic.locked == locked)
    if order == "views":
        query = query.order_by(Topic.views.desc(), Topic.id)
    else:
        query = query.order_by(Topic.id.desc())
    return paginate(query, page)


def open_topic(db: Session, member: Member, title: str, text: str) -> Topic:
    topic = Topic(title=title, member=member)
    topic.posts.append(Post(text=text, member=member))
    db.add(topic)
    db.commit()
    return topic


def reply(db: Session, topic: Topic, member: Member, text: str) -> Post:
    post = Post(text=text, topic=topic, member=member)
    db.add(post)
    db.commit()
    return post


def count_view(db: Session, topic: Topic) -> None:
    db.query(Topic).filter(Topic.id == topic.id).update(
        {Topic.views: Topic.views + 1}, synchronize_session="fetch"
    )
    db.commit()


def ban(db: Session, nick: str) -> int:
    """Hides what a member wrote; how many posts that were."""
    member = db.query(Member).filter(Member.nick == nick).one()
    member.banned = True
    hidden = db.query(Post).filter(Post.member_id == member.id, Post.hidden == False).update(  # noqa: E712
        {"hidden": True}
    )
    db.query(Topic).filter(Topic.member_id == member.id).update({"locked": True})
    db.commit()
    return hidden


def clean_up(db: Session) -> int:
    hidden = db.query(Post).filter(Post.hidden.is_(True))
    number = hidden.count()
    hidden.delete(synchronize_session=False)
    empty = db.query(Topic.id).outerjoin(Post).group_by(Topic.id).having(func.count(Post.id) == 0)
    db.query(Topic).filter(Topic.id.in_(empty.scalar_subquery())).delete(synchronize_session=False)
    db.commit()
    return number


def top_members(db: Session, limit: int = 3) -> List[dict]:
    posts = func.count(Post.id).label("posts")
    rows = (
        db.query(Member.nick, posts)
        .join(Post, Post.member_id == Member.id)
        .filter(Post.hidden.is_(False))
        .group_by(Member.nick)
        .order_by(posts.desc(), Member.nick)
        .limit(limit)
    )
    return [{"nick": row.nick, "posts": row.posts} for row in rows]


def nicks(db: Session) -> List[str]:
    query = db.query(Member).filter(Member.banned.is_(False))
    return [nick for (nick,) in query.with_entities(Member.nick).order_by(Member.nick)]


def totals(db: Session) -> dict:
    return {
        "members": db.query(func.count(Member.id)).scalar(),
        "topics": db.query(Topic).count(),
        "posts": db.query(Post).filter(Post.hidden.is_(False)).count(),
        "any locked": db.query(db.query(Topic).filter(Topic.locked.is_(True)).exists()).scalar(),
    }
