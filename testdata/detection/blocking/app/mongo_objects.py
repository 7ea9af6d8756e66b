"""Objects of MongoEngine: queries run when they are read."""

import json

import mongoengine as me
from fastapi import APIRouter
from mongoengine import Document, StringField, connect
from mongoengine.queryset.visitor import Q

router = APIRouter()
connect("shop")


class Event(Document):
    name = StringField()

    def shown(self):
        return {"name": self.name}


class Step(me.Document):
    label = me.StringField()


@router.get("/events-json")
async def events_json(name: str):
    events = Event.objects(name=name)
    return json.loads(events.to_json())  # blocks


@router.get("/event-first")
async def event_first(name: str):
    event = Event.objects(name=name).first()  # blocks
    if event is None:
        return None
    event.update(name="x")  # blocks
    return event.shown()


@router.get("/event-get")
async def event_get(name: str):
    event = Event.objects.get(name=name)  # blocks
    event.reload()  # blocks
    return event.shown()


@router.get("/events-loop")
async def events_loop(name: str):
    for event in Event.objects.filter(name=name).order_by("-name").limit(3):  # blocks
        event.save()  # blocks


@router.get("/events-comprehension")
async def events_comprehension():
    return [step.label for step in Step.objects]  # blocks


@router.get("/events-list")
async def events_list(name: str):
    return list(Event.objects(Q(name=name) | Q(name="x")).only("name"))  # blocks


@router.get("/events-item")
async def events_item(name: str):
    found = Step.objects(label=name)
    return found[0].label  # blocks


@router.get("/events-truth")
async def events_truth(name: str):
    found = Step.objects(label=name)
    if not found:  # blocks
        return None
    return "some"


@router.get("/events-length")
async def events_length():
    return len(Step.objects)  # blocks


@router.get("/events-count")
async def events_count(name: str):
    return Step.objects(label=name).count()  # blocks


@router.post("/events-new")
async def events_new(name: str):
    Event(name=name).save()  # blocks


@router.delete("/events-delete")
async def events_delete(name: str):
    Event.objects(name=name).delete()  # blocks


class Ticket(Document):
    event = me.ReferenceField(Event)
    steps = me.ListField(me.ReferenceField(Step))
    label = StringField()


@router.get("/ticket-reference")
async def ticket_reference(name: str):
    ticket = Ticket.objects.get(label=name)  # blocks
    return ticket.event.name  # blocks


@router.get("/ticket-references")
async def ticket_references(name: str):
    ticket = Ticket.objects.get(label=name)  # blocks
    return len(ticket.steps), ticket.label  # blocks
