from typing import Any, List, Optional, cast

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from forum.models import Member, Post, Topic
from forum.paging import Page, paginate


async def get_member(db: AsyncSession, nick: str) -> Optional[Member]:
    return await db.scalar(select(Member).filter_by(nick=nick).limit(1))


async def join_forum(db: AsyncSession, nick: str) -> Member:
    member = Member(nick=nick)
    db.add(member)
    await db.commit()
    await db.refresh(member)
    return member


async def get_topic(db: AsyncSession, topic_id: int) -> Optional[Topic]:
    return await db.get(
        Topic,
        topic_id,
        options=[
            selectinload(Topic.posts).selectinload(Post.member),
            selectinload(Topic.posts).selectinload(Post.topic),
            selectinload(Topic.member),
        ],
    )


async def search_topics(
    db: AsyncSession,
    text: Optional[str] = None,
    nick: Optional[str] = None,
    locked: Optional[bool] = None,
    order: str = "new",
    page: int = 1,
) -> Page:
    query = (
        select(Topic)
        .options(
            selectinload(Topic.posts).selectinload(Post.member),
            selectinload(Topic.posts).selectinload(Post.topic),
        )
        .options(joinedload(Topic.member))
    )
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
    return await paginate(db, query, page)


async def open_topic(db: AsyncSession, member: Member, title: str, text: str) -> Topic:
    topic = Topic(title=title, member=member)
    topic.posts.append(Post(text=text, member=member))
    db.add(topic)
    await db.commit()
    await db.refresh(topic)
    return topic


async def reply(db: AsyncSession, topic: Topic, member: Member, text: str) -> Post:
    post = Post(text=text, topic=topic, member=member)
    db.add(post)
    await db.commit()
    await db.refresh(post)
    return post


async def count_view(db: AsyncSession, topic: Topic) -> None:
    await db.execute(
        update(Topic)
        .filter(Topic.id == topic.id)
        .values({Topic.views: Topic.views + 1})
        .execution_options(synchronize_session="fetch")
    )
    await db.commit()


async def ban(db: AsyncSession, nick: str) -> int:
    """Hides what a member wrote; how many posts that were."""
    member = (await db.scalars(select(Member).filter(Member.nick == nick))).one()
    member.banned = True
    hidden = cast(CursorResult[Any], await db.execute(update(Post).filter(Post.member_id == member.id, Post.hidden == False).values(  # noqa: E712
        {"hidden": True}
    ))).rowcount
    await db.execute(update(Topic).filter(Topic.member_id == member.id).values({"locked": True}))
    await db.commit()
    return hidden


async def clean_up(db: AsyncSession) -> int:
    hidden = select(Post).filter(Post.hidden.is_(True))
    number = (await db.execute(select(func.count()).select_from(hidden.subquery()))).scalar_one()
    await db.execute(
        delete(Post).where(hidden.whereclause).execution_options(synchronize_session=False)
    )
    empty = select(Topic.id).outerjoin(Post).group_by(Topic.id).having(func.count(Post.id) == 0)
    await db.execute(
        delete(Topic)
        .filter(Topic.id.in_(empty.scalar_subquery()))
        .execution_options(synchronize_session=False)
    )
    await db.commit()
    return number


async def top_members(db: AsyncSession, limit: int = 3) -> List[dict]:
    posts = func.count(Post.id).label("posts")
    rows = (
        select(Member.nick, posts)
        .join(Post, Post.member_id == Member.id)
        .filter(Post.hidden.is_(False))
        .group_by(Member.nick)
        .order_by(posts.desc(), Member.nick)
        .limit(limit)
    )
    return [{"nick": row.nick, "posts": row.posts} for row in await db.execute(rows)]


async def nicks(db: AsyncSession) -> List[str]:
    query = select(Member).filter(Member.banned.is_(False))
    return [
        nick
        for (nick,) in await db.execute(query.with_only_columns(Member.nick).order_by(Member.nick))
    ]


async def totals(db: AsyncSession) -> dict:
    return {
        "members": (await db.execute(select(func.count(Member.id)))).scalar_one(),
        "topics": (await db.execute(select(func.count()).select_from(Topic))).scalar_one(),
        "posts": (
            await db.execute(select(func.count()).select_from(Post).filter(Post.hidden.is_(False)))
        ).scalar_one(),
        "any locked": await db.scalar(
            select(select(Topic).filter(Topic.locked.is_(True)).exists())
        ),
    }
