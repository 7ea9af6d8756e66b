from sqlalchemy import func, select

from forum import crud
from forum.models import Post, Topic


async def test_search_finds_posts_too(db):
    ann = await crud.join_forum(db, "ann")
    topic = await crud.open_topic(db, ann, "Boats", "sail or row?")
    await db.refresh(ann)
    await crud.reply(db, topic, ann, "sail!")
    found = await crud.search_topics(db, text="sail")
    assert [found.total, found.items[0].title] == [1, "Boats"]
    assert (await crud.search_topics(db, text="motor")).items == []


async def test_clean_up_takes_empty_topics_along(db):
    ann = await crud.join_forum(db, "ann")
    await crud.open_topic(db, ann, "Boats", "sail or row?")
    bob = await crud.join_forum(db, "bob")
    await crud.open_topic(db, bob, "Cars", "buy now")
    assert await crud.ban(db, "bob") == 1
    assert await crud.clean_up(db) == 1
    assert await db.scalar(select(func.count()).select_from(Post)) == 1
    assert [topic.title for topic in await db.scalars(select(Topic))] == ["Boats"]
    assert await crud.nicks(db) == ["ann"]
