"""Queries that are made and not read, and objects that are nothing but data."""

from fastapi import APIRouter
from mongoengine import Document, StringField

router = APIRouter()


class Event(Document):
    name = StringField()

    def shown(self):
        return {"name": self.name.strip()}


@router.get("/lazy-query")
async def lazy_query(name: str):
    events = Event.objects(name=name).order_by("-name").only("name")  # quiet
    return str(events.limit(3)._query)  # quiet


@router.get("/lazy-slice")
async def lazy_slice(name: str):
    first = Event.objects(name=name)[:3]  # quiet
    return first is None  # quiet


@router.get("/new-object")
async def new_object(name: str):
    event = Event(name=name)  # quiet
    event.validate()  # quiet
    if event:  # quiet
        return event.shown()  # quiet
    return event.to_json()  # quiet


@router.get("/items-of-data")
async def items_of_data(names: list[str]):
    counted = {name: len(name) for name in names}  # quiet
    return counted["a"] if counted else names[0]  # quiet
