import datetime

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, String, Text
from sqlalchemy.orm import backref, configure_mappers, relationship

from forum.db import Base


class Member(Base):
    __tablename__ = "members"

    id = Column(Integer, primary_key=True)
    nick = Column(String(30), unique=True)
    banned = Column(Boolean, default=False)


class Topic(Base):
    __tablename__ = "topics"

    id = Column(Integer, primary_key=True)
    title = Column(String(100))
    locked = Column(Boolean, default=False)
    views = Column(Integer, default=0)
    created = Column(DateTime, default=lambda: datetime.datetime(2026, 1, 1))
    member_id = Column(Integer, ForeignKey("members.id"))

    member = relationship("Member", backref="topics")


class Post(Base):
    __tablename__ = "posts"

    id = Column(Integer, primary_key=True)
    text = Column(Text)
    hidden = Column(Boolean, default=False)
    topic_id = Column(Integer, ForeignKey("topics.id"))
    member_id = Column(Integer, ForeignKey("members.id"))

    topic = relationship("Topic", backref=backref("posts", order_by="Post.id"))
    member = relationship("Member")


# what backref says is there from here on: Topic.posts
configure_mappers()
