"""What the clients see of topics and posts."""

from forum.models import Post, Topic


def post_to_dict(post: Post) -> dict:
    return {"id": post.id, "text": post.text, "by": post.member.nick, "topic": post.topic.title}


def topic_to_dict(topic: Topic, with_posts: bool = False) -> dict:
    data = {
        "id": topic.id,
        "title": topic.title,
        "locked": topic.locked,
        "views": topic.views,
        "created": topic.created.date().isoformat(),
        "by": topic.member.nick,
    }
    if with_posts:
        data["posts"] = [post_to_dict(post) for post in topic.posts if not post.hidden]
    return data
