from forum import crud
from forum.models import Post, Topic


def test_search_finds_posts_too(db):
    ann = crud.join_forum(db, "ann")
    topic = crud.open_topic(db, ann, "Boats", "sail or row?")
    crud.reply(db, topic, ann, "sail!")
    found = crud.search_topics(db, text="sail")
    assert [found.total, found.items[0].title] == [1, "Boats"]
    assert crud.search_topics(db, text="motor").items == []


def test_clean_up_takes_empty_topics_along(db):
    ann = crud.join_forum(db, "ann")
    crud.open_topic(db, ann, "Boats", "sail or row?")
    bob = crud.join_forum(db, "bob")
    crud.open_topic(db, bob, "Cars", "buy now")
    assert crud.ban(db, "bob") == 1
    assert crud.clean_up(db) == 1
    assert db.query(Post).count() == 1
    assert [topic.title for topic in db.query(Topic)] == ["Boats"]
    assert crud.nicks(db) == ["ann"]
